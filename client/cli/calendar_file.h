/*
 * An iCalendar file of any length as messages for StreamImportCalendar: as it is where it fits into
 * one; else each message has the lines before a calendar's first event and its time zones, and then
 * some of its events. Changed occurrences travel right behind their series, wherever they stand in
 * the file. Its bytes are read when they are sent.
 */
#ifndef CVN_CLIENT_CLI_CALENDAR_FILE_H
#define CVN_CLIENT_CLI_CALENDAR_FILE_H

#include "base/arena.h"
#include "convene/events/v1/registrar.pb-c.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    /* What one message may have; a file within all three is sent as it is. */
    CVN_CALENDAR_FILE_BYTES_MAX = 3 << 20,
    CVN_CALENDAR_FILE_EVENTS_MAX = 5000,
    CVN_CALENDAR_FILE_SERIES_MAX = 500,
    /* How much of a longer one is sent at a time. */
    CVN_CALENDAR_PART_BYTES = 1 << 20,
    CVN_CALENDAR_PART_EVENTS = 2000,
    CVN_CALENDAR_PART_SERIES = 100,
    CVN_CALENDAR_HEAD_BYTES_MAX = 512 << 10,  /* of a calendar's own lines and time zones */
    CVN_CALENDAR_OVERRIDES_MAX = 100000,      /* moved behind their series; others stay in place */
    CVN_CALENDAR_FILE_LINES_MAX = 2000000000, /* that a report can count */
};

struct cvn_calendar_file;

/* What is to be said of the file that the server does not see. */
struct cvn_calendar_file_notes {
    void (*refuse)(void *arg, size_t line, const char *reason); /* a component */
    void (*remark)(void *arg, size_t line, const char *text);
    void *arg;
};

enum {
    CVN_CALENDAR_FILE_END = 1,
    CVN_CALENDAR_FILE_NONE = 2, /* there is no calendar in it */
};

/*
 * Opens a file that is borrowed; what is no file on a disk is copied into one first. 0 or -errno.
 * *ret is the caller's.
 */
int cvn_calendar_file_new(struct cvn_calendar_file **ret, FILE *file,
                          const struct cvn_calendar_file_notes *notes);
void cvn_calendar_file_free(struct cvn_calendar_file *file);

/*
 * Sets the request's pieces, in the arena, to the next message's. 0; CVN_CALENDAR_FILE_END or NONE;
 * -EFBIG over CVN_CALENDAR_FILE_LINES_MAX; -ENOMEM, -errno.
 */
int cvn_calendar_file_next(struct cvn_calendar_file *file, struct cvn_arena *arena,
                           Convene__Events__V1__StreamImportCalendarRequest *request);

/* How much of the file was made messages of, and how much there is. */
off_t cvn_calendar_file_at(const struct cvn_calendar_file *file);
off_t cvn_calendar_file_size(const struct cvn_calendar_file *file);

#endif
