#include "services/events/rsvps/check_in.h"

#include "services/events/field_check.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/refusal.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_decide.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { NONCE_HASH_BYTES = 16 };

#define OUTCOME(name) CONVENE__EVENTS__V1__RSVP_RESULT__OUTCOME__OUTCOME_##name

typedef Convene__Events__V1__RsvpResult result_type;

/* One write about many people of one event. */
struct batch {
    struct cvn_ctx *ctx;
    struct cvn_rsvp_case c;
    struct cvn_seating seating;
};

static void check_count(struct cvn_ctx *ctx, const char *field, size_t n)
{
    if (n == 0 || n > CVN_CHECK_IN_PEOPLE_MAX)
        cvn_problems_add(&ctx->problems, field, "has %zu entries; 1 to %d in one call are right", n,
                         CVN_CHECK_IN_PEOPLE_MAX);
}

static int begin(struct batch *batch, struct cvn_ctx *ctx, const struct cvn_rsvp_case *c)
{
    batch->ctx = ctx;
    batch->c = *c;
    return cvn_seating_begin(&batch->seating, ctx, &c->event_id, c->event);
}

static int new_result(struct cvn_ctx *ctx, char *person_id, result_type **ret)
{
    result_type *result = cvn_arena_alloc(ctx->arena, sizeof *result);
    if (!result)
        return -ENOMEM;
    convene__events__v1__rsvp_result__init(result);
    result->person_id = person_id;
    *ret = result;
    return 0;
}

/* The state that is stored; 0 for none. */
static int read_state(struct batch *batch, const struct cvn_id *person, int *ret)
{
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(batch->ctx, &batch->c.event_id, person, &rsvp);
    *ret = r == 0 ? (int)rsvp->state : 0;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Acts for one person; a refusal becomes the result's. 0 or a fault. */
static int act(struct batch *batch, struct cvn_seating_action *action, result_type *result)
{
    struct cvn_ctx *ctx = batch->ctx;
    int before, after;
    cvn_problems_init(&ctx->problems, ctx->arena);
    int r = cvn_rsvp_case_person(ctx, &batch->c, action);
    if (r == 0)
        r = cvn_rsvp_require_reason(ctx, &batch->c, action);
    if (r == 0)
        r = read_state(batch, &action->person, &before);
    if (r == 0)
        r = cvn_seating_act(&batch->seating, action);
    if (r == CVN_REFUSED) {
        result->outcome = OUTCOME(REFUSED);
        result->status = cvn_refusal_status(ctx);
        *ctx->status = (struct cvn_status){0};
        return result->status ? 0 : -ENOMEM;
    }
    if (r == 0)
        r = read_state(batch, &action->person, &after);
    if (r != 0)
        return r;
    result->state = (Convene__Events__V1__RsvpState)after;
    result->outcome = before == after ? OUTCOME(UNCHANGED) : OUTCOME(CHANGED);
    return 0;
}

int cvn_rsvp_check_invite(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__InvitePeopleRequest *req = request;
    struct cvn_id id;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &id);
    check_count(ctx, "person_ids", req->n_person_ids);
    for (size_t i = 0; i < req->n_person_ids && i < CVN_CHECK_IN_PEOPLE_MAX; i++)
        (void)cvn_ctx_read_id(ctx, cvn_field_path(&ctx->problems, "person_ids[%zu]", i),
                              CVN_PERSON_PREFIX, req->person_ids[i], &id);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_rsvp_invite_people(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__InvitePeopleRequest *req = request;
    Convene__Events__V1__InvitePeopleResponse *response = reply;
    struct cvn_rsvp_case c;
    struct batch batch;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0 && !cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "invite people; organisers of the group may");
    response->results =
        cvn_arena_alloc_array(ctx->arena, req->n_person_ids, sizeof *response->results);
    if (r == 0 && !response->results)
        r = -ENOMEM;
    if (r == 0)
        r = begin(&batch, ctx, &c);
    for (size_t i = 0; r == 0 && i < req->n_person_ids; i++) {
        struct cvn_seating_action action = {
            .request = {.action = CVN_RSVP_INVITE, .now_ms = ctx->now_ms}};
        r = new_result(ctx, req->person_ids[i], &response->results[i]);
        response->n_results++;
        if (r == 0 && !cvn_id_parse(&action.person, CVN_PERSON_PREFIX, req->person_ids[i]))
            r = -EINVAL;
        if (r == 0)
            r = act(&batch, &action, response->results[i]);
    }
    return r == 0 ? cvn_seating_end(&batch.seating) : r;
}

static void check_entry(struct cvn_ctx *ctx, const char *path,
                        const Convene__Events__V1__CheckInEntry *entry)
{
    struct cvn_problems *problems = &ctx->problems;
    struct cvn_id id;
    (void)cvn_ctx_read_id(ctx, cvn_field_path(problems, "%s.person_id", path), CVN_PERSON_PREFIX,
                          entry->person_id, &id);
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.nonce", path), entry->nonce,
                         CVN_CHECK_IN_NONCE_MAX, true);
    cvn_field_check_prose(problems, cvn_field_path(problems, "%s.reason", path), entry->reason,
                          CVN_MOVE_REASON_MAX);
    if (entry->guests < 0 || entry->guests > CVN_RSVP_GUESTS_MAX)
        cvn_problems_add(problems, cvn_field_path(problems, "%s.guests", path),
                         "are %d; 0 to %d are right", entry->guests, CVN_RSVP_GUESTS_MAX);
    if ((entry->guests > 0 || entry->way) && !entry->walk_in)
        cvn_problems_add(problems, cvn_field_path(problems, "%s.walk_in", path),
                         "is needed with guests and way; whoever said yes comes as they said");
    if (entry->undo && entry->walk_in)
        cvn_problems_add(problems, cvn_field_path(problems, "%s.undo", path),
                         "does not go with walk_in");
    if (entry->undo && !entry->reason[0])
        cvn_problems_add(problems, cvn_field_path(problems, "%s.reason", path),
                         "is missing; say why the mark is taken back");
}

int cvn_check_in_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CheckInRequest *req = request;
    struct cvn_id id;
    (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, req->event_id, &id);
    check_count(ctx, "entries", req->n_entries);
    for (size_t i = 0; i < req->n_entries && i < CVN_CHECK_IN_PEOPLE_MAX; i++)
        check_entry(ctx, cvn_field_path(&ctx->problems, "entries[%zu]", i), req->entries[i]);
    return cvn_ctx_refuse_problems(ctx);
}

/* Organisers, and those whom the event names as its hosts. */
static bool is_at_the_door(const struct cvn_ctx *ctx, const struct cvn_rsvp_case *c)
{
    struct cvn_id host;
    if (cvn_rsvp_case_organised(c))
        return true;
    for (size_t i = 0; ctx->who.kind == CVN_PRINCIPAL_PERSON && i < c->event->n_host_ids; i++)
        if (cvn_id_parse(&host, CVN_PERSON_PREFIX, c->event->host_ids[i]) &&
            cvn_id_equal(&host, &ctx->who.person))
            return true;
    return false;
}

static void nonce_key(struct cvn_key *key, const struct cvn_id *event, const char *nonce)
{
    uint8_t hash[NONCE_HASH_BYTES];
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)nonce, strlen(nonce), NULL, 0);
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_NONCE);
    cvn_key_put_raw(key, cvn_slice(hash, sizeof hash));
}

/* Remembers the line, so that sent again it changes nothing, whatever was corrected since. */
static int remember(struct batch *batch, const struct cvn_key *key)
{
    batch->seating.seats.n_nonces++;
    return cvn_txn_put(batch->ctx->txn, cvn_key_slice(key), cvn_slice("", 0));
}

static int take_entry(struct batch *batch, const Convene__Events__V1__CheckInEntry *entry,
                      result_type *result)
{
    struct cvn_ctx *ctx = batch->ctx;
    struct cvn_key key;
    int state;
    struct cvn_seating_action action = {
        .request = {.action = entry->undo      ? CVN_RSVP_UNMARK
                              : entry->walk_in ? CVN_RSVP_WALK_IN
                                               : CVN_RSVP_ATTEND,
                    .party = entry->walk_in ? 1 + (uint32_t)entry->guests : 0,
                    .now_ms = ctx->now_ms},
        .reason = entry->reason,
    };
    if (!cvn_id_parse(&action.person, CVN_PERSON_PREFIX, entry->person_id))
        return -EINVAL;
    nonce_key(&key, &batch->c.event_id, entry->nonce);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r == 0) {
        result->outcome = OUTCOME(UNCHANGED);
        r = read_state(batch, &action.person, &state);
        result->state = (Convene__Events__V1__RsvpState)state;
        return r;
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    r = cvn_rsvp_case_way(ctx, &batch->c, entry->way, &action);
    if (r == 0)
        r = act(batch, &action, result);
    return r == 0 && result->outcome != OUTCOME(REFUSED) ? remember(batch, &key) : r;
}

int cvn_check_in_run(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CheckInRequest *req = request;
    Convene__Events__V1__CheckInResponse *response = reply;
    struct cvn_rsvp_case c;
    struct batch batch;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0 && !is_at_the_door(ctx, &c))
        return cvn_ctx_refuse_access(ctx, "check people in; organisers and hosts may");
    response->results =
        cvn_arena_alloc_array(ctx->arena, req->n_entries, sizeof *response->results);
    if (r == 0 && !response->results)
        r = -ENOMEM;
    if (r == 0)
        r = begin(&batch, ctx, &c);
    if (r == 0 && batch.seating.seats.n_nonces + req->n_entries > CVN_CHECK_IN_NONCES_MAX)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_CHECK_INS",
                                    "The event has had %u lines of check-in; %d are the most.",
                                    batch.seating.seats.n_nonces, CVN_CHECK_IN_NONCES_MAX);
    for (size_t i = 0; r == 0 && i < req->n_entries; i++) {
        r = new_result(ctx, req->entries[i]->person_id, &response->results[i]);
        response->n_results++;
        if (r == 0)
            r = take_entry(&batch, req->entries[i], response->results[i]);
    }
    return r == 0 ? cvn_seating_end(&batch.seating) : r;
}

/* Those who said yes and were never marked, at most max and one more. */
static int find_unmarked(struct cvn_ctx *ctx, const struct cvn_id *event_id, struct cvn_id *people,
                         size_t *n)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    CVN_ARENA_AUTO scratch;
    CVN_CURSOR_AUTO cursor = {0};
    size_t found = 0;
    cvn_arena_init(&scratch, 1 << 20);
    cvn_event_kind_key(&lo, event_id, CVN_EVENT_KIND_RSVP);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && found < *n && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        struct cvn_id event, person;
        Convene__Events__V1__Rsvp *rsvp;
        cvn_arena_reset(&scratch);
        r = cvn_record_unpack(&scratch, &convene__events__v1__rsvp__descriptor, value, &rsvp);
        if (r == 0 && !cvn_rsvp_of_key(key, &event, &person))
            r = -EUCLEAN;
        if (r == 0 && (int)rsvp->state == CVN_RSVP_YES)
            people[found++] = person;
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *n = found;
    return 0;
}

static int mark_missing(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                        Convene__Events__V1__CloseAttendanceResponse *response)
{
    size_t n = CVN_CHECK_IN_CLOSE_MAX + 1;
    struct cvn_id *people = cvn_arena_alloc_array(ctx->arena, n, sizeof *people);
    struct batch batch;
    if (!people)
        return -ENOMEM;
    int r = find_unmarked(ctx, &c->event_id, people, &n);
    if (r == 0)
        r = begin(&batch, ctx, c);
    response->more = n > CVN_CHECK_IN_CLOSE_MAX;
    for (size_t i = 0; r == 0 && i < n && i < CVN_CHECK_IN_CLOSE_MAX; i++) {
        const struct cvn_seating_action action = {
            .person = people[i], .request = {.action = CVN_RSVP_MISS, .now_ms = ctx->now_ms}};
        r = cvn_seating_act(&batch.seating, &action);
        response->marked_count += r == 0;
    }
    return r == 0 ? cvn_seating_end(&batch.seating) : r;
}

int cvn_check_in_close(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CloseAttendanceRequest *req = request;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0 && !cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "close the attendance; organisers of the group may");
    if (r != 0)
        return r;
    if (ctx->now_ms < cvn_record_time_ms(c.event->end_time, 0))
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_NOT_OVER",
                                    "The event is not over, and people may still come; close the "
                                    "attendance after its end.");
    return mark_missing(ctx, &c, reply);
}
