/*
 * Peterson's lock for N processes (IPL 12(3), 1981), written by hand: a waiting process looks at all
 * levels at once and is blocked until it may go on.
 * N = 3: 882 states, N = 4: 22,281, N = 5: 628,868 (spin -o3).
 */
#ifndef N
#define N 4
#endif

byte level[N];
byte turn[N] = N; /* turn[0] is not used; N is nobody */
byte inside;

/* No other process has come as far as level j. */
inline look(j) {
  k = 0;
  is_first = true;
  do
  :: k == N -> break
  :: k != _pid && k < N && level[k] >= j -> is_first = false; break
  :: else -> k++
  od
}

hidden byte k;
hidden byte is_first;

active [N] proctype user() {
  byte j;
start:
  j = 1;
climb:
  level[_pid] = j;
  turn[j] = _pid;
  do
  :: atomic {
       look(j);
       if
       :: is_first || turn[j] != _pid ->
          j++;
          if
          :: j == N -> inside++; break
          :: else -> goto climb
          fi
       :: else
       fi
     }
  od;
critical:
  atomic { assert(inside == 1); inside--; level[_pid] = 1 };
  goto start
}
