#include "rpc/deadlines.h"

#include <errno.h>
#include <stdlib.h>

void cvn_deadlines_deinit(struct cvn_deadlines *deadlines)
{
    free(deadlines->heap);
    *deadlines = (struct cvn_deadlines){0};
}

static void set(struct cvn_deadlines *deadlines, size_t place, struct cvn_deadline *deadline)
{
    deadlines->heap[place] = deadline;
    deadline->place = place;
}

static void rise(struct cvn_deadlines *deadlines, size_t place)
{
    struct cvn_deadline *deadline = deadlines->heap[place];
    while (place > 1 && deadlines->heap[place / 2]->at_ms > deadline->at_ms) {
        set(deadlines, place, deadlines->heap[place / 2]);
        place /= 2;
    }
    set(deadlines, place, deadline);
}

static void sink(struct cvn_deadlines *deadlines, size_t place)
{
    struct cvn_deadline *deadline = deadlines->heap[place];
    for (size_t child; (child = 2 * place) <= deadlines->n; place = child) {
        if (child < deadlines->n &&
            deadlines->heap[child + 1]->at_ms < deadlines->heap[child]->at_ms)
            child++;
        if (deadlines->heap[child]->at_ms >= deadline->at_ms)
            break;
        set(deadlines, place, deadlines->heap[child]);
    }
    set(deadlines, place, deadline);
}

int cvn_deadlines_add(struct cvn_deadlines *deadlines, struct cvn_deadline *deadline)
{
    if (deadlines->n + 2 > deadlines->room) {
        size_t room = deadlines->room ? deadlines->room * 2 : 64;
        struct cvn_deadline **heap = realloc(deadlines->heap, room * sizeof *heap);
        if (!heap)
            return -ENOMEM;
        deadlines->heap = heap;
        deadlines->room = room;
    }
    set(deadlines, ++deadlines->n, deadline);
    rise(deadlines, deadlines->n);
    return 0;
}

void cvn_deadlines_remove(struct cvn_deadlines *deadlines, struct cvn_deadline *deadline)
{
    size_t place = deadline->place;
    if (place == 0)
        return;
    deadline->place = 0;
    struct cvn_deadline *last = deadlines->heap[deadlines->n--];
    if (last == deadline)
        return;
    set(deadlines, place, last);
    rise(deadlines, place);
    sink(deadlines, last->place);
}

struct cvn_deadline *cvn_deadlines_first(const struct cvn_deadlines *deadlines)
{
    return deadlines->n ? deadlines->heap[1] : NULL;
}
