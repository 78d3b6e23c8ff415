#include "rpc/json_text.h"

#include <stdio.h>
#include <stdlib.h>

/* Room for n more bytes, or NULL once the arena is spent. What was outgrown stays in the arena. */
static char *reserve(struct cvn_json_writer *writer, size_t n)
{
    if (writer->spent)
        return NULL;
    if (writer->room - writer->len < n) {
        size_t room = writer->room ? writer->room * 2 : 512;
        if (room < writer->len + n)
            room = writer->len + n;
        char *data = cvn_arena_alloc(writer->arena, room);
        if (!data) {
            writer->spent = true;
            return NULL;
        }
        if (writer->len > 0)
            memcpy(data, writer->data, writer->len);
        writer->data = data;
        writer->room = room;
    }
    return writer->data + writer->len;
}

void cvn_json_write_raw(struct cvn_json_writer *writer, const char *text, size_t len)
{
    char *out = reserve(writer, len);
    if (!out)
        return;
    memcpy(out, text, len);
    writer->len += len;
}

static void write_char(struct cvn_json_writer *writer, char c)
{
    cvn_json_write_raw(writer, &c, 1);
}

static void write_escape(struct cvn_json_writer *writer, unsigned char c)
{
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c ? strchr(special, c) : NULL;
    char text[8] = {'\\', found ? letters[found - special] : 'u'};
    if (!found)
        (void)snprintf(text, sizeof text, "\\u%04x", c);
    cvn_json_write_raw(writer, text, found ? 2 : 6);
}

void cvn_json_write_string(struct cvn_json_writer *writer, struct cvn_slice text)
{
    const char *run = text.data;
    size_t len = 0;
    write_char(writer, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = ((const unsigned char *)text.data)[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            len++;
            continue;
        }
        if (len > 0)
            cvn_json_write_raw(writer, run, len);
        write_escape(writer, c);
        run = (const char *)text.data + i + 1;
        len = 0;
    }
    if (len > 0)
        cvn_json_write_raw(writer, run, len);
    write_char(writer, '"');
}

void cvn_json_write_base64(struct cvn_json_writer *writer, struct cvn_slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes.data;
    write_char(writer, '"');
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                         (n > 2 ? in[i + 2] : 0);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        n > 1 ? digits[group >> 6 & 63] : '=', n > 2 ? digits[group & 63] : '='};
        cvn_json_write_raw(writer, text, 4);
    }
    write_char(writer, '"');
}

void cvn_json_write_double(struct cvn_json_writer *writer, double value)
{
    char text[32];
    int precision = 15;
    do
        (void)snprintf(text, sizeof text, "%.*g", precision, value);
    while (strtod(text, NULL) != value && precision++ < 17);
    cvn_json_write_raw(writer, text, strlen(text));
}

void cvn_json_write_float(struct cvn_json_writer *writer, float value)
{
    char text[32];
    int precision = 6;
    do
        (void)snprintf(text, sizeof text, "%.*g", precision, (double)value);
    while (strtof(text, NULL) != value && precision++ < 9);
    cvn_json_write_raw(writer, text, strlen(text));
}

static void new_line(struct cvn_json_writer *writer)
{
    write_char(writer, '\n');
    for (int i = 0; i < writer->depth; i++)
        cvn_json_write_raw(writer, "  ", 2);
}

void cvn_json_write_open(struct cvn_json_writer *writer, char bracket)
{
    write_char(writer, bracket);
    writer->depth++;
    writer->first = true;
}

void cvn_json_write_close(struct cvn_json_writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->first && writer->pretty)
        new_line(writer);
    writer->first = false;
    write_char(writer, bracket);
}

void cvn_json_write_item(struct cvn_json_writer *writer)
{
    if (!writer->first)
        write_char(writer, ',');
    writer->first = false;
    if (writer->pretty)
        new_line(writer);
}

void cvn_json_write_name(struct cvn_json_writer *writer, struct cvn_slice name)
{
    cvn_json_write_item(writer);
    cvn_json_write_string(writer, name);
    cvn_json_write_raw(writer, ": ", writer->pretty ? 2 : 1);
}
