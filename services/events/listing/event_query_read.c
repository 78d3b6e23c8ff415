/* Reading a request of ListEvents. */
#include "base/text.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_place.h"
#include "services/events/listing/event_query.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/series/series_table.h"
#include "services/runtime/page.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static void check_place(struct cvn_ctx *ctx, const Convene__Events__V1__ListEventsRequest *req)
{
    const Convene__Events__V1__PlaceName *place = req->place;
    if (req->near)
        cvn_field_check_circle(&ctx->problems, "near", req->near);
    if (!place)
        return;
    if (req->near)
        cvn_problems_add(&ctx->problems, "place", "is given beside near; one of the two is right");
    cvn_field_check_line(&ctx->problems, "place.name", place->name, CVN_FIELD_CITY_MAX, true);
    cvn_field_check_country(&ctx->problems, "place.country", place->country);
    cvn_field_check_line(&ctx->problems, "place.region", place->region, CVN_EVENT_QUERY_REGION_MAX,
                         false);
    if (!(place->radius_m >= 0 && place->radius_m <= CVN_GEO_RADIUS_MAX_M))
        cvn_problems_add(&ctx->problems, "place.radius_m",
                         "is %g; 0 for the default, or up to %d, are right", place->radius_m,
                         CVN_GEO_RADIUS_MAX_M);
}

static void check_languages(struct cvn_ctx *ctx, const Convene__Events__V1__ListEventsRequest *req)
{
    cvn_field_check_language(&ctx->problems, "language", req->language);
    if (req->n_languages > CVN_EVENT_QUERY_LANGUAGES_MAX)
        cvn_problems_add(&ctx->problems, "languages", "has %zu entries; at most %d are right",
                         req->n_languages, CVN_EVENT_QUERY_LANGUAGES_MAX);
    for (size_t i = 0; i < req->n_languages && i < CVN_EVENT_QUERY_LANGUAGES_MAX; i++)
        cvn_field_check_language(
            &ctx->problems, cvn_field_path(&ctx->problems, "languages[%zu]", i), req->languages[i]);
}

void cvn_event_query_check(struct cvn_ctx *ctx, const Convene__Events__V1__ListEventsRequest *req)
{
    check_place(ctx, req);
    cvn_field_check_line(&ctx->problems, "city", req->city, CVN_FIELD_CITY_MAX, false);
    cvn_field_check_line(&ctx->problems, "topic", req->topic, CVN_FIELD_TOPIC_BYTES_MAX, false);
    cvn_field_check_lines(&ctx->problems, "topics", req->topics, req->n_topics,
                          (const size_t[2]){CVN_EVENT_QUERY_TOPICS_MAX, CVN_FIELD_TOPIC_BYTES_MAX});
    check_languages(ctx, req);
    cvn_field_check_line(&ctx->problems, "text", req->text, CVN_EVENT_QUERY_TEXT_MAX, false);
    if (req->n_group_ids > CVN_EVENT_QUERY_GROUPS_MAX)
        cvn_problems_add(&ctx->problems, "group_ids", "has %zu entries; at most %d are right",
                         req->n_group_ids, CVN_EVENT_QUERY_GROUPS_MAX);
    cvn_field_check_time(&ctx->problems, "start_time_from", req->start_time_from);
    cvn_field_check_time(&ctx->problems, "start_time_before", req->start_time_before);
    if (!protobuf_c_enum_descriptor_get_value(&convene__events__v1__attendance_mode__descriptor,
                                              (int)req->attendance_mode))
        cvn_problems_add(&ctx->problems, "attendance_mode", "is %d, which is no AttendanceMode",
                         (int)req->attendance_mode);
    if (req->online_too && !req->near && !req->place)
        cvn_problems_add(&ctx->problems, "online_too",
                         "adds to near or place, of which neither is given");
}

static int read_cursor(struct cvn_event_query *query)
{
    struct cvn_ctx *ctx = query->ctx;
    struct cvn_slice cursor;
    if (!cvn_page_token_read(ctx, &query->request->base, &cursor))
        return cvn_ctx_refuse_problems(ctx);
    if (cursor.len == 0)
        return 0;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, cursor);
    query->after.start_ms = cvn_key_get_i64(&reader);
    query->after.id = cvn_key_get_id(&reader);
    query->window.after = &query->after;
    if (cvn_key_reader_done(&reader))
        return 0;
    cvn_problems_add(&ctx->problems, "page_token",
                     "is of another version; leave it empty for the first page");
    return cvn_ctx_refuse_problems(ctx);
}

/* The first whole millisecond at or after the instant: starts are whole seconds. */
static int64_t bound_ms(const Google__Protobuf__Timestamp *time, int64_t fallback_ms)
{
    return cvn_record_time_ms(time, fallback_ms) + (time && time->nanos % 1000000 > 0);
}

static int refuse_blank(struct cvn_event_query *query, const char *field)
{
    cvn_problems_add(&query->ctx->problems, field,
                     "has nothing in it to compare; letters, digits or signs are right");
    return cvn_ctx_refuse_problems(query->ctx);
}

/* Folds a word of the request. 0; CVN_REFUSED when nothing is left of it; a fault. */
static int read_word(struct cvn_event_query *query, const char *field, const char *word,
                     struct cvn_slice *ret)
{
    int r = cvn_group_word(query->ctx->arena, word, ret);
    return r || !word[0] || ret->len > 0 ? r : refuse_blank(query, field);
}

static int words_init(struct cvn_event_query *query, struct cvn_event_words *words, size_t n)
{
    words->items = cvn_arena_alloc_array(query->ctx->arena, n, sizeof *words->items);
    words->signs = cvn_arena_alloc_array(query->ctx->arena, n, sizeof *words->signs);
    return words->items && words->signs ? 0 : -ENOMEM;
}

static void add_word(struct cvn_event_words *words, enum cvn_event_sign sign, struct cvn_slice word)
{
    for (size_t i = 0; i < words->n; i++)
        if (cvn_slice_compare(words->items[i], word) == 0)
            return;
    words->items[words->n] = word;
    words->signs[words->n++] = cvn_event_sign(sign, word);
}

static int read_topics(struct cvn_event_query *query)
{
    const Convene__Events__V1__ListEventsRequest *req = query->request;
    int r = words_init(query, &query->topics, req->n_topics + 1);
    for (size_t i = 0; r == 0 && i <= req->n_topics; i++) {
        struct cvn_slice folded;
        bool single = i == req->n_topics;
        r = read_word(query, single ? "topic" : "topics", single ? req->topic : req->topics[i],
                      &folded);
        if (r == 0 && folded.len > 0)
            add_word(&query->topics, CVN_EVENT_SIGN_TOPIC, folded);
    }
    return r;
}

static int add_language(struct cvn_event_query *query, const char *language)
{
    size_t len = strlen(language);
    char *tag = cvn_arena_alloc(query->ctx->arena, len + 1);
    if (!tag)
        return -ENOMEM;
    for (size_t i = 0; i < len; i++)
        tag[i] = (char)tolower((unsigned char)language[i]);
    add_word(&query->languages, CVN_EVENT_SIGN_LANGUAGE, cvn_slice(tag, len));
    return 0;
}

static int read_languages(struct cvn_event_query *query)
{
    const Convene__Events__V1__ListEventsRequest *req = query->request;
    int r = words_init(query, &query->languages, req->n_languages + 1);
    for (size_t i = 0; r == 0 && i < req->n_languages; i++)
        r = add_language(query, req->languages[i]);
    return r || !req->language[0] ? r : add_language(query, req->language);
}

static int read_text(struct cvn_event_query *query)
{
    const char *text = query->request->text;
    struct cvn_slice folded;
    if (!text[0])
        return 0;
    int r = cvn_text_fold(query->ctx->arena, cvn_slice_of_string(text), &folded);
    if (r)
        return r;
    query->n_tokens = cvn_tokens_asked(folded, query->tokens, CVN_EVENT_QUERY_WORDS_MAX);
    if (query->n_tokens == 0)
        return refuse_blank(query, "text");
    if (query->n_tokens <= CVN_EVENT_QUERY_WORDS_MAX)
        return 0;
    cvn_problems_add(&query->ctx->problems, "text", "has %zu words; at most %d are right",
                     query->n_tokens, CVN_EVENT_QUERY_WORDS_MAX);
    return cvn_ctx_refuse_problems(query->ctx);
}

/* Whose groups or events are told to that person, and to administrators. */
static int read_person(struct cvn_event_query *query, const char *field, const char *text,
                       struct cvn_id *ret)
{
    struct cvn_ctx *ctx = query->ctx;
    int r = cvn_person_meant(ctx, field, text, ret);
    bool own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && r == 0 && cvn_id_equal(&ctx->who.person, ret);
    if (r == 0 && !own && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        r = cvn_ctx_refuse_access(ctx, "see where somebody else goes");
    return r;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(((const struct cvn_id *)a)->bytes, ((const struct cvn_id *)b)->bytes,
                  CVN_ID_BYTES);
}

/* The groups named, and of these, or of all, those of the member. */
static int read_groups(struct cvn_event_query *query)
{
    const Convene__Events__V1__ListEventsRequest *req = query->request;
    size_t n_named = req->n_group_ids + (req->group_id[0] != '\0');
    int r = 0;
    if (n_named > 0) {
        query->by_groups = true;
        query->groups = cvn_arena_alloc_array(query->ctx->arena, n_named, sizeof *query->groups);
        if (!query->groups)
            return -ENOMEM;
    }
    for (; r == 0 && query->n_groups < n_named; query->n_groups++) {
        bool single = query->n_groups == req->n_group_ids;
        r = cvn_group_find(query->ctx, single ? "group_id" : "group_ids",
                           single ? req->group_id : req->group_ids[query->n_groups],
                           &query->groups[query->n_groups], NULL);
    }
    if (r == 0 && n_named > 0)
        qsort(query->groups, n_named, sizeof *query->groups, compare_ids);
    return r;
}

static int narrow_to_member(struct cvn_event_query *query)
{
    struct cvn_id member, *groups;
    size_t n, n_both = 0;
    if (!query->request->member_id[0])
        return 0;
    int r = read_person(query, "member_id", query->request->member_id, &member);
    if (r == 0)
        r = cvn_member_groups(query->ctx, &member, &groups, &n);
    if (r)
        return r;
    if (n > 0)
        qsort(groups, n, sizeof *groups, compare_ids);
    for (size_t i = 0; i < n && query->by_groups; i++)
        if (bsearch(&groups[i], query->groups, query->n_groups, sizeof *groups, compare_ids))
            groups[n_both++] = groups[i];
    query->n_groups = query->by_groups ? n_both : n;
    query->groups = groups;
    query->by_groups = true;
    return 0;
}

static int read_who(struct cvn_event_query *query)
{
    const Convene__Events__V1__ListEventsRequest *req = query->request;
    int r = read_groups(query);
    if (r == 0)
        r = narrow_to_member(query);
    if (r == 0 && req->series_id[0]) {
        query->by_series = true;
        if (!cvn_ctx_read_id(query->ctx, "series_id", CVN_SERIES_PREFIX, req->series_id,
                             &query->series))
            r = cvn_ctx_refuse_problems(query->ctx);
    }
    if (r == 0 && req->attendee_id[0]) {
        query->by_attendee = true;
        r = read_person(query, "attendee_id", req->attendee_id, &query->attendee);
    }
    return r;
}

/* A place by its name is a circle as well. */
static int read_circle(struct cvn_event_query *query)
{
    const Convene__Events__V1__Circle *near = query->request->near;
    const Convene__Events__V1__PlaceName *place = query->request->place;
    int r = place ? cvn_event_place_find(query->ctx, place, &query->place) : 0;
    if (r || (!near && !place))
        return r;
    const Convene__Events__V1__LatLng *centre = near ? near->center : query->place->center;
    query->by_circle = true;
    query->centre = (struct cvn_point){centre->latitude, centre->longitude};
    query->radius_m = near ? near->radius_m : place->radius_m;
    if (query->radius_m == 0)
        query->radius_m = CVN_EVENT_QUERY_RADIUS_M;
    return 0;
}

int cvn_event_query_read(struct cvn_event_query *query, struct cvn_ctx *ctx,
                         const Convene__Events__V1__ListEventsRequest *request,
                         struct cvn_arena *row_arena)
{
    *query = (struct cvn_event_query){.ctx = ctx, .row = *ctx, .request = request};
    query->direction = request->latest_first ? CVN_BACKWARD : CVN_FORWARD;
    query->row.arena = row_arena;
    query->window.from_ms = bound_ms(request->start_time_from, INT64_MIN);
    query->window.before_ms = bound_ms(request->start_time_before, INT64_MAX);
    int r = read_cursor(query);
    if (r == 0)
        r = read_who(query);
    if (r == 0)
        r = read_circle(query);
    if (r == 0)
        r = read_word(query, "city", request->city, &query->city);
    if (r == 0)
        r = read_topics(query);
    if (r == 0)
        r = read_languages(query);
    return r ? r : read_text(query);
}
