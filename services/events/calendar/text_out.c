#include "services/events/calendar/text_out.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 4096 };

void cvn_calendar_out_raw(struct cvn_calendar_out *out, const char *data, size_t len)
{
    if (out->failed || len == 0)
        return;
    if (out->room - out->len < len) {
        size_t room = out->room ? 2 * out->room : FIRST_ROOM;
        while (room - out->len < len)
            room *= 2;
        char *grown = cvn_arena_alloc(out->arena, room);
        out->failed = !grown;
        if (out->failed)
            return;
        if (out->len > 0)
            memcpy(grown, out->data, out->len);
        out->data = grown;
        out->room = room;
    }
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

/* A line goes on behind a line end and one blank, which counts. */
static void add_folded(struct cvn_calendar_out *out, const char *text)
{
    struct cvn_slice rest = cvn_slice_of_string(text);
    size_t room = CVN_CALENDAR_FOLD_AT;
    while (rest.len > room) {
        struct cvn_slice piece = cvn_text_cut(rest, room);
        cvn_calendar_out_raw(out, piece.data, piece.len);
        cvn_calendar_out_raw(out, "\r\n ", 3);
        rest = cvn_slice((const char *)rest.data + piece.len, rest.len - piece.len);
        room = CVN_CALENDAR_FOLD_AT - 1;
    }
    cvn_calendar_out_raw(out, rest.data, rest.len);
    cvn_calendar_out_raw(out, "\r\n", 2);
}

void cvn_calendar_out_line(struct cvn_calendar_out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = cvn_arena_vprintf(out->arena, format, args);
    va_end(args);
    if (text)
        add_folded(out, text);
    else
        out->failed = true;
}

void cvn_calendar_out_text(struct cvn_calendar_out *out, const char *name, const char *value)
{
    char *escaped = value[0] ? cvn_calendar_escape(out->arena, value) : NULL;
    if (escaped)
        cvn_calendar_out_line(out, "%s:%s", name, escaped);
    else if (value[0])
        out->failed = true;
}

char *cvn_calendar_escape(struct cvn_arena *arena, const char *value)
{
    char *text = cvn_arena_alloc(arena, 2 * strlen(value) + 1);
    char *to = text;
    if (!text)
        return NULL;
    for (; *value; value++) {
        if (*value == '\r')
            continue;
        if (strchr("\\;,\n", *value))
            *to++ = '\\';
        *to++ = *value == '\n' ? 'n' : *value;
    }
    *to = '\0';
    return text;
}

char *cvn_calendar_quotable(struct cvn_arena *arena, const char *value)
{
    char *text = cvn_arena_strdup(arena, value);
    for (char *c = text; c && *c; c++)
        if (*c == '"' || (unsigned char)*c < 0x20 || *c == 0x7f)
            *c = *c == '"' ? '\'' : ' ';
    return text;
}

void cvn_calendar_stamp(char text[CVN_CALENDAR_STAMP_BYTES], const struct cvn_civil *civil)
{
    (void)snprintf(text, CVN_CALENDAR_STAMP_BYTES, "%04u%02u%02uT%02u%02u%02u",
                   (unsigned)civil->year % 10000, (unsigned)civil->month % 100,
                   (unsigned)civil->day % 100, (unsigned)civil->hour % 100,
                   (unsigned)civil->minute % 100, (unsigned)civil->second % 100);
}

void cvn_calendar_stamp_utc(char text[CVN_CALENDAR_STAMP_BYTES], int64_t utc_ms)
{
    struct cvn_civil civil = cvn_civil_of_seconds(utc_ms / 1000 - (utc_ms % 1000 < 0));
    cvn_calendar_stamp(text, &civil);
    text[CVN_CALENDAR_STAMP_BYTES - 2] = 'Z';
    text[CVN_CALENDAR_STAMP_BYTES - 1] = '\0';
}
