/*
 * What was wrong with which field of an input, collected by pure checks so that a caller hears of
 * everything at once. Becomes google.rpc.BadRequest at the edge.
 */
#ifndef CVN_BASE_PROBLEMS_H
#define CVN_BASE_PROBLEMS_H

#include "base/arena.h"

#include <stddef.h>

/* Problems past this number are counted and not kept. */
enum { CVN_PROBLEMS_MAX = 32 };

struct cvn_problem {
    const char *field; /* path in the message, as in "event.venue.latitude" */
    const char *text;  /* what is wrong and what would be right */
};

/* Embedded by value; texts live in the arena given at init. */
struct cvn_problems {
    struct cvn_arena *arena;
    struct cvn_problem items[CVN_PROBLEMS_MAX];
    size_t n;     /* kept */
    size_t total; /* found, may exceed n */
};

void cvn_problems_init(struct cvn_problems *problems, struct cvn_arena *arena);

/* Notes one problem. Field and text are copied. */
void cvn_problems_add(struct cvn_problems *problems, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* All of them as one sentence in the arena: `field text; field text`. "" where there are none. */
const char *cvn_problems_sentence(const struct cvn_problems *problems);

#endif
