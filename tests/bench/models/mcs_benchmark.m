-- The MCS queue lock (Mellor-Crummey and Scott, 1991) as ten steps per thread, written by hand.
-- N = 3: 7,147 states, N = 4: 503,089, N = 5: 52,572,521.
const N: 4;
type
  Thread: 1..N;
  Link: 0..N; -- 0 is nobody
  Point: enum { idle, enqueue, wait, announce, spin, critical, check, leave, late, hand };
var
  tail: Link;
  next: array[Thread] of Link;
  pred: array[Thread] of Link;
  locked: array[Thread] of boolean;
  at: array[Thread] of Point;

startstate "free"
begin
  tail := 0;
  for i: Thread do
    next[i] := 0;
    pred[i] := 0;
    locked[i] := false;
    at[i] := idle;
  end;
end;

ruleset i: Thread do
  rule "idle" at[i] = idle ==> begin next[i] := 0; at[i] := enqueue; end;
  rule "enqueue" at[i] = enqueue ==>
  begin
    pred[i] := tail;
    tail := i;
    if pred[i] = 0 then at[i] := critical; else at[i] := wait; end;
  end;
  rule "wait" at[i] = wait ==> begin locked[i] := true; at[i] := announce; end;
  rule "announce" at[i] = announce ==> begin next[pred[i]] := i; at[i] := spin; end;
  rule "spin" at[i] = spin & !locked[i] ==> begin at[i] := critical; end;
  rule "critical" at[i] = critical ==> begin at[i] := check; end;
  rule "check" at[i] = check ==>
  begin
    if next[i] = 0 then at[i] := leave; else at[i] := hand; end;
  end;
  rule "leave" at[i] = leave ==>
  begin
    if tail = i then tail := 0; at[i] := idle; else at[i] := late; end;
  end;
  rule "late" at[i] = late & next[i] != 0 ==> begin at[i] := hand; end;
  rule "hand" at[i] = hand ==> begin locked[next[i]] := false; at[i] := idle; end;
end;

invariant "mutual exclusion"
  forall i: Thread do forall j: Thread do
    i != j -> !(at[i] = critical & at[j] = critical)
  end end;
