-- Two-phase commit (Gray and Lamport, 2006), written by hand: messages are never lost nor removed, so
-- that they are flags.
-- N = 3: 288 states, N = 5: 8,832, N = 7: 296,448.
const N: 7;
type
  Participant: 1..N;
  State: enum { working, prepared, committed, aborted };
  Decision: enum { undecided, commit, abort };
var
  state: array[Participant] of State;
  decision: Decision;
  seen: array[Participant] of boolean;
  sent_prepared: array[Participant] of boolean;
  sent_commit: boolean;
  sent_abort: boolean;

startstate "working"
begin
  for r: Participant do
    state[r] := working;
    seen[r] := false;
    sent_prepared[r] := false;
  end;
  decision := undecided;
  sent_commit := false;
  sent_abort := false;
end;

rule "commit" decision = undecided & forall r: Participant do seen[r] end ==>
begin
  decision := commit;
  sent_commit := true;
end;

rule "abort" decision = undecided ==>
begin
  decision := abort;
  sent_abort := true;
end;

ruleset r: Participant do
  rule "receive" decision = undecided & sent_prepared[r] ==> begin seen[r] := true; end;
  rule "prepare" state[r] = working ==>
  begin
    state[r] := prepared;
    sent_prepared[r] := true;
  end;
  rule "choose to abort" state[r] = working ==> begin state[r] := aborted; end;
  rule "receive commit" sent_commit ==> begin state[r] := committed; end;
  rule "receive abort" sent_abort ==> begin state[r] := aborted; end;
end;

invariant "consistent"
  forall r: Participant do forall s: Participant do
    !(state[r] = committed & state[s] = aborted)
  end end;
