/*
 * The MCS queue lock (Mellor-Crummey and Scott, 1991) as ten steps per thread, written by hand as
 * Promela is written: a process per thread, control in the program counter, blocking waits.
 * N = 3: 7,147 states, N = 4: 503,089, N = 5: 52,572,521 (spin -o3: statements are not merged).
 */
#ifndef N
#define N 4
#endif
#define me (_pid + 1)

byte tail;        /* 0 is nobody */
byte next[N + 1];
bool locked[N + 1];
byte inside;      /* how many are critical; what the control points say already */

active [N] proctype thread() {
  byte pred;
idle:
  next[me] = 0;
  atomic {
    pred = tail;
    tail = me;
    if
    :: pred == 0 -> inside++; goto critical
    :: else
    fi
  };
  locked[me] = true;
  next[pred] = me;
  d_step { !locked[me] -> inside++ };
critical:
  atomic { assert(inside == 1); inside-- };
  if
  :: next[me] != 0 -> goto hand
  :: next[me] == 0
  fi;
  atomic {
    if
    :: tail == me -> tail = 0; goto idle
    :: else
    fi
  };
  next[me] != 0;
hand:
  locked[next[me]] = false;
  goto idle
}
