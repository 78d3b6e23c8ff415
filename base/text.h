/*
 * Text as people write it, in UTF-8: what is acceptable, how it is folded for search and how wide
 * it is in a terminal. Unicode's tables are utf8proc's. Everything here is pure.
 */
#ifndef CVN_BASE_TEXT_H
#define CVN_BASE_TEXT_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_TEXT_INVALID = 1,   /* outcome: not UTF-8 */
    CVN_TEXT_WORD_MAX = 64, /* bytes of a word; the rest of a longer one is dropped */
};

/* Whether the bytes are UTF-8 by RFC 3629: no overlong form, no surrogate, none over U+10FFFF. */
bool cvn_text_valid(struct cvn_slice text);

/*
 * Whether the text is fit for a title or a name: valid UTF-8 without control characters, line and
 * paragraph separators, or the bidirectional overrides that can make a line read as another.
 */
bool cvn_text_is_line(struct cvn_slice text);

/* As is_line, but line feeds, carriage returns and tabs may occur: fit for a description. */
bool cvn_text_is_prose(struct cvn_slice text);

/*
 * Folds text so that what people hold for the same word compares equal: NFKC, case folded, marks
 * stripped ("Łódź" and "lodz", "STRASSE" and "Straße"). 0; CVN_TEXT_INVALID; -ENOMEM when the arena
 * is spent. *ret is in the arena and terminated. Folding folded text changes nothing.
 */
int cvn_text_fold(struct cvn_arena *arena, struct cvn_slice text, struct cvn_slice *ret);

/* A word of folded text, or a run of a script that is written without spaces between words. */
struct cvn_text_word {
    struct cvn_slice text; /* borrowed; a word's at most CVN_TEXT_WORD_MAX bytes, a run's any */
    bool run;
};

/*
 * Takes the next word or run off the front of folded text; false when there is none. A word is a
 * run of letters, digits and marks, with the signs of "c++" and "c#" kept behind a single letter.
 */
bool cvn_text_next_word(struct cvn_slice *folded, struct cvn_text_word *ret);

/* Bytes of the first n characters of valid text, or of all where it has fewer. */
size_t cvn_text_beginning(struct cvn_slice text, size_t n_characters);

/* Cells the text takes in a terminal: 2 for wide characters, 0 for marks; 1 for a byte not UTF-8.
 */
size_t cvn_text_width(struct cvn_slice text);

/* The longest beginning of valid text in max_bytes that does not split a character. */
struct cvn_slice cvn_text_cut(struct cvn_slice text, size_t max_bytes);

/* The longest beginning of text in max_cells of a terminal, marks kept with their letter. */
struct cvn_slice cvn_text_cut_width(struct cvn_slice text, size_t max_cells);

#endif
