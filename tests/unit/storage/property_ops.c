#include "tests/unit/storage/property_ops.h"

#include "tests/support/dice.h"
#include "tests/unit/storage/property_model.h"

#include <stdlib.h>
#include <string.h>

enum { UPDATES_PER_BATCH = 3, OPS_PER_UPDATE = 7 };

static const char *const names[OP_KINDS] = {
    [OP_PUT] = "put",       [OP_DELETE] = "delete", [OP_WALK] = "walk and change",
    [OP_CHANGE] = "change", [OP_ABORT] = "abort",   [OP_LATE] = "late",
    [OP_GET] = "get",       [OP_RANGE] = "range",   [OP_INDEX] = "index",
    [OP_LOOKUP] = "lookup", [OP_PAGE] = "page",     [OP_HOLD] = "hold or release",
    [OP_HELD] = "held",     [OP_VERIFY] = "verify", [OP_REOPEN] = "reopen",
};

static void add(struct ops *ops, struct op op)
{
    if (ops->n < OPS_MAX)
        ops->at[ops->n++] = op;
}

static struct op read_op(uint64_t *dice)
{
    switch (dice_below(dice, 4)) {
    case 0:
        return (struct op){.kind = OP_GET, .a = dice_below(dice, MODEL_KEYS)};
    case 1:
        return (struct op){.kind = OP_RANGE,
                           .a = dice_below(dice, MODEL_KEYS + 1),
                           .b = dice_below(dice, MODEL_KEYS + 1),
                           .c = dice_below(dice, 64)};
    case 2:
        return (struct op){.kind = OP_INDEX,
                           .a = dice_below(dice, 2),
                           .b = dice_below(dice, (MODEL_WORDS + 1) * (MODEL_WORDS + 1)),
                           .c = dice_below(dice, 64)};
    default:
        return (struct op){
            .kind = OP_LOOKUP, .a = dice_below(dice, 2), .b = dice_below(dice, MODEL_UNIQUES)};
    }
}

static struct op write_op(uint64_t *dice)
{
    uint32_t kind = dice_below(dice, 20);
    if (kind < 10)
        return (struct op){
            .kind = OP_PUT, .a = dice_below(dice, MODEL_KEYS), .b = dice_below(dice, 1000)};
    if (kind < 15)
        return (struct op){.kind = OP_DELETE, .a = dice_below(dice, MODEL_KEYS)};
    if (kind < 17)
        return (struct op){.kind = OP_WALK,
                           .a = dice_below(dice, MODEL_KEYS + 1),
                           .b = dice_below(dice, MODEL_KEYS + 1),
                           .c = dice_below(dice, 1000)};
    if (kind < 19)
        return (struct op){.kind = OP_CHANGE, .a = dice_below(dice, 100)};
    return (struct op){.kind = dice_once_in(dice, 3) ? OP_LATE : OP_ABORT};
}

static void add_batch(struct ops *ops, uint64_t *dice, uint32_t batch)
{
    uint32_t n_updates = 1 + dice_below(dice, UPDATES_PER_BATCH);
    for (uint32_t update = 0; update < n_updates; update++) {
        uint32_t n_ops = 1 + dice_below(dice, OPS_PER_UPDATE);
        for (uint32_t i = 0; i < n_ops; i++) {
            struct op op = dice_once_in(dice, 3) ? read_op(dice) : write_op(dice);
            op.batch = batch;
            op.update = update;
            add(ops, op);
        }
    }
}

static struct op between_op(uint64_t *dice)
{
    uint32_t kind = dice_below(dice, 20);
    if (kind < 8)
        return read_op(dice);
    if (kind < 14)
        return (struct op){.kind = OP_PAGE,
                           .a = dice_below(dice, 3),
                           .b = 1 + dice_below(dice, 9),
                           .c = dice_below(dice, 6)};
    if (kind < 18)
        return (struct op){.kind = kind < 16 ? OP_HOLD : OP_HELD, .a = dice_below(dice, 2)};
    return (struct op){.kind = kind == 18 ? OP_VERIFY : OP_REOPEN};
}

void ops_make(struct ops *ops, uint64_t seed, size_t n)
{
    uint64_t dice = seed;
    ops->n = 0;
    for (uint32_t batch = 1; ops->n < n && ops->n < OPS_MAX; batch++) {
        add_batch(ops, &dice, batch);
        while (dice_once_in(&dice, 2))
            add(ops, between_op(&dice));
    }
}

void ops_print(const struct ops *ops, FILE *to)
{
    for (size_t i = 0; i < ops->n; i++) {
        const struct op *op = &ops->at[i];
        if (op->batch)
            (void)fprintf(to, "  batch %u update %u: %s %u %u %u\n", op->batch, op->update,
                          names[op->kind], op->a, op->b, op->c);
        else
            (void)fprintf(to, "  between: %s %u %u %u\n", names[op->kind], op->a, op->b, op->c);
    }
}

/* The list without the operations [from, from + n). */
static void leave_out(struct ops *to, const struct ops *ops, size_t from, size_t n)
{
    size_t end = from + n < ops->n ? from + n : ops->n;
    memcpy(to->at, ops->at, from * sizeof *to->at);
    memcpy(to->at + from, ops->at + end, (ops->n - end) * sizeof *to->at);
    to->n = ops->n - (end - from);
}

/* One pass over the list with pieces of that size. True when something could go. */
static bool shrink_by(struct ops *ops, const struct ops_store *store, size_t piece,
                      unsigned *runs_left)
{
    char failure[OPS_FAILURE_BYTES];
    struct ops *fewer = malloc(sizeof *fewer);
    bool went = false;
    for (size_t from = 0; fewer && from<ops->n && * runs_left> 0;) {
        leave_out(fewer, ops, from, piece);
        (*runs_left)--;
        if (ops_run(fewer, store, failure)) {
            from += piece;
            continue;
        }
        *ops = *fewer;
        went = true;
    }
    free(fewer);
    return went;
}

/* Delta debugging (Zeller, Hildebrandt 2002): pieces are halved until single operations stay. */
void ops_shrink(struct ops *ops, const struct ops_store *store, unsigned runs_max)
{
    unsigned runs_left = runs_max;
    size_t piece = ops->n / 2;
    while (piece > 0 && runs_left > 0) {
        bool went = shrink_by(ops, store, piece, &runs_left);
        if (piece > 1)
            piece /= 2;
        else if (!went)
            return;
    }
}
