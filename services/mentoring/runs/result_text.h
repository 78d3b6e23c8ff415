/* The texts and numbers of a stored result, as one row of numbers (../result_row.proto). */
#ifndef CVN_SERVICES_MENTORING_RUNS_RESULT_TEXT_H
#define CVN_SERVICES_MENTORING_RUNS_RESULT_TEXT_H

#include "base/arena.h"
#include "base/id.h"
#include "storage/txn.h"

#include <stdbool.h>
#include <stdint.h>

struct cvn_result_words;

/* Texts of a row that the run has no number for. */
struct cvn_own_texts {
    char **items;
    size_t n, room;
};

/* A row of numbers that grows in the arena; after a fault, which is -ENOMEM, nothing is added. */
struct cvn_numbers_writer {
    struct cvn_arena *arena;
    struct cvn_result_words *words;
    struct cvn_own_texts *own;
    uint64_t *items;
    size_t n, room;
    int fault;
};

void cvn_numbers_put(struct cvn_numbers_writer *writer, uint64_t number);
void cvn_numbers_put_i32(struct cvn_numbers_writer *writer, int32_t number);
void cvn_numbers_put_text(struct cvn_numbers_writer *writer, const char *text);

/* Reads them again. After a fault, -EUCLEAN where none are left, everything is 0 or empty. */
struct cvn_numbers_reader {
    struct cvn_arena *arena;
    struct cvn_txn *txn;
    const struct cvn_id *run;
    const struct cvn_own_texts *own;
    const uint64_t *items;
    size_t n, at;
    int fault;
};

uint64_t cvn_numbers_get(struct cvn_numbers_reader *reader);
int32_t cvn_numbers_get_i32(struct cvn_numbers_reader *reader);
/* In the arena. */
char *cvn_numbers_get_text(struct cvn_numbers_reader *reader);
/* Whether there are further ones to be read. */
bool cvn_numbers_left(const struct cvn_numbers_reader *reader);

#endif
