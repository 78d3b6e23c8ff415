/*
 * Reads an iCalendar file (RFC 5545) into what is to be stored of it: events, and series with the
 * occurrences that were changed by themselves, each with what its line of the report says. Bytes,
 * zones and the time come in, records and reasons go out.
 *
 * libical is asked about recurrence rules only (rules/recurrence.h guards it). Its parser, its
 * zones and its overrides are not used: see lines.h, base/tzif.h and merge.c.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_IMPORT_H
#define CVN_SERVICES_EVENTS_CALENDAR_IMPORT_H

#include "convene/events/v1/calendar.pb-c.h"
#include "convene/events/v1/series.pb-c.h"
#include "services/events/calendar/moment.h"

enum {
    CVN_CALENDAR_SERIES_MAX = 500, /* of one file */
    CVN_CALENDAR_DATES_MAX = 500,  /* of RDATE, and of EXDATE, in one series */
    CVN_CALENDAR_RULES_MAX = 4,    /* RRULEs, and EXRULEs, of one series */
    CVN_CALENDAR_REASONS_MAX = 12, /* in one line of the report */
    CVN_CALENDAR_UID_MAX = 180,    /* bytes: an occurrence's external_id adds its start */
    CVN_CALENDAR_TITLE_MAX = 300,  /* bytes; what is longer is cut, as the next four */
    CVN_CALENDAR_DESCRIPTION_MAX = 50000,
    CVN_CALENDAR_VENUE_MAX = 200,
    CVN_CALENDAR_ADDRESS_MAX = 500,
    CVN_CALENDAR_TOPIC_MAX = 50,
    CVN_CALENDAR_TOPICS_MAX = 20,
    CVN_CALENDAR_URL_MAX = 500,
    CVN_CALENDAR_TIME_MS_MAX = 1000, /* spent on rules; the series that are left are refused */
    CVN_CALENDAR_BACK_DAYS = 31,     /* before now, from where a series' rule must give dates */
    CVN_CALENDAR_AHEAD_DAYS = 400,   /* after now, up to where it is looked for them */
};

/* A bit of said, by the number of the field in Event. */
#define CVN_CALENDAR_SAID(number) (UINT64_C(1) << (number))
enum cvn_calendar_number {
    CVN_CALENDAR_TITLE = 4,
    CVN_CALENDAR_DESCRIPTION = 5,
    CVN_CALENDAR_START = 6,
    CVN_CALENDAR_END = 7,
    CVN_CALENDAR_ZONE = 8,
    CVN_CALENDAR_MODE = 11,
    CVN_CALENDAR_VENUE = 12,
    CVN_CALENDAR_ONLINE_URL = 13,
    CVN_CALENDAR_TOPICS = 14,
    CVN_CALENDAR_LANGUAGE = 15,
    CVN_CALENDAR_URL = 26,
    CVN_CALENDAR_ALL_DAY = 55,
};

/* One VEVENT, read. */
struct cvn_calendar_item {
    /* line, uid, title, recurrence_id and reasons; outcome where it is decided here already. */
    Convene__Events__V1__CalendarResult result;
    Convene__Events__V1__Event *event; /* what it says; group_id, id and external_id apart */
    uint64_t said;                     /* CVN_CALENDAR_SAID of the fields of event that it says */
    const char *location;              /* LOCATION; "" where it says none */
    Convene__Events__V1__EventStatus status;      /* UNSPECIFIED where it says none */
    Convene__Events__V1__Publication publication; /* the same; DRAFT for what is TENTATIVE */
    bool has_sequence;
    int32_t sequence;
    int64_t modified_s;                    /* LAST-MODIFIED; 0 where it says none */
    struct cvn_calendar_moment start, end; /* as written; place makes the event's times of them */
    bool has_end, has_length;              /* DTEND, or else DURATION */
    int64_t length_s;
    size_t start_line, end_line, rule_line;
    bool has_recurrence; /* it is one occurrence of a series */
    struct cvn_calendar_moment recurrence;
    size_t n_rules, n_exrules, n_dates, n_except;
    const char *rules[CVN_CALENDAR_RULES_MAX], *exrules[CVN_CALENDAR_RULES_MAX];
    struct cvn_calendar_moment *dates, *except; /* RDATE and EXDATE */
};

/* What is stored together: an event, or a series with changed occurrences. */
struct cvn_calendar_record {
    const char *uid;
    struct cvn_calendar_item *main;       /* NULL: the file has single occurrences only */
    struct cvn_calendar_item **overrides; /* one for each occurrence */
    size_t n_overrides;
    /* NULL for an event; its event is main's. */
    Convene__Events__V1__Series *series;
    int64_t cost_ms; /* what working out its rules took */
    int32_t line;    /* of its first component */
};

struct cvn_calendar {
    struct cvn_calendar_record *records; /* by the line of their first component */
    size_t n_records;
    /* Components that are part of no record, as a second one of the same UID. */
    struct cvn_calendar_item **others;
    size_t n_others;
    const char *name;
    const char *const *notes; /* about the file */
    size_t n_notes;
    enum cvn_calendar_refusal refusal; /* of all of it */
};

struct cvn_calendar_import {
    struct cvn_calendar_file file;
    struct cvn_zones *zones;
    const char *time_zone;       /* asked for; "" for none; checked */
    const char *group_zone;      /* the group's */
    int64_t now_ms;              /* milliseconds since 1970, UTC */
    int64_t (*clock_ms)(void *); /* looked at between records */
    void *clock_arg;
};

/*
 * Reads the file. What it points to is in the arena; notes and texts are sentences for people. 0;
 * -ENOMEM, or what reading tzdata failed with.
 */
int cvn_calendar_read(struct cvn_calendar *calendar, const struct cvn_calendar_import *how,
                      struct cvn_arena *arena);

/* Refuses the item with a sentence, which becomes its first reason. 0 or -ENOMEM. */
int cvn_calendar_refuse(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* The same, but there was nothing to do. */
int cvn_calendar_skip(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* Adds a reason; further ones than fit are dropped. 0 or -ENOMEM. */
int cvn_calendar_remark(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

#endif
