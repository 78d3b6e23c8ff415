/* Things that must happen at a time, soonest first: a binary heap. The owner's lock covers it. */
#ifndef CVN_RPC_DEADLINES_H
#define CVN_RPC_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what has a deadline. Zeroed means in no heap. */
struct cvn_deadline {
    int64_t at_ms; /* monotonic */
    size_t place;  /* in the heap, from 1; 0: in none */
};

struct cvn_deadlines {
    struct cvn_deadline **heap; /* [1 … n] */
    size_t n, room;
};

void cvn_deadlines_deinit(struct cvn_deadlines *deadlines);

/* Adds one with its at_ms set. 0 or -ENOMEM. */
int cvn_deadlines_add(struct cvn_deadlines *deadlines, struct cvn_deadline *deadline);

/* Takes one out; nothing when it is in no heap. */
void cvn_deadlines_remove(struct cvn_deadlines *deadlines, struct cvn_deadline *deadline);

/* The soonest, borrowed; NULL when there is none. */
struct cvn_deadline *cvn_deadlines_first(const struct cvn_deadlines *deadlines);

#endif
