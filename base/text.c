#include "base/text.h"

#include <errno.h>
#include <utf8proc.h>

/* Reads one code point and moves *s behind it; -1, moving by one byte, where it is not UTF-8. */
static int32_t next_code_point(struct cvn_slice *s)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate(s->data, (utf8proc_ssize_t)s->len, &c);
    if (n <= 0) {
        n = 1;
        c = -1;
    }
    *s = cvn_slice((const char *)s->data + n, s->len - (size_t)n);
    return c;
}

bool cvn_text_valid(struct cvn_slice text)
{
    while (text.len) {
        const uint8_t *at = text.data;
        if (*at < 0x80) /* most text is mostly ASCII */
            text = cvn_slice(at + 1, text.len - 1);
        else if (next_code_point(&text) < 0)
            return false;
    }
    return true;
}

static bool is_control(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static bool has_only(struct cvn_slice text, const char *controls)
{
    while (text.len) {
        int32_t c = next_code_point(&text);
        if (c < 0)
            return false;
        if (is_control(c) && !(c > 0 && c < 0x80 && strchr(controls, c)))
            return false;
    }
    return true;
}

bool cvn_text_is_line(struct cvn_slice text)
{
    return has_only(text, "");
}

bool cvn_text_is_prose(struct cvn_slice text)
{
    return has_only(text, "\n\r\t");
}

/* Folded letters that Unicode does not decompose and people type without their stroke or dot. */
static utf8proc_int32_t without_stroke(utf8proc_int32_t c)
{
    switch (c) {
    case 0x00f8:
        return 'o';
    case 0x0111:
        return 'd';
    case 0x0142:
        return 'l';
    case 0x0131:
        return 'i';
    default:
        return c;
    }
}

/* Most text is ASCII, which folds letter by letter. False where there is anything else. */
static bool fold_ascii(char *to, struct cvn_slice text)
{
    const char *from = text.data;
    for (size_t i = 0; i < text.len; i++) {
        if (from[i] & 0x80)
            return false;
        to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] | 0x20 : from[i]);
    }
    return true;
}

int cvn_text_fold(struct cvn_arena *arena, struct cvn_slice text, struct cvn_slice *ret)
{
    char *ascii = cvn_arena_alloc(arena, text.len + 1);
    if (!ascii)
        return -ENOMEM;
    if (fold_ascii(ascii, text)) {
        *ret = cvn_slice(ascii, text.len);
        return 0;
    }
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                      UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
    const utf8proc_ssize_t len = (utf8proc_ssize_t)text.len;
    utf8proc_ssize_t n = utf8proc_decompose(text.data, len, NULL, 0, options);
    if (n < 0)
        return n == UTF8PROC_ERROR_NOMEM ? -ENOMEM : CVN_TEXT_INVALID;
    /* One more for the NUL: a code point takes 4 bytes here and at most 4 in UTF-8. */
    utf8proc_int32_t *buffer = cvn_arena_alloc_array(arena, (size_t)n + 1, sizeof *buffer);
    if (!buffer)
        return -ENOMEM;
    n = utf8proc_decompose(text.data, len, buffer, n, options);
    for (utf8proc_ssize_t i = 0; i < n; i++)
        buffer[i] = without_stroke(buffer[i]);
    if (n >= 0)
        n = utf8proc_reencode(buffer, n, options);
    if (n < 0)
        return CVN_TEXT_INVALID;
    *ret = cvn_slice(buffer, (size_t)n);
    return 0;
}

/*
 * Scripts written without spaces between words (Han, kana, Thai, Lao, Burmese, Khmer), and Hangul,
 * which joins to a word what says its place in the sentence.
 */
static bool is_of_run(int32_t c)
{
    return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff) ||
           (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
           (c >= 0x1780 && c <= 0x17ff);
}

static bool is_word_part(int32_t c)
{
    utf8proc_category_t category = c < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* How many of the signs of "c++" and "c#" the rest begins with, two at most. */
static size_t sign_length(struct cvn_slice rest)
{
    const char *p = rest.data;
    size_t n = 0;
    while (n < 2 && n < rest.len && (p[n] == '+' || p[n] == '#'))
        n++;
    return n;
}

/* How much of the text, which begins with a part of a word or of a run, belongs to it. */
static size_t word_length(struct cvn_slice text, bool run)
{
    struct cvn_slice rest = text;
    size_t n_parts = 0;
    for (struct cvn_slice at = text; at.len; rest = at, n_parts++) {
        int32_t c = next_code_point(&at);
        if (!is_word_part(c) || is_of_run(c) != run)
            break;
    }
    size_t len = text.len - rest.len;
    return n_parts == 1 && !run ? len + sign_length(rest) : len;
}

bool cvn_text_next_word(struct cvn_slice *folded, struct cvn_text_word *ret)
{
    while (folded->len) {
        struct cvn_slice at = *folded;
        int32_t c = next_code_point(folded);
        if (!is_word_part(c))
            continue;
        bool run = is_of_run(c);
        size_t len = word_length(at, run);
        *folded = cvn_slice((const char *)at.data + len, at.len - len);
        ret->run = run;
        ret->text = cvn_slice(at.data, len);
        if (!run)
            ret->text = cvn_text_cut(ret->text, CVN_TEXT_WORD_MAX);
        return true;
    }
    return false;
}

size_t cvn_text_beginning(struct cvn_slice text, size_t n_characters)
{
    struct cvn_slice rest = text;
    while (rest.len && n_characters-- > 0)
        (void)next_code_point(&rest);
    return text.len - rest.len;
}

static size_t width_of(int32_t c)
{
    int width = c < 0 ? 1 : utf8proc_charwidth(c);
    return width > 0 ? (size_t)width : 0;
}

size_t cvn_text_width(struct cvn_slice text)
{
    size_t width = 0;
    while (text.len)
        width += width_of(next_code_point(&text));
    return width;
}

struct cvn_slice cvn_text_cut(struct cvn_slice text, size_t max_bytes)
{
    if (text.len <= max_bytes)
        return text;
    const unsigned char *p = text.data;
    size_t len = max_bytes;
    while (len > 0 && (p[len] & 0xc0) == 0x80) /* p[len] is in the middle of a character */
        len--;
    return cvn_slice(text.data, len);
}

struct cvn_slice cvn_text_cut_width(struct cvn_slice text, size_t max_cells)
{
    struct cvn_slice rest = text;
    size_t width = 0, len = 0;
    while (rest.len) {
        width += width_of(next_code_point(&rest));
        if (width > max_cells)
            break;
        len = text.len - rest.len;
    }
    return cvn_slice(text.data, len);
}
