#include "base/slug.h"

#include "base/arena.h"
#include "base/text.h"

#include <string.h>

/* A slug needs no more of a name; a character folds to at most 18 code points of 4 bytes. */
enum {
    NAME_BYTES = 512,
    WORKING_BYTES = 64 << 10,
};

static bool is_slug_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool cvn_slug_valid(const char *slug)
{
    size_t n = strnlen(slug, CVN_SLUG_BYTES);
    if (n == 0 || n > CVN_SLUG_MAX || slug[0] == '-' || slug[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_slug_char(slug[i]) && !(slug[i] == '-' && slug[i - 1] != '-'))
            return false;
    return true;
}

/* What folding leaves of letters that are two in ASCII; and apostrophes, which part no words. */
static const struct spelling {
    const char *text;
    const char *ascii;
} spellings[] = {
    {"æ", "ae"}, {"œ", "oe"}, {"þ", "th"}, {"ð", "d"}, {"'", ""}, {"’", ""},
};

static const struct spelling *spelling_of(const char *p)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strncmp(p, spellings[i].text, strlen(spellings[i].text)) == 0)
            return &spellings[i];
    return NULL;
}

struct builder {
    char slug[CVN_SLUG_BYTES];
    size_t len;
    bool parted; /* a hyphen is due before the next character */
};

/* False when the slug has no room for more. */
static bool append(struct builder *b, char c)
{
    bool hyphen = b->parted && b->len > 0;
    if (b->len + hyphen + 1 > CVN_SLUG_MAX)
        return false;
    if (hyphen)
        b->slug[b->len++] = '-';
    b->slug[b->len++] = c;
    b->parted = false;
    return true;
}

/* Appends what begins at p and returns where the next begins; NULL when there is no more room. */
static const char *append_next(struct builder *b, const char *p)
{
    if (is_slug_char(*p))
        return append(b, *p) ? p + 1 : NULL;
    const struct spelling *spelling = spelling_of(p);
    if (!spelling) {
        b->parted = true;
        return p + 1;
    }
    for (const char *ascii = spelling->ascii; *ascii; ascii++)
        if (!append(b, *ascii))
            return NULL;
    return p + strlen(spelling->text);
}

bool cvn_slug_make(char slug[CVN_SLUG_BYTES], struct cvn_slice text)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, WORKING_BYTES);
    struct cvn_slice folded;
    if (!cvn_text_valid(text) ||
        cvn_text_fold(&arena, cvn_text_cut(text, NAME_BYTES), &folded) != 0)
        return false;
    struct builder b = {.len = 0};
    const char *p = folded.data, *end = p + folded.len;
    while (p && p < end)
        p = append_next(&b, p);
    if (b.len == 0)
        return false;
    memcpy(slug, b.slug, b.len);
    slug[b.len] = '\0';
    return true;
}
