#include "base/text.h"
#include "rpc/json.h"
#include "rpc/json_text.h"

#include <errno.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The sentence for text that is no JSON, at the place the reader is. */
static int malformed(const struct cvn_json_reader *reader, const char *expected)
{
    size_t line = 1, column = 1;
    for (const char *p = reader->begin; p < reader->at; p++) {
        line += *p == '\n';
        column = *p == '\n' ? 1 : column + 1;
    }
    return cvn_error_set(reader->err, -EINVAL,
                         "the text is no JSON at line %zu, column %zu: %s is expected there", line,
                         column, expected);
}

static void skip_space(struct cvn_json_reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
                                        *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static bool take(struct cvn_json_reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

enum cvn_json_kind cvn_json_next_kind(struct cvn_json_reader *reader)
{
    skip_space(reader);
    if (reader->at == reader->end)
        return CVN_JSON_NOTHING;
    char c = *reader->at;
    if (c == '{')
        return CVN_JSON_OBJECT;
    if (c == '[')
        return CVN_JSON_ARRAY;
    if (c == '"')
        return CVN_JSON_STRING;
    if (c == '-' || is_digit(c))
        return CVN_JSON_NUMBER;
    if (c == 't' || c == 'f')
        return CVN_JSON_BOOL;
    return c == 'n' ? CVN_JSON_NULL : CVN_JSON_NOTHING;
}

const char *cvn_json_kind_name(enum cvn_json_kind kind)
{
    switch (kind) {
    case CVN_JSON_OBJECT:
        return "an object";
    case CVN_JSON_ARRAY:
        return "an array";
    case CVN_JSON_STRING:
        return "a string";
    case CVN_JSON_NUMBER:
        return "a number";
    case CVN_JSON_BOOL:
        return "true or false";
    case CVN_JSON_NULL:
        return "null";
    case CVN_JSON_NOTHING:
        return "no JSON";
    }
    return "";
}

int cvn_json_enter(struct cvn_json_reader *reader)
{
    skip_space(reader);
    if (reader->depth == CVN_JSON_NESTING_MAX)
        return cvn_error_set(reader->err, -EINVAL, "the JSON nests deeper than %d brackets",
                             CVN_JSON_NESTING_MAX);
    if (!take(reader, '{') && !take(reader, '['))
        return malformed(reader, "{ or [");
    reader->depth++;
    reader->first = true;
    return 0;
}

/* Before a member or an item: 1, or 0 behind the bracket that ends them. */
static int next(struct cvn_json_reader *reader, char bracket, const char *expected)
{
    skip_space(reader);
    if (take(reader, bracket)) {
        reader->depth--;
        reader->first = false;
        return 0;
    }
    if (!reader->first && !take(reader, ','))
        return malformed(reader, expected);
    reader->first = false;
    return 1;
}

int cvn_json_next_item(struct cvn_json_reader *reader)
{
    int r = next(reader, ']', "a comma or ]");
    if (r == 1 && cvn_json_next_kind(reader) == CVN_JSON_NOTHING)
        return malformed(reader, "a value");
    return r;
}

int cvn_json_next_member(struct cvn_json_reader *reader, struct cvn_slice *ret_name)
{
    int r = next(reader, '}', "a comma or }");
    if (r <= 0)
        return r;
    if (cvn_json_next_kind(reader) != CVN_JSON_STRING)
        return malformed(reader, "a name in double quotes");
    r = cvn_json_read_string(reader, ret_name);
    if (r)
        return r;
    skip_space(reader);
    if (!take(reader, ':'))
        return malformed(reader, "a colon");
    return cvn_json_next_kind(reader) == CVN_JSON_NOTHING ? malformed(reader, "a value") : 1;
}

/* The number of four hexadecimal digits behind "\u", or -1. */
static int hex4(const char *at, const char *end)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at + i < end ? at[i] : 'x';
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t encode(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(heads[n] | point);
    return n;
}

/* Behind "\u": the character, which may need a second escape (RFC 8259, section 7). */
static int read_unicode(struct cvn_json_reader *reader, char *out, size_t *len)
{
    int point = hex4(reader->at, reader->end);
    if (point < 0)
        return malformed(reader, "four hexadecimal digits");
    reader->at += 4;
    if (point >= 0xd800 && point <= 0xdfff) {
        int low = reader->end - reader->at >= 6 && memcmp(reader->at, "\\u", 2) == 0
                      ? hex4(reader->at + 2, reader->end)
                      : -1;
        if (point >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
            return malformed(reader, "the other half of a surrogate pair");
        reader->at += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    *len += encode((uint32_t)point, out + *len);
    return 0;
}

static int read_escape(struct cvn_json_reader *reader, char *out, size_t *len)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (take(reader, 'u'))
        return read_unicode(reader, out, len);
    const char *letter =
        reader->at < reader->end && *reader->at ? strchr(letters, *reader->at) : NULL;
    if (!letter)
        return malformed(reader, "one of \" \\ / b f n r t u behind a backslash");
    reader->at++;
    out[(*len)++] = meant[letter - letters];
    return 0;
}

/* The string from its opening quote on, where escapes are. No escape is shorter than what it is. */
static int read_escaped(struct cvn_json_reader *reader, size_t room, struct cvn_slice *ret)
{
    char *out = cvn_arena_alloc(reader->arena, room + 1);
    size_t len = 0;
    if (!out)
        return -ENOMEM;
    while (!take(reader, '"')) {
        if (take(reader, '\\')) {
            int r = read_escape(reader, out, &len);
            if (r)
                return r;
        } else {
            out[len++] = *reader->at++;
        }
    }
    *ret = cvn_slice(out, len);
    return 0;
}

int cvn_json_read_string(struct cvn_json_reader *reader, struct cvn_slice *ret)
{
    skip_space(reader);
    if (!take(reader, '"'))
        return malformed(reader, "a string");
    const char *begin = reader->at, *p = begin;
    bool escaped = false;
    for (; p < reader->end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            reader->at = p;
            return malformed(reader, "an escape in place of a control character");
        }
        escaped |= *p == '\\';
        p += *p == '\\' && p + 1 < reader->end;
    }
    if (p >= reader->end) {
        reader->at = reader->end;
        return malformed(reader, "a double quote");
    }
    struct cvn_slice raw = cvn_slice(begin, (size_t)(p - begin));
    if (!cvn_text_valid(raw))
        return malformed(reader, "a string in UTF-8");
    if (escaped)
        return read_escaped(reader, raw.len, ret);
    reader->at = p + 1;
    *ret = raw;
    return 0;
}

/* Behind a number that begins at p, or p where none does. */
static const char *number_end(const char *p, const char *end)
{
    const char *begin = p;
    p += p < end && *p == '-';
    if (p == end || !is_digit(*p))
        return begin;
    if (*p == '0')
        p++;
    else
        while (p < end && is_digit(*p))
            p++;
    if (p + 1 < end && *p == '.' && is_digit(p[1]))
        for (p++; p < end && is_digit(*p);)
            p++;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *exponent = p + 1;
        exponent += exponent < end && (*exponent == '+' || *exponent == '-');
        if (exponent < end && is_digit(*exponent))
            for (p = exponent; p < end && is_digit(*p);)
                p++;
    }
    return p;
}

int cvn_json_read_number(struct cvn_json_reader *reader, struct cvn_slice *ret)
{
    skip_space(reader);
    const char *end = number_end(reader->at, reader->end);
    /* What may not follow a number shows that it is none: "01", "1.", "1e", "1x". */
    bool more = end < reader->end && (is_digit(*end) || *end == '.' || *end == '+' || *end == '-' ||
                                      (*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z'));
    if (end == reader->at || more)
        return malformed(reader, "a number");
    *ret = cvn_slice(reader->at, (size_t)(end - reader->at));
    reader->at = end;
    return 0;
}

bool cvn_json_is_number(struct cvn_slice text)
{
    const char *begin = text.data;
    return text.len > 0 && number_end(begin, begin + text.len) == begin + text.len;
}

static int read_word(struct cvn_json_reader *reader, const char *word)
{
    size_t len = strlen(word);
    skip_space(reader);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0)
        return malformed(reader, word);
    reader->at += len;
    return 0;
}

int cvn_json_read_bool(struct cvn_json_reader *reader, bool *ret)
{
    skip_space(reader);
    bool value = reader->at < reader->end && *reader->at == 't';
    int r = read_word(reader, value ? "true" : "false");
    if (r == 0)
        *ret = value;
    return r;
}

int cvn_json_read_null(struct cvn_json_reader *reader)
{
    return read_word(reader, "null");
}

/* Recurses as deep as brackets open, which enter bounds. */
static int skip_brackets(struct cvn_json_reader *reader, bool object)
{
    struct cvn_slice name;
    int r = cvn_json_enter(reader);
    while (r == 0) {
        r = object ? cvn_json_next_member(reader, &name) : cvn_json_next_item(reader);
        if (r <= 0)
            return r;
        r = cvn_json_skip(reader);
    }
    return r;
}

int cvn_json_skip(struct cvn_json_reader *reader)
{
    struct cvn_slice text;
    bool value;
    switch (cvn_json_next_kind(reader)) {
    case CVN_JSON_OBJECT:
        return skip_brackets(reader, true);
    case CVN_JSON_ARRAY:
        return skip_brackets(reader, false);
    case CVN_JSON_STRING:
        return cvn_json_read_string(reader, &text);
    case CVN_JSON_NUMBER:
        return cvn_json_read_number(reader, &text);
    case CVN_JSON_BOOL:
        return cvn_json_read_bool(reader, &value);
    case CVN_JSON_NULL:
        return cvn_json_read_null(reader);
    case CVN_JSON_NOTHING:
        return malformed(reader, "a value");
    }
    return -EINVAL;
}

int cvn_json_finish(struct cvn_json_reader *reader)
{
    skip_space(reader);
    return reader->at == reader->end ? 0 : malformed(reader, "the end");
}
