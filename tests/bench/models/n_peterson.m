-- Peterson's lock for N processes (IPL 12(3), 1981), written by hand: a waiting process looks at all
-- levels at once, and again and again.
-- N = 3: 882 states, N = 4: 22,281, N = 5: 628,868.
const N: 4;
type
  Process: 1..N;
  Level: 0..N;
  Point: enum { start, climb, announce, wait, critical };
var
  level: array[Process] of Level;
  turn: array[1..N - 1] of Process;
  j: array[Process] of Level;
  at: array[Process] of Point;

startstate "free"
begin
  for i: Process do
    level[i] := 0;
    j[i] := 0;
    at[i] := start;
  end;
end;

ruleset i: Process do
  rule "start" at[i] = start ==> begin j[i] := 1; at[i] := climb; end;
  rule "climb" at[i] = climb ==> begin level[i] := j[i]; at[i] := announce; end;
  rule "announce" at[i] = announce ==> begin turn[j[i]] := i; at[i] := wait; end;
  rule "wait" at[i] = wait ==>
  begin
    if (forall k: Process do k != i -> level[k] < j[i] end) | turn[j[i]] != i then
      j[i] := j[i] + 1;
      if j[i] = N then at[i] := critical; else at[i] := climb; end;
    end;
  end;
  rule "critical" at[i] = critical ==> begin level[i] := 1; at[i] := start; end;
end;

invariant "mutual exclusion"
  forall i: Process do forall k: Process do
    i != k -> !(at[i] = critical & at[k] = critical)
  end end;
