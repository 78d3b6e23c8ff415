#include "base/tokens.h"

#include "base/text.h"

#include <errno.h>
#include <stdint.h>

int cvn_tokens_init(struct cvn_tokens *tokens, struct cvn_arena *arena, size_t max)
{
    *tokens = (struct cvn_tokens){.max = max, .n_slots = 16};
    while (tokens->n_slots < 2 * max)
        tokens->n_slots *= 2;
    tokens->items = cvn_arena_alloc_array(arena, max, sizeof *tokens->items);
    tokens->slots = cvn_arena_alloc_array(arena, tokens->n_slots, sizeof *tokens->slots);
    return tokens->items && tokens->slots ? 0 : -ENOMEM;
}

/* FNV-1a, of the kind and the text. */
static size_t hash_of(struct cvn_token token)
{
    const uint8_t *bytes = token.text.data;
    uint64_t hash = (UINT64_C(0xcbf29ce484222325) ^ token.kind) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < token.text.len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

static void add(struct cvn_tokens *tokens, struct cvn_slice text, enum cvn_token_kind kind)
{
    struct cvn_token token = {text, kind};
    size_t at = hash_of(token) & (tokens->n_slots - 1);
    for (; tokens->slots[at]; at = (at + 1) & (tokens->n_slots - 1)) {
        const struct cvn_token *other = &tokens->items[tokens->slots[at] - 1];
        if (other->kind == kind && cvn_slice_compare(other->text, text) == 0)
            return;
    }
    if (tokens->n == tokens->max)
        return;
    tokens->items[tokens->n] = token;
    tokens->slots[at] = ++tokens->n;
}

static struct cvn_slice behind(struct cvn_slice text, size_t n)
{
    return cvn_slice((const char *)text.data + n, text.len - n);
}

static void add_run(struct cvn_tokens *tokens, struct cvn_slice run)
{
    for (; run.len && tokens->n < tokens->max; run = behind(run, cvn_text_beginning(run, 1))) {
        size_t one = cvn_text_beginning(run, 1), two = cvn_text_beginning(run, 2);
        add(tokens, cvn_slice(run.data, one), CVN_TOKEN_WHOLE);
        if (two > one)
            add(tokens, cvn_slice(run.data, two), CVN_TOKEN_WHOLE);
    }
}

/* Whether the word has so many characters. */
static bool has_stem(struct cvn_slice word, size_t n_characters)
{
    return cvn_text_beginning(word, n_characters) > cvn_text_beginning(word, n_characters - 1);
}

static void add_stem(struct cvn_tokens *tokens, struct cvn_slice word, size_t n_characters)
{
    if (has_stem(word, n_characters))
        add(tokens, cvn_slice(word.data, cvn_text_beginning(word, n_characters)),
            CVN_TOKEN_STEM_ONLY);
}

void cvn_tokens_add(struct cvn_tokens *tokens, struct cvn_slice folded)
{
    struct cvn_text_word word;
    while (tokens->n < tokens->max && cvn_text_next_word(&folded, &word)) {
        if (word.run) {
            add_run(tokens, word.text);
            continue;
        }
        add(tokens, word.text, CVN_TOKEN_WHOLE);
        add_stem(tokens, word.text, CVN_TOKEN_STEM);
        add_stem(tokens, word.text, CVN_TOKEN_LONG_STEM);
    }
}

/* Writes one if there is room, and counts it. */
static void ask(struct cvn_token token, struct cvn_token *ret, size_t max, size_t *n)
{
    if (*n < max)
        ret[*n] = token;
    ++*n;
}

/* The pairs of a run, which hold all its characters; of a single character, itself. */
static void ask_run(struct cvn_slice run, struct cvn_token *ret, size_t max, size_t *n)
{
    bool first = true;
    for (; run.len; run = behind(run, cvn_text_beginning(run, 1)), first = false) {
        size_t one = cvn_text_beginning(run, 1), two = cvn_text_beginning(run, 2);
        if (two > one || first)
            ask((struct cvn_token){cvn_slice(run.data, two), CVN_TOKEN_WHOLE}, ret, max, n);
    }
}

size_t cvn_tokens_asked(struct cvn_slice folded, struct cvn_token *ret, size_t max)
{
    struct cvn_text_word word;
    size_t n = 0;
    while (cvn_text_next_word(&folded, &word)) {
        if (word.run) {
            ask_run(word.text, ret, max, &n);
            continue;
        }
        bool open = folded.len == 0 && has_stem(word.text, CVN_TOKEN_STEM);
        ask((struct cvn_token){word.text, open ? CVN_TOKEN_BEGINNING : CVN_TOKEN_WHOLE}, ret, max,
            &n);
    }
    return n;
}
