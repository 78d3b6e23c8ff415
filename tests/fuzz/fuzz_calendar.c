/*
 * Whatever the bytes are, reading them as a calendar ends, within its memory, with texts that can
 * be shown; and what was read of an event, written and read again, says the same.
 */
#include "base/text.h"
#include "services/events/calendar/import.h"
#include "services/events/calendar/write.h"
#include "tests/fuzz/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_BYTES = 64 << 20 };

static void expect(bool promise, const char *what, const char *detail)
{
    if (promise)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

static struct cvn_zones *zones(void)
{
    static struct cvn_zones *all; /* read once: libFuzzer calls the target millions of times */
    if (!all)
        expect(cvn_zones_new(&all) == 0, "tzdata", "is not there");
    return all;
}

static int64_t stand_still(void *arg)
{
    (void)arg;
    return 0;
}

static bool read_file(struct cvn_calendar *calendar, struct cvn_slice file, struct cvn_arena *arena)
{
    const struct cvn_calendar_piece piece = {.content = file};
    const struct cvn_calendar_import how = {
        .file = {&piece, 1},
        .zones = zones(),
        .time_zone = "",
        .group_zone = "Europe/Berlin",
        .clock_ms = stand_still,
    };
    return cvn_calendar_read(calendar, &how, arena) == 0 && !calendar->refusal;
}

static void check_text(const char *text, const char *what)
{
    expect(cvn_text_valid(cvn_slice_of_string(text)), what, text);
}

static void check_item(const struct cvn_calendar_item *item)
{
    expect(item->result.line > 0, "a line", "has no number");
    check_text(item->result.uid, "UID");
    check_text(item->event->title, "title");
    check_text(item->event->description, "description");
    for (size_t i = 0; i < item->result.n_reasons; i++) {
        const char *reason = item->result.reasons[i];
        check_text(reason, "reason");
        for (const char *c = reason; *c; c++)
            expect((unsigned char)*c >= 0x20, "a reason", "has control characters");
    }
    if (item->result.outcome)
        expect(item->result.n_reasons > 0, "a refusal", "says nothing");
}

/* What is written of an item, read again, is the same. */
static void check_again(const struct cvn_calendar_item *item, struct cvn_arena *arena)
{
    static const struct cvn_calendar_host host = {"grp_01jd3x00000000000000000000", "G"};
    struct cvn_calendar_writer *writer = cvn_arena_alloc(arena, sizeof *writer);
    struct cvn_calendar again;
    struct cvn_slice content;
    Convene__Events__V1__Event event = *item->event;
    if (!writer)
        return;
    event.external_id = item->result.uid;
    cvn_calendar_writer_init(writer, zones(), arena);
    if (cvn_calendar_write_event(writer, &event, NULL, &host) ||
        cvn_calendar_writer_finish(writer, "", &content))
        return; /* memory is spent */
    if (!read_file(&again, content, arena))
        return;
    expect(again.n_records == 1, "what was written", "is not read");
    const struct cvn_calendar_item *other = again.records[0].main;
    expect(strcmp(other->event->title, event.title) == 0, "the title differs", event.title);
    expect(strcmp(other->event->description, event.description) == 0, "the description differs",
           event.description);
    expect(strcmp(other->event->start_local, event.start_local) == 0, "the start differs",
           event.start_local);
    expect(strcmp(other->event->end_local, event.end_local) == 0, "the end differs",
           event.end_local);
    expect(other->event->n_topics == event.n_topics, "the topics", "differ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CVN_ARENA_AUTO arena;
    struct cvn_calendar calendar;
    cvn_arena_init(&arena, CAP_BYTES);
    if (!read_file(&calendar, cvn_slice(data, size), &arena))
        return 0;
    check_text(calendar.name, "name");
    for (size_t i = 0; i < calendar.n_notes; i++)
        check_text(calendar.notes[i], "note");
    for (size_t i = 0; i < calendar.n_others; i++)
        check_item(calendar.others[i]);
    for (size_t i = 0; i < calendar.n_records; i++) {
        const struct cvn_calendar_record *record = &calendar.records[i];
        if (record->main)
            check_item(record->main);
        for (size_t o = 0; o < record->n_overrides; o++)
            check_item(record->overrides[o]);
        if (record->main && !record->series && i < 2)
            check_again(record->main, &arena);
    }
    return 0;
}
