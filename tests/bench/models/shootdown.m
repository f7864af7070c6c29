-- Moving pages while processors use them (Black et al., 1989), written by hand.
-- PAGES = 3: 2,928 states, PAGES = 10: 1,249,280, PAGES = 12: 5,996,544.

const PAGES: 4;
const CPUS: 4;
type
  Page: 0..PAGES - 1;
  Cpu: 0..CPUS - 1;
  Frame: 0..2 * PAGES - 1;
var
  table: array[Page] of Frame;
  copy: array[Cpu] of array[Page] of Frame;
  asked: array[Cpu] of Page; -- undefined when there is nothing to drop
  page: Page;
  turn: 0..CPUS;
  at: enum { move, ask, settle };
  is_dropped: array[Cpu] of boolean;

startstate "settled"
begin
  for p: Page do table[p] := p; end;
  for c: Cpu do
    for p: Page do copy[c][p] := p; end;
    is_dropped[c] := false;
  end;
  page := 0;
  turn := 0;
  at := move;
end;

ruleset p: Page do
  rule "move" at = move ==>
  begin
    page := p;
    table[p] := (table[p] + PAGES) % (2 * PAGES);
    at := ask;
  end;
end;

rule "ask" at = ask ==>
begin
  asked[turn] := page;
  if turn = CPUS - 1 then
    turn := 0;
    at := settle;
  else
    turn := turn + 1;
  end;
end;

rule "settle" at = settle & forall c: Cpu do isundefined(asked[c]) end ==>
begin
  at := move;
end;

ruleset c: Cpu do
  rule "drop" !is_dropped[c] & !isundefined(asked[c]) ==>
  begin
    undefine copy[c][asked[c]];
    is_dropped[c] := true;
  end;
  rule "reload" is_dropped[c] ==>
  begin
    copy[c][asked[c]] := table[asked[c]];
    undefine asked[c];
    is_dropped[c] := false;
  end;
end;

invariant "no stale copy"
  at = move -> forall c: Cpu do forall p: Page do copy[c][p] = table[p] end end;
