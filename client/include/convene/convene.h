/*
 * libconvene: register meetups with a Convene server, list them and answer them, from C.
 *
 * A program that registers one event:
 *
 *     struct convene *client = NULL;
 *     struct convene_status status = CONVENE_STATUS_INIT;
 *     struct convene_event event = {.group = "c-berlin", .external_id = "2026-12",
 *                                   .title = "Memory, explained", .start = "2026-12-01T18:30"};
 *     if (convene_open(&client, NULL, &status) ||
 *         convene_register_event(client, &event, CONVENE_PUBLISH, NULL, &status))
 *         fprintf(stderr, "%s\n", status.message);
 *     convene_close(client);
 *     convene_status_clear(&status);
 *
 * Compile with `cc register.c $(pkg-config --cflags --libs convene)`; a longer one is in
 * examples/register_event.c.
 *
 * Results. Every function that talks to the server returns 0 (CONVENE_OK) or one of the codes
 * below, which are gRPC's in name and number. The status given along then holds the sentence for
 * people and, for CONVENE_INVALID_ARGUMENT, which field was wrong and what would be right. Outputs
 * are untouched unless the result is 0.
 *
 * Ownership. What goes in is borrowed for the length of the call. What comes out through a struct
 * that the caller provides is the caller's and has a function that clears it, named beside it; what
 * a callback is shown is borrowed until it returns.
 *
 * Retries. Each call that changes something carries a request id of its own, so that the server
 * does it once however often it is asked. These calls, and those that only read, wait for a server
 * until their timeout, and are made again, four times at most, when it says UNAVAILABLE or the
 * connection is lost: 1 s later, then 1.6 times as long each time, a fifth less or more, or when
 * the server says. RESOURCE_EXHAUSTED is tried again only when the server says when.
 *
 * Threads. A client may be used by several threads at once. It starts threads of its own: open it
 * after fork(), not before. The library writes nothing to standard output or standard error.
 */
#ifndef CONVENE_CONVENE_H
#define CONVENE_CONVENE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum convene_code {
    CONVENE_OK = 0,
    CONVENE_CANCELLED = 1,
    CONVENE_UNKNOWN = 2,
    CONVENE_INVALID_ARGUMENT = 3,
    CONVENE_DEADLINE_EXCEEDED = 4,
    CONVENE_NOT_FOUND = 5,
    CONVENE_ALREADY_EXISTS = 6,
    CONVENE_PERMISSION_DENIED = 7,
    CONVENE_RESOURCE_EXHAUSTED = 8,
    CONVENE_FAILED_PRECONDITION = 9,
    CONVENE_ABORTED = 10,
    CONVENE_OUT_OF_RANGE = 11,
    CONVENE_UNIMPLEMENTED = 12,
    CONVENE_INTERNAL = 13,
    CONVENE_UNAVAILABLE = 14,
    CONVENE_DATA_LOSS = 15,
    CONVENE_UNAUTHENTICATED = 16,
};

enum {
    CONVENE_ID_BYTES = 33,      /* of an id such as "evt_…", with its NUL */
    CONVENE_BATCH_MAX = 500,    /* records that travel in one call */
    CONVENE_TIMEOUT_MS = 10000, /* of a call, unless options say otherwise */
    CONVENE_TIMEOUT_MAX_MS = 86400000,
};

/* One field that was wrong. */
struct convene_violation {
    const char *field; /* path in the request, as in "event.venue.location.latitude" */
    const char *text;  /* what is wrong and what would be right */
};

/* How a call ended. Start from CONVENE_STATUS_INIT, use for any number of calls, clear once. */
struct convene_status {
    enum convene_code code;
    const char *message; /* a sentence; "" after success */
    const char *reason;  /* UPPER_SNAKE_CASE for programs, as in "EVENT_FULL"; "" where none */
    const struct convene_violation *violations;
    size_t n_violations;
    bool unreachable;       /* no server answered: nothing was connected when the call ended */
    int64_t retry_after_ms; /* the server's advice; 0 where it gave none */
    void *memory;           /* of the library */
};

#define CONVENE_STATUS_INIT                                                                        \
    {                                                                                              \
        CONVENE_OK, "", "", NULL, 0, false, 0, NULL                                                \
    }

/* Frees what the status holds and makes it CONVENE_STATUS_INIT again. NULL is accepted. */
void convene_status_clear(struct convene_status *status);

/* The code's name, as in "NOT_FOUND"; "UNKNOWN" for a number that is none. */
const char *convene_code_name(int code);

/* ---- A client ---- */

struct convene;

struct convene_options {
    /*
     * Where the server is: "ipc:///run/…/convene.sock", "tls+tcp://host:port", or
     * "tcp://host:port", which others can read on the way. NULL: the environment's CONVENE_URL;
     * else ipc://$XDG_RUNTIME_DIR/convene.sock; else ipc://$HOME/.local/share/convene/convene.sock.
     */
    const char *url;
    /* For each call, 1 to CONVENE_TIMEOUT_MAX_MS; 0 means CONVENE_TIMEOUT_MS. */
    int64_t timeout_ms;
    /*
     * Give up at once where no server answers, instead of trying until the timeout. A call is made
     * again only when the server says when.
     */
    bool fail_fast;
    /*
     * Who calls: an API key, "cvn_…". NULL: what key_file holds, or the environment's CONVENE_KEY,
     * or what the file named by CONVENE_KEY_FILE holds. "": none, whatever there is. A key goes
     * over ipc, tls+tcp, or tcp to this machine; with another tcp address, where others could read
     * it, convene_open fails.
     */
    const char *key;
    const char *key_file; /* whose first line is the key; NULL as above */
    /*
     * For tls+tcp, PEM files. The server's certificate must come from an authority in tls_ca_file
     * (NULL: the environment's CONVENE_TLS_CA, else the system's) and be for tls_server_name (NULL:
     * CONVENE_TLS_NAME, else the address's host). tls_cert_file and tls_key_file, its private key,
     * are for servers that ask for a certificate (NULL: CONVENE_TLS_CERT and CONVENE_TLS_KEY, else
     * none).
     */
    const char *tls_ca_file;
    const char *tls_server_name;
    const char *tls_cert_file;
    const char *tls_key_file;
};

/*
 * Makes a client; options may be NULL. It connects in the background and again whenever the
 * connection is lost, so success does not mean that a server is there. CONVENE_INVALID_ARGUMENT
 * when the address or an option is malformed, CONVENE_RESOURCE_EXHAUSTED without memory.
 */
int convene_open(struct convene **ret_client, const struct convene_options *options,
                 struct convene_status *status);

/* Closes it. No call may be running. NULL is accepted. */
void convene_close(struct convene *client);

/* The address in use. Belongs to the client. */
const char *convene_url(const struct convene *client);

/* ---- Events ---- */

enum convene_mode {
    CONVENE_MODE_UNSPECIFIED = 0, /* in person */
    CONVENE_MODE_OFFLINE = 1,
    CONVENE_MODE_ONLINE = 2,
    CONVENE_MODE_MIXED = 3,
};

enum convene_publication {
    CONVENE_DRAFT = 1,
    CONVENE_PUBLISHED = 2,
    CONVENE_UNPUBLISHED = 3,
    CONVENE_ARCHIVED = 4,
};

enum convene_event_status {
    CONVENE_SCHEDULED = 1,
    CONVENE_RESCHEDULED = 2,
    CONVENE_MOVED_ONLINE = 3,
    CONVENE_POSTPONED = 4,
    CONVENE_CALLED_OFF = 5,
};

/* An event. Strings are UTF-8; NULL and "" both mean that nothing is said. */
struct convene_event {
    const char *group;       /* "grp_…" or a slug; required. Given back as an id */
    const char *external_id; /* your own key for it, unique in the group, at most 200 bytes;
                                required to register */
    const char *title;       /* 1 to 300 bytes; required */
    const char *description; /* Markdown, at most 50,000 bytes */
    const char *start;       /* what clocks show there: "2026-12-01T18:30"; required */
    const char *end;         /* the same; NULL means equal to the start */
    const char *time_zone;   /* IANA name, as in "Europe/Berlin"; NULL means the group's */
    enum convene_mode mode;
    const char *venue; /* at most 200 bytes */
    const char *address;
    const char *city;
    const char *country; /* ISO 3166-1 alpha-2, as in "de" */
    bool has_location;
    double latitude;        /* degrees, -90 to 90 */
    double longitude;       /* degrees, -180 to 180 */
    const char *online_url; /* http or https; shown to those who come only */
    const char *const *topics;
    size_t n_topics;      /* at most 20, of at most 50 bytes */
    const char *language; /* BCP 47, as in "en" */
    int32_t capacity;     /* seats; 0 means unlimited */
    int32_t max_guests;   /* that one RSVP may bring, 0 to 10 */
    const char *cost;     /* as in "free, drinks sponsored"; at most 200 bytes */
    const char *url;      /* of the event's page elsewhere */

    /* Given back by the server; not read when registering. */
    const char *id;        /* "evt_…" */
    int64_t start_time_ms; /* since 1970, UTC */
    int64_t end_time_ms;
    enum convene_publication publication;
    enum convene_event_status status;
    int32_t seats_taken;
    int32_t waitlist_count;
};

enum convene_outcome {
    CONVENE_CREATED = 1,
    CONVENE_UPDATED = 2,
    CONVENE_UNCHANGED = 3,
    CONVENE_REFUSED = 4,
};

/* What became of one event. */
struct convene_registered {
    enum convene_outcome outcome;
    char id[CONVENE_ID_BYTES];    /* "" when refused */
    struct convene_status status; /* why it was refused */
};

enum {
    CONVENE_PUBLISH = 1,       /* publish what is created; what exists keeps its state */
    CONVENE_VALIDATE_ONLY = 2, /* check everything and store nothing; batches only */
};

/*
 * Registers one event: creates it, or updates the one with the same group and external_id. Running
 * it again with the same content changes nothing. flags: CONVENE_PUBLISH or 0. ret may be NULL; its
 * status needs no clearing. CONVENE_INVALID_ARGUMENT with violations, CONVENE_NOT_FOUND for the
 * group, CONVENE_PERMISSION_DENIED unless one organises it.
 */
int convene_register_event(struct convene *client, const struct convene_event *event,
                           unsigned flags, struct convene_registered *ret,
                           struct convene_status *status);

/* Many events, in calls of at most CONVENE_BATCH_MAX. */
struct convene_batch {
    const struct convene_event *events;
    size_t n_events;
    unsigned flags;
};

/*
 * Registers many; a refused one does not stop the others, and the result is 0 all the same.
 * *ret_results holds n_events entries in the order given, freed with convene_registered_free. When
 * the result is not 0, batches before the one that failed have taken effect: run it again.
 */
int convene_register_events(struct convene *client, const struct convene_batch *batch,
                            struct convene_registered **ret_results, struct convene_status *status);

/* Frees n results. NULL is accepted. */
void convene_registered_free(struct convene_registered *results, size_t n);

/* Which events to list; a zeroed filter means all that are published and not called off. */
struct convene_event_filter {
    int64_t from_ms;   /* that start at or after, since 1970, UTC; 0 means from the beginning */
    int64_t before_ms; /* that start before; 0 means without end */
    const char *group; /* "grp_…" or a slug */
    bool has_near;
    double latitude;
    double longitude;
    double radius_m; /* more than 0, at most 500,000 */
    const char *city;
    const char *topic;
    const char *language;
    enum convene_mode mode;
    const char *attendee; /* "per_…", or "me" */
    bool include_unpublished;
    bool include_cancelled;
    size_t limit; /* stop after so many; 0 means never */
};

/*
 * Shows each event that the filter lets through, by start, to the callback, fetching page after
 * page. The event is borrowed until the callback returns; a result other than 0 ends the list with
 * success. The client may be used inside the callback.
 */
int convene_list_events(struct convene *client, const struct convene_event_filter *filter,
                        int (*callback)(const struct convene_event *event, void *user), void *user,
                        struct convene_status *status);

/* ---- Registering a stream of events ---- */

/*
 * For a job that keeps a server's events in step with another system's: push all there are, as many
 * as you like, and each is created, updated, or left as it is. What is pushed travels in the
 * background in large messages, of which only a few are under way at a time, so memory stays
 * bounded however many there are; what was answered is on the server's disk. When the connection
 * breaks, or the server restarts, what was not answered is sent again, for as long as the client's
 * timeout; so each event is there once in the end. One thread at a time uses a registrar.
 *
 *     static void told(uint64_t index, const struct convene_registered *result, void *user) { … }
 *
 *     struct convene_registrar *registrar = NULL;
 *     struct convene_registrar_options options = {.flags = CONVENE_PUBLISH, .result = told};
 *     int r = convene_registrar_open(&registrar, client, &options, &status);
 *     while (r == 0 && next_of_mine(&event))
 *         r = convene_registrar_push(registrar, &event, &status);
 *     if (r == 0)
 *         r = convene_registrar_flush(registrar, &status);
 *     convene_registrar_close(registrar);
 */
struct convene_registrar;

struct convene_registrar_options {
    unsigned flags; /* CONVENE_PUBLISH, CONVENE_VALIDATE_ONLY */
    /*
     * Told what became of each event, in the order in which they were pushed; index counts from 0.
     * The result is borrowed. Called by push and flush, in their thread, and must not call them.
     */
    void (*result)(uint64_t index, const struct convene_registered *result, void *user);
    void *user;
};

enum {
    CONVENE_EVENT_BYTES_MAX = 1 << 20, /* of all texts of an event that is pushed, and a little */
};

/* *ret_registrar is freed with convene_registrar_close, before the client is closed. */
int convene_registrar_open(struct convene_registrar **ret_registrar, struct convene *client,
                           const struct convene_registrar_options *options,
                           struct convene_status *status);

/*
 * Takes one event, which is copied; waits while too much is under way. CONVENE_INVALID_ARGUMENT for
 * one over CONVENE_EVENT_BYTES_MAX: it is left out, without a result, and the next may follow. What
 * the server does not accept is told as its result, not here. Any other code is final: close, and
 * run the whole again when its cause is gone.
 */
int convene_registrar_push(struct convene_registrar *registrar, const struct convene_event *event,
                           struct convene_status *status);

/* Waits until every event that was pushed has its result. 0 or the code of a final failure. */
int convene_registrar_flush(struct convene_registrar *registrar, struct convene_status *status);

/* Closes it; what has no result yet is given up, and may or may not be registered. NULL is
 * accepted.
 */
void convene_registrar_close(struct convene_registrar *registrar);

/* ---- RSVPs ---- */

enum convene_answer {
    CONVENE_YES = 1,
    CONVENE_NO = 2,
};

enum convene_rsvp_state {
    CONVENE_RSVP_INVITED = 1,
    CONVENE_RSVP_REQUESTED = 2, /* waits for an organiser's approval */
    CONVENE_RSVP_YES = 3,
    CONVENE_RSVP_WAITLISTED = 4,
    CONVENE_RSVP_OFFERED = 5, /* a seat is held: say yes to take it */
    CONVENE_RSVP_NO = 6,
    CONVENE_RSVP_EXPIRED = 7,
    CONVENE_RSVP_REJECTED = 8,
    CONVENE_RSVP_REMOVED = 9,
    CONVENE_RSVP_ATTENDED = 10,
    CONVENE_RSVP_NO_SHOW = 11,
    CONVENE_RSVP_EXCUSED = 12,
};

/* What is answered to one of the event's questions. */
struct convene_question_answer {
    const char *question;      /* its id, as Event.questions of the contract and `convene events
                                  show` give it; "q1" and so on where the organiser named none */
    const char *const *values; /* one text of at most 1,000 bytes, or one of the question's choices,
                                  or several where it allows that; as they are, nothing is split */
    size_t n_values;
};

/* Zero what you do not care about: what is added in later versions comes at the end. */
struct convene_rsvp_request {
    const char *event;  /* "evt_…" */
    const char *person; /* "per_…"; NULL means who calls. Organisers may answer for others */
    enum convene_answer answer;
    int32_t guests; /* beside the person; with yes only */
    /*
     * With yes to an event of CONVENE_MODE_MIXED: CONVENE_MODE_OFFLINE or CONVENE_MODE_ONLINE.
     * CONVENE_MODE_UNSPECIFIED means the way it was answered before, or in person.
     */
    enum convene_mode way;
    /*
     * With yes. They replace all that were given before; none leaves those. A yes without an answer
     * to a question that needs one is CONVENE_INVALID_ARGUMENT, with a violation that says which.
     */
    const struct convene_question_answer *answers;
    size_t n_answers; /* at most 10, of at most 20 values */
};

struct convene_rsvp {
    enum convene_rsvp_state state;
    int32_t guests;
    int32_t queue_position;       /* 1 for the next to be served; 0 outside the queue */
    int64_t offer_expire_time_ms; /* until when an offered seat is held; 0 where none is */
    enum convene_mode way;        /* of a CONVENE_MODE_MIXED event; else unspecified */
};

/*
 * Answers an event. Yes to a full event joins its queue: look at ret->state (ret may be NULL).
 * CONVENE_FAILED_PRECONDITION where the event takes no answers, with the reason;
 * CONVENE_INVALID_ARGUMENT with violations where guests, way or answers are not what the event
 * takes. An example is in examples/answer_event.c.
 */
int convene_respond(struct convene *client, const struct convene_rsvp_request *request,
                    struct convene_rsvp *ret, struct convene_status *status);

/* ---- Watching what changes ---- */

enum convene_change_what {
    CONVENE_CHANGE_PROGRESS = 0, /* nothing but the cursor moved on */
    CONVENE_CHANGE_LIVE =
        1, /* likewise; what there was has been shown: from now on as it happens */
    CONVENE_CHANGE_EVENT = 10,   /* event: created, changed, or shown by a snapshot */
    CONVENE_CHANGE_REMOVED = 11, /* event_id: deleted, hidden, or no longer within the filter */
    CONVENE_CHANGE_COUNTS = 12,  /* seats_taken and waitlist_count of event_id */
    CONVENE_CHANGE_RSVP = 13,    /* rsvp of person_id to event_id; for organisers and that person */
    CONVENE_CHANGE_GROUP = 14,   /* the group of group_id; see message */
    CONVENE_CHANGE_MEMBER = 15,  /* person_id in group_id; for organisers and that person */
    CONVENE_CHANGE_COMMENT = 16, /* comment by person_id on event_id: written, changed, taken out */
};

enum convene_role {
    CONVENE_ROLE_NONE = 0,
    CONVENE_ROLE_MEMBER = 1,
    CONVENE_ROLE_ORGANISER = 2,
    CONVENE_ROLE_OWNER = 3,
};

/* What somebody said about an event, as it is now. */
struct convene_comment {
    const char *id;   /* "cmt_…" */
    const char *name; /* of who said it; "" where they were erased */
    const char *text; /* Markdown; "" where it was taken out */
    bool removed;
};

/* One change; borrowed until the callback returns. */
struct convene_change {
    enum convene_change_what what;
    const char *cursor;   /* where to go on behind this one: keep it with what you made of it */
    int64_t sequence;     /* the server's number, which only rises; 0 in a snapshot */
    int64_t time_ms;      /* since 1970, UTC; 0 in a snapshot */
    const char *kind;     /* as in "event.published", "rsvp.promoted", "comment.created" */
    const char *event_id; /* "" where it is about none, as the next two */
    const char *group_id;
    const char *person_id;
    const struct convene_event *event; /* as it is now; NULL but for CONVENE_CHANGE_EVENT */
    struct convene_rsvp rsvp;          /* as it is now */
    enum convene_role role;            /* of a member */
    int32_t seats_taken;
    int32_t waitlist_count;
    const ProtobufCMessage *message; /* convene.events.v1.EventChange with all of it; or NULL */
    struct convene_comment comment;  /* for CONVENE_CHANGE_COMMENT; else its texts are NULL */
};

struct convene_watch_options {
    const struct convene_event_filter *filter; /* NULL: everything one may see; limit is not used */
    const char *cursor;                        /* of a change seen before; NULL or "": begin now */
    bool snapshot; /* without a cursor: first show the events that there are */
    /* Shown each change, in order, once. A result other than 0 ends the watch with success. */
    int (*changed)(const struct convene_change *change, void *user);
    /*
     * Told that the connection is lost, with why, and (NULL) that it is there again. It comes back
     * by itself, without a change lost or shown twice. May be NULL.
     */
    void (*connection)(const struct convene_status *why, void *user);
    void *user;
    int64_t patience_ms; /* how long a break may last before the watch fails; 0: for ever */
};

struct convene_watch;

/* Prepares a watch; the options' texts and filter are copied. Freed with convene_watch_free. */
int convene_watch_new(struct convene_watch **ret_watch, struct convene *client,
                      const struct convene_watch_options *options, struct convene_status *status);

/*
 * Watches until changed ends it or convene_watch_stop is called (0), or it fails: with
 * CONVENE_OUT_OF_RANGE when the cursor cannot be gone on from (begin anew with snapshot), with
 * CONVENE_UNAVAILABLE after patience_ms, or where the client fails fast and no server answers.
 * Called again it goes on behind the last change shown.
 */
int convene_watch_run(struct convene_watch *watch, struct convene_status *status);

/* Has convene_watch_run return soon. Any thread, not a signal's handler. */
void convene_watch_stop(struct convene_watch *watch);

/* NULL is accepted; not while it runs. */
void convene_watch_free(struct convene_watch *watch);

/* ---- Everything else ---- */

/*
 * Calls any method with protobuf-c messages of the contract: method as in
 * "convene.events.v1.GroupService/GetGroup", request and reply of the types that it names. A field
 * request_id that is left empty is filled on the wire. *ret_reply is freed with
 * convene_message_free. CONVENE_UNIMPLEMENTED when the library or the server knows no such method,
 * CONVENE_INVALID_ARGUMENT when the request is of another type.
 */
int convene_call(struct convene *client, const char *method, const ProtobufCMessage *request,
                 ProtobufCMessage **ret_reply, struct convene_status *status);

/* Frees a reply. NULL is accepted. */
void convene_message_free(ProtobufCMessage *message);

#ifdef __cplusplus
}
#endif

#endif
