/*
 * What text is found by, and what a search asks for. Both take folded text (text.h) apart into the
 * same tokens: words; of scripts without spaces between words single characters and pairs of them,
 * so that a part of a run is found; and what words begin with. Pure.
 */
#ifndef CVN_BASE_TOKENS_H
#define CVN_BASE_TOKENS_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    /* Characters of a word that are kept as what it begins with; the first is the least to ask so.
     */
    CVN_TOKEN_STEM = 3,
    CVN_TOKEN_LONG_STEM = 5,
};

enum cvn_token_kind {
    CVN_TOKEN_WHOLE,     /* a word, a character of a run, or two that follow each other in one */
    CVN_TOKEN_STEM_ONLY, /* the first CVN_TOKEN_STEM, or LONG_STEM, characters of a word */
    CVN_TOKEN_BEGINNING, /* asked for: words that begin so; at least CVN_TOKEN_STEM characters */
};

struct cvn_token {
    struct cvn_slice text;
    enum cvn_token_kind kind;
};

/* The distinct tokens of some text, at most max of them. Embedded by value; memory is the arena's.
 */
struct cvn_tokens {
    struct cvn_token *items;
    size_t n;
    size_t max;
    size_t *slots; /* a hash table of positions, from 1 */
    size_t n_slots;
};

/* 0, or -ENOMEM when the arena is spent. */
int cvn_tokens_init(struct cvn_tokens *tokens, struct cvn_arena *arena, size_t max);

/* Adds those of more text, which is borrowed, until there are max. Of kinds WHOLE and STEM_ONLY. */
void cvn_tokens_add(struct cvn_tokens *tokens, struct cvn_slice folded);

/*
 * What a search asks for, all of which must be there: kinds WHOLE and, where the text ends in a
 * word of at least CVN_TOKEN_STEM characters, BEGINNING for that, so that one may ask while typing;
 * anything behind the word, as a blank, makes it whole. Writes at most max and returns how many
 * there are.
 */
size_t cvn_tokens_asked(struct cvn_slice folded, struct cvn_token *ret, size_t max);

#endif
