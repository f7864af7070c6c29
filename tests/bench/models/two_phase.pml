/*
 * Two-phase commit (Gray and Lamport, 2006), written by hand: messages are never lost nor removed, so
 * that they are flags.
 * N = 3: 288 states, N = 5: 8,832, N = 7: 296,448.
 */
#ifndef N
#define N 7
#endif

#define me (_pid - 1)
#define working 0
#define prepared 1
#define committed 2
#define aborted 3

byte state[N] = working;
bool undecided = true;
bool seen[N];
bool sent_prepared[N];
bool sent_commit;
bool sent_abort;
byte votes;       /* how many are in `seen` */
byte commits;     /* how many are committed ... */
byte aborts;      /* ... and aborted; what `state` says already */

active proctype manager() {
end:
  do
  :: d_step { undecided && votes == N -> undecided = false; sent_commit = true }
  :: d_step { undecided -> undecided = false; sent_abort = true }
  od
}

active [N] proctype participant() {

end:
  do
  :: d_step { undecided && sent_prepared[me] && !seen[me] -> seen[me] = true; votes++ }
  :: d_step { state[me] == working -> state[me] = prepared; sent_prepared[me] = true }
  :: d_step { state[me] == working -> state[me] = aborted; aborts++; assert(commits == 0) }
  :: d_step {
       sent_commit && state[me] != committed ->
       aborts = aborts - (state[me] == aborted);
       state[me] = committed;
       commits++;
       assert(aborts == 0)
     }
  :: d_step {
       sent_abort && state[me] != aborted ->
       commits = commits - (state[me] == committed);
       state[me] = aborted;
       aborts++;
       assert(commits == 0)
     }
  od
}
