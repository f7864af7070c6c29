-- The MCS lock as the Murphi examples have it (mcslock1, 1993), written by hand: a waiting thread looks
-- again and again.
-- N = 2: 159 states, N = 3: 7,597, N = 4: 554,221.
const N: 4;
type
  Thread: 1..N;
  Point: enum { idle, enqueue, queued, wait, announce, spin, critical, leave, late, hand };
var
  lock: Thread; -- undefined is nobody
  next: array[Thread] of Thread;
  pred: array[Thread] of Thread;
  locked: array[Thread] of boolean;
  at: array[Thread] of Point;

startstate "free"
begin
  for i: Thread do
    locked[i] := false;
    at[i] := idle;
  end;
end;

ruleset i: Thread do
  rule "idle" at[i] = idle ==> begin undefine next[i]; at[i] := enqueue; end;
  rule "enqueue" at[i] = enqueue ==>
  begin
    if isundefined(lock) then undefine pred[i]; else pred[i] := lock; end;
    lock := i;
    at[i] := queued;
  end;
  rule "queued" at[i] = queued ==>
  begin
    if isundefined(pred[i]) then at[i] := critical; else at[i] := wait; end;
  end;
  rule "wait" at[i] = wait ==> begin locked[i] := true; at[i] := announce; end;
  rule "announce" at[i] = announce ==> begin next[pred[i]] := i; at[i] := spin; end;
  rule "spin" at[i] = spin ==> begin if !locked[i] then at[i] := critical; end; end;
  rule "critical" at[i] = critical ==>
  begin
    if isundefined(next[i]) then at[i] := leave; else at[i] := hand; end;
  end;
  rule "leave" at[i] = leave ==>
  begin
    if lock = i then undefine lock; at[i] := idle; else at[i] := late; end;
  end;
  rule "late" at[i] = late ==> begin if !isundefined(next[i]) then at[i] := hand; end; end;
  rule "hand" at[i] = hand ==> begin locked[next[i]] := false; at[i] := idle; end;
end;

invariant "mutual exclusion"
  forall i: Thread do forall j: Thread do
    i != j -> !(at[i] = critical & at[j] = critical)
  end end;
