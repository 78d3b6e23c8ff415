#include "client/lib/channel.h"
#include "client/lib/convert.h"
#include "client/lib/line.h"
#include "client/lib/status.h"
#include "client/lib/watching.h"
#include "convene/events/v1/watch.pb-c.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_BYTES = 1 << 20,
    MESSAGE_BYTES = 256 << 20,
    CURSOR_BYTES = 1024,
    IDLE_MS = 60 * 60 * 1000, /* of one wait */
};

struct convene_watch {
    struct convene_watch_options options;
    struct cvn_arena arena; /* of the copies of their texts */
    struct cvn_line line;
    struct cvn_filter_parts filter;
    Convene__Events__V1__WatchEventsRequest request;
    char cursor[CURSOR_BYTES];
    bool broken; /* and that was told */
    bool live;   /* and that was told */
};

static const char *copy_text(struct cvn_arena *arena, const char *text, bool *ok)
{
    if (!text) {
        return NULL;
    }
    const char *copy = cvn_arena_strdup(arena, text);
    *ok = *ok && copy;
    return copy;
}

/* A copy of the filter whose texts live in the arena. False without memory. */
static bool copy_filter(struct cvn_arena *arena, struct convene_event_filter *ret,
                        const struct convene_event_filter *from)
{
    bool ok = true;
    *ret = *from;
    ret->group = copy_text(arena, from->group, &ok);
    ret->city = copy_text(arena, from->city, &ok);
    ret->topic = copy_text(arena, from->topic, &ok);
    ret->language = copy_text(arena, from->language, &ok);
    ret->attendee = copy_text(arena, from->attendee, &ok);
    return ok;
}

static int prepare(struct convene_watch *watch, struct convene *client)
{
    const struct convene_watch_options *options = &watch->options;
    struct convene_event_filter filter;
    cvn_arena_init(&watch->arena, OPTIONS_BYTES);
    convene__events__v1__watch_events_request__init(&watch->request);
    if (options->filter) {
        if (!copy_filter(&watch->arena, &filter, options->filter)) {
            return CONVENE_RESOURCE_EXHAUSTED;
        }
        cvn_filter_to_request(&watch->filter, &filter);
        watch->request.filter = &watch->filter.request;
    }
    watch->request.cursor = watch->cursor;
    int r = cvn_line_init(&watch->line, client, options->patience_ms);
    watch->line.request = (struct cvn_call_request){
        .service = &convene__events__v1__watch_service__descriptor,
        .method = "WatchEvents",
        .message = &watch->request.base,
    };
    return r;
}

int convene_watch_new(struct convene_watch **ret_watch, struct convene *client,
                      const struct convene_watch_options *options, struct convene_status *status)
{
    const char *cursor = options->cursor ? options->cursor : "";
    if (!options->changed) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "options.changed is NULL; a function is right.");
    }
    if (strlen(cursor) >= CURSOR_BYTES) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "options.cursor has %zu bytes and is none of a change.",
                                       strlen(cursor));
    }
    struct convene_watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->options = *options;
        memcpy(watch->cursor, cursor, strlen(cursor) + 1);
    }
    if (!watch || prepare(watch, client) != 0) {
        free(watch);
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory to watch with.");
    }
    cvn_status_set_ok(status);
    *ret_watch = watch;
    return 0;
}

void cvn_watch_set_filter(struct convene_watch *watch,
                          Convene__Events__V1__ListEventsRequest *filter)
{
    watch->request.filter = filter;
}

void convene_watch_free(struct convene_watch *watch)
{
    if (watch) {
        cvn_line_deinit(&watch->line);
        cvn_arena_deinit(&watch->arena);
        free(watch);
    }
}

void convene_watch_stop(struct convene_watch *watch)
{
    cvn_line_stop(&watch->line);
}

static void fill_rsvp(struct convene_change *change, const Convene__Events__V1__Rsvp *rsvp)
{
    change->person_id = rsvp->person_id;
    cvn_rsvp_of_message(&change->rsvp, rsvp);
}

static void fill_comment(struct convene_change *change, const Convene__Events__V1__Comment *comment)
{
    change->person_id = comment->author_id;
    change->comment = (struct convene_comment){
        .id = comment->id,
        .name = comment->display_name,
        .text = comment->text,
        .removed = comment->state != CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN,
    };
}

/* What the message says; event is where an event is put. */
static void fill_change(struct convene_change *change, struct convene_event *event,
                        const Convene__Events__V1__WatchEventsResponse *message)
{
    const Convene__Events__V1__EventChange *from = message->change;
    *change = (struct convene_change){.cursor = message->cursor,
                                      .kind = "",
                                      .event_id = "",
                                      .group_id = "",
                                      .person_id = "",
                                      .what = message->live ? CONVENE_CHANGE_LIVE
                                                            : CONVENE_CHANGE_PROGRESS};
    if (!from) {
        return;
    }
    change->what = (enum convene_change_what)from->what_case;
    change->sequence = from->sequence;
    change->time_ms = cvn_ms_of_timestamp(from->change_time);
    change->kind = from->kind;
    change->event_id = from->event_id;
    change->group_id = from->group_id;
    change->message = &from->base;
    switch (change->what) {
    case CONVENE_CHANGE_EVENT:
        cvn_event_of_message(event, from->event);
        change->event = event;
        break;
    case CONVENE_CHANGE_COUNTS:
        change->seats_taken = from->counts->seats_taken;
        change->waitlist_count = from->counts->waitlist_count;
        break;
    case CONVENE_CHANGE_RSVP:
        fill_rsvp(change, from->rsvp);
        break;
    case CONVENE_CHANGE_MEMBER:
        change->person_id = from->member->person_id;
        change->role = (enum convene_role)from->member->role;
        break;
    case CONVENE_CHANGE_COMMENT:
        fill_comment(change, from->comment);
        break;
    case CONVENE_CHANGE_PROGRESS:
    case CONVENE_CHANGE_LIVE:
    case CONVENE_CHANGE_REMOVED:
    case CONVENE_CHANGE_GROUP:
        break;
    }
}

static void tell_connection(struct convene_watch *watch, const struct convene_status *why)
{
    if (watch->options.connection && watch->broken != (why != NULL)) {
        watch->options.connection(why, watch->options.user);
    }
    watch->broken = why != NULL;
}

/* Shows a message; whether the watch is to end. */
static bool show(struct convene_watch *watch,
                 const Convene__Events__V1__WatchEventsResponse *message)
{
    struct convene_change change;
    struct convene_event event;
    tell_connection(watch, NULL);
    fill_change(&change, &event, message);
    if (change.what == CONVENE_CHANGE_LIVE && watch->live) {
        change.what = CONVENE_CHANGE_PROGRESS; /* as it was before the break */
    }
    watch->live |= change.what == CONVENE_CHANGE_LIVE;
    int ends = watch->options.changed(&change, watch->options.user);
    if (strlen(message->cursor) < CURSOR_BYTES) {
        memcpy(watch->cursor, message->cursor, strlen(message->cursor) + 1);
    }
    return ends != 0;
}

/* One step: 0 goes on, CVN_LINE_STOPPED ends well, negative is the code of a failure. */
static int step(struct convene_watch *watch, struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    cvn_arena_init(&arena, MESSAGE_BYTES);
    watch->request.snapshot = watch->options.snapshot && !watch->cursor[0];
    if (cvn_line_open(&watch->line) == -ENOMEM) {
        return -cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                        "There is no memory for a call.");
    }
    int r = cvn_line_read(&watch->line, &arena, &message, status);
    switch (r) {
    case 0:
        return show(watch, (const void *)message) ? CVN_LINE_STOPPED : 0;
    case CVN_LINE_LATER:
        cvn_line_wait(&watch->line, IDLE_MS);
        return 0;
    case CVN_LINE_BROKEN:
        tell_connection(watch, status);
        return 0;
    case CVN_LINE_ENDED: /* servers do not, but it is no failure: go on */
        return 0;
    default:
        return r;
    }
}

int convene_watch_run(struct convene_watch *watch, struct convene_status *status)
{
    struct convene_status own = CONVENE_STATUS_INIT;
    struct convene_status *said = status ? status : &own;
    int r = 0;
    while (r == 0) {
        r = step(watch, said);
    }
    if (r > 0) {
        cvn_status_set_ok(said);
    }
    convene_status_clear(&own);
    return r > 0 ? 0 : -r;
}
