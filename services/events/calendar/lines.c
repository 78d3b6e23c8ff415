#include "services/events/calendar/lines.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* Goes on to the next piece that is not empty; false at the end. */
static bool take_piece(struct cvn_calendar_lines *lines)
{
    while (lines->rest.len == 0 && lines->further.n > 0) {
        const struct cvn_calendar_piece *piece = lines->further.pieces++;
        lines->further.n--;
        lines->rest = piece->content;
        lines->line = piece->first_line ? piece->first_line : lines->line;
    }
    return lines->rest.len > 0;
}

void cvn_calendar_lines_init(struct cvn_calendar_lines *lines, const struct cvn_calendar_file *file,
                             struct cvn_arena *arena)
{
    *lines = (struct cvn_calendar_lines){.further = *file, .line = 1, .arena = arena};
    if (take_piece(lines) && lines->rest.len >= 3 &&
        memcmp(lines->rest.data, "\xef\xbb\xbf", 3) == 0)
        lines->rest = cvn_slice((const char *)lines->rest.data + 3, lines->rest.len - 3);
}

/* Takes one line as it stands in the file, without its end. */
static struct cvn_slice take_physical(struct cvn_calendar_lines *lines)
{
    const char *begin = lines->rest.data;
    const char *end = memchr(begin, '\n', lines->rest.len);
    size_t len = end ? (size_t)(end - begin) : lines->rest.len;
    size_t taken = end ? len + 1 : len;
    lines->rest = cvn_slice(begin + taken, lines->rest.len - taken);
    lines->line++;
    return cvn_slice(begin, len > 0 && begin[len - 1] == '\r' ? len - 1 : len);
}

static bool continues(const struct cvn_calendar_lines *lines)
{
    const char *next = lines->rest.data;
    return lines->rest.len > 0 && (next[0] == ' ' || next[0] == '\t');
}

/* How many bytes the line has with all that is folded onto it, at most one over the limit. */
static size_t measure(struct cvn_calendar_lines ahead, size_t len)
{
    while (continues(&ahead) && len <= CVN_CALENDAR_LINE_MAX)
        len += take_physical(&ahead).len - 1;
    return len;
}

/* Takes a line and what is folded onto it. 0 or -ENOMEM. */
static int unfold(struct cvn_calendar_lines *lines, char **ret_text, size_t *ret_len,
                  bool *ret_long)
{
    struct cvn_slice first = take_physical(lines);
    size_t whole = measure(*lines, first.len);
    size_t room = whole < CVN_CALENDAR_LINE_MAX ? whole : CVN_CALENDAR_LINE_MAX;
    char *text = cvn_arena_alloc(lines->arena, room + 1);
    if (!text)
        return -ENOMEM;
    size_t len = first.len < room ? first.len : room;
    memcpy(text, first.data, len);
    while (continues(lines)) {
        struct cvn_slice more = take_physical(lines);
        size_t n = more.len - 1 < room - len ? more.len - 1 : room - len;
        memcpy(text + len, (const char *)more.data + 1, n);
        len += n;
    }
    *ret_text = text;
    *ret_len = len;
    *ret_long = whole > CVN_CALENDAR_LINE_MAX;
    return 0;
}

static bool has_controls(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return true;
    return false;
}

static enum cvn_calendar_fault fault_of(const char *text, size_t len, bool is_long)
{
    if (is_long)
        return CVN_CALENDAR_FAULT_LONG;
    if (!cvn_text_valid(cvn_slice(text, len)))
        return CVN_CALENDAR_FAULT_ENCODING;
    return has_controls(text, len) ? CVN_CALENDAR_FAULT_CONTROL : CVN_CALENDAR_FINE;
}

/* Cuts the blanks off both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = '\0';
    return text;
}

/* Makes a name upper case in place; false when it is none. */
static bool make_name(char *text)
{
    for (char *c = text; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') && *c != '-')
            return false;
    }
    return *text != '\0';
}

/* The first of the two characters outside of quotes, or NULL. */
static char *find_outside(char *text, char a, char b)
{
    bool quoted = false;
    for (char *c = text; *c; c++) {
        if (*c == '"')
            quoted = !quoted;
        else if (!quoted && (*c == a || *c == b))
            return c;
    }
    return NULL;
}

/* Takes the quotes out, wherever they stand. */
static void drop_quotes(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text != '"')
            *to++ = *text;
    *to = '\0';
}

static void read_parameter(struct cvn_calendar_property *property, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || property->n_parameters == CVN_CALENDAR_PARAMETERS_MAX) {
        property->mended |= !equals;
        return;
    }
    *equals = '\0';
    char *name = trim(text);
    char *value = trim(equals + 1);
    drop_quotes(value);
    if (make_name(name))
        property->parameters[property->n_parameters++] =
            (struct cvn_calendar_parameter){name, value};
    else
        property->mended = true;
}

/*
 * Where the value begins: behind the first colon outside of quotes. Where there is none the quotes
 * are misplaced, as in TZID="Zone:20260101T100000", and the last colon is taken.
 */
static char *find_colon(struct cvn_calendar_property *property, char *text)
{
    char *colon = find_outside(text, ':', ':');
    if (colon)
        return colon;
    colon = strrchr(text, ':');
    if (!colon || !strchr(text, '"'))
        return NULL;
    drop_quotes(text);
    property->mended = true;
    return strrchr(text, ':');
}

static bool read_property(struct cvn_calendar_property *property, char *text)
{
    char *colon = find_colon(property, text);
    if (!colon)
        return false;
    *colon = '\0';
    property->value = colon + 1;
    char *semicolon = find_outside(text, ';', ';');
    if (semicolon)
        *semicolon = '\0';
    char *name = trim(text);
    if (!make_name(name))
        return false;
    property->name = name;
    while (semicolon) {
        char *parameter = semicolon + 1;
        semicolon = find_outside(parameter, ';', ';');
        if (semicolon)
            *semicolon = '\0';
        read_parameter(property, parameter);
    }
    return true;
}

int cvn_calendar_lines_next(struct cvn_calendar_lines *lines, struct cvn_calendar_property *ret)
{
    char *text = NULL;
    size_t len = 0;
    bool is_long = false;
    *ret = (struct cvn_calendar_property){.name = "", .value = ""};
    do {
        if (!take_piece(lines))
            return CVN_CALENDAR_LINES_END;
        ret->line = lines->line;
        int r = unfold(lines, &text, &len, &is_long);
        if (r)
            return r;
        text[len] = '\0';
    } while (len == 0 || text[strspn(text, " \t")] == '\0');
    ret->fault = fault_of(text, len, is_long);
    if (strlen(text) < len && ret->fault == CVN_CALENDAR_FINE)
        ret->fault = CVN_CALENDAR_FAULT_CONTROL;
    if (!read_property(ret, text) && ret->fault == CVN_CALENDAR_FINE)
        ret->fault = CVN_CALENDAR_FAULT_FORM;
    return 0;
}

const char *cvn_calendar_parameter(const struct cvn_calendar_property *property, const char *name)
{
    for (size_t i = 0; i < property->n_parameters; i++)
        if (strcmp(property->parameters[i].name, name) == 0)
            return property->parameters[i].value;
    return NULL;
}

char *cvn_calendar_unescape(struct cvn_arena *arena, const char *value)
{
    char *text = cvn_arena_alloc(arena, strlen(value) + 1);
    char *to = text;
    if (!text)
        return NULL;
    for (; *value; value++) {
        if (value[0] == '\\' && value[1]) {
            value++;
            *to++ = *value == 'n' || *value == 'N' ? '\n' : *value;
        } else {
            *to++ = *value;
        }
    }
    *to = '\0';
    return text;
}

const char *cvn_calendar_shown(struct cvn_arena *arena, const char *text)
{
    struct cvn_slice cut = cvn_text_cut(cvn_slice_of_string(text), CVN_CALENDAR_SHOWN_MAX);
    char *copy = cvn_arena_copy(arena, cut.data, cut.len);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return copy ? copy : "";
}

const char *cvn_calendar_piece_end(const char *value, char separator)
{
    while (*value && *value != separator)
        value += value[0] == '\\' && value[1] ? 2 : 1;
    return value;
}
