/*
 * Moving pages while processors use them (Black et al., 1989), written by hand: a process for the one
 * who moves pages and one for each processor.
 * PAGES = 3: 2,928 states, PAGES = 10: 1,249,280, PAGES = 12: 5,996,544 (spin -o3).
 */
#ifndef PAGES
#define PAGES 4
#endif
#define CPUS 4
#define nowhere 255
#define me (_pid - 1)

byte table[PAGES];
byte copy[CPUS * PAGES];  /* of processor c and page p at c * PAGES + p */
byte asked[CPUS] = PAGES; /* PAGES is none */
hidden byte i;

active proctype mover() {
  byte page;
  byte turn;
  d_step {
    i = 0;
    do
    :: i < PAGES -> table[i] = i; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CPUS * PAGES -> copy[i] = i % PAGES; i++
    :: else -> break
    od
  };
move:
  atomic {
    d_step {
      i = 0;
      do
      :: i < CPUS * PAGES -> assert(copy[i] == table[i % PAGES]); i++
      :: else -> break
      od
    };
    select(page : 0 .. PAGES - 1);
    table[page] = (table[page] + PAGES) % (2 * PAGES);
    turn = 0
  };
  do
  :: d_step { turn < CPUS -> asked[turn] = page; turn++ }
  :: d_step {
       turn == CPUS && asked[0] == PAGES && asked[1] == PAGES && asked[2] == PAGES &&
       asked[3] == PAGES -> turn = 0
     };
     goto move
  od
}

active [CPUS] proctype cpu() {
  do
  :: d_step { asked[me] != PAGES -> copy[me * PAGES + asked[me]] = nowhere };
     d_step { copy[me * PAGES + asked[me]] = table[asked[me]]; asked[me] = PAGES }
  od
}
