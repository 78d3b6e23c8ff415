/*
 * JSON as text (RFC 8259), without a tree: a reader that is asked for one thing at a time, and a
 * writer into an arena. Neither knows of messages.
 */
#ifndef CVN_RPC_JSON_TEXT_H
#define CVN_RPC_JSON_TEXT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>

enum cvn_json_kind {
    CVN_JSON_OBJECT,
    CVN_JSON_ARRAY,
    CVN_JSON_STRING,
    CVN_JSON_NUMBER,
    CVN_JSON_BOOL,
    CVN_JSON_NULL,
    CVN_JSON_NOTHING, /* the end of the text, or what begins no value */
};

/* Embedded by value; a copy of it is a place to come back to. */
struct cvn_json_reader {
    const char *begin;
    const char *at;
    const char *end;
    struct cvn_arena *arena; /* for strings with escapes */
    struct cvn_error *err;
    int depth;  /* open brackets */
    bool first; /* nothing was read yet inside the bracket opened last */
};

/*
 * All that read return 0 or more, -EINVAL with a sentence that names line and column, or -ENOMEM.
 * A value not read in full must be skipped before the next is asked for.
 */

/* What comes next, by its first character; nothing is read. */
enum cvn_json_kind cvn_json_next_kind(struct cvn_json_reader *reader);

/* "an object", "a number", …, for sentences. */
const char *cvn_json_kind_name(enum cvn_json_kind kind);

/* Enters the object or array that comes next; refuses more than CVN_JSON_NESTING_MAX. */
int cvn_json_enter(struct cvn_json_reader *reader);

/* In an object: 1 with the next name, 0 behind the last, where the object is left. */
int cvn_json_next_member(struct cvn_json_reader *reader, struct cvn_slice *ret_name);

/* In an array: 1 before the next value, 0 behind the last, where the array is left. */
int cvn_json_next_item(struct cvn_json_reader *reader);

/*
 * The string that comes next, without quotes and escapes: in the arena, or a part of the text. It
 * is valid UTF-8, and may hold a NUL.
 */
int cvn_json_read_string(struct cvn_json_reader *reader, struct cvn_slice *ret);

/* The number that comes next as it is written; it has JSON's form. */
int cvn_json_read_number(struct cvn_json_reader *reader, struct cvn_slice *ret);

/* true or false, whichever comes next. */
int cvn_json_read_bool(struct cvn_json_reader *reader, bool *ret);

int cvn_json_read_null(struct cvn_json_reader *reader);

/* Reads one value of any kind and forgets it. */
int cvn_json_skip(struct cvn_json_reader *reader);

/* Refuses anything but white space up to the end. */
int cvn_json_finish(struct cvn_json_reader *reader);

/* Whether text is a number in JSON's form, all of it. */
bool cvn_json_is_number(struct cvn_slice text);

/* Embedded by value. What is written after the arena is spent is dropped. */
struct cvn_json_writer {
    struct cvn_arena *arena;
    char *data;
    size_t len;
    size_t room;
    int depth;
    bool pretty;
    bool first; /* nothing was written yet inside the bracket opened last */
    bool spent; /* the arena had no more room */
};

/* Bytes as they are. */
void cvn_json_write_raw(struct cvn_json_writer *writer, const char *text, size_t len);

/* A string in quotes, escaped where JSON asks. It is valid UTF-8. */
void cvn_json_write_string(struct cvn_json_writer *writer, struct cvn_slice text);

/* Bytes in base64 and quotes (RFC 4648, section 4, padded). */
void cvn_json_write_base64(struct cvn_json_writer *writer, struct cvn_slice bytes);

/* The first of 15 to 17 digits (6 to 9 for a float) that reads as the same number; it is finite. */
void cvn_json_write_double(struct cvn_json_writer *writer, double value);
void cvn_json_write_float(struct cvn_json_writer *writer, float value);

/* '{' or '[', and the '}' or ']' that ends it. */
void cvn_json_write_open(struct cvn_json_writer *writer, char bracket);
void cvn_json_write_close(struct cvn_json_writer *writer, char bracket);

/* What goes before an item of an array, and before a member of an object with its name. */
void cvn_json_write_item(struct cvn_json_writer *writer);
void cvn_json_write_name(struct cvn_json_writer *writer, struct cvn_slice name);

#endif
