/*
 * The MCS lock as the Murphi examples have it (mcslock1, 1993), written by hand: a thread always looks
 * whether it is queued, and whether it has a successor, in a step of its own.
 * N = 2: 159 states, N = 3: 7,597, N = 4: 554,221 (spin -o3).
 */
#ifndef N
#define N 4
#endif
#define none N

byte lock = none;
byte next[N] = none;
bool locked[N];
byte inside;

active [N] proctype thread() {
  byte pred = none;
idle:
  next[_pid] = none;
  d_step { pred = lock; lock = _pid };
  if
  :: pred == none -> goto critical
  :: pred != none
  fi;
  locked[_pid] = true;
  next[pred] = _pid;
  !locked[_pid];
critical:
  if
  :: next[_pid] != none -> goto hand
  :: next[_pid] == none
  fi;
  atomic {
    if
    :: lock == _pid -> lock = none; goto idle
    :: else
    fi
  };
  next[_pid] != none;
hand:
  locked[next[_pid]] = false;
  goto idle
}
