#include "services/events/listing/event_query.h"

#include "base/text.h"
#include "google/protobuf/wrappers.pb-c.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_index.h"
#include "services/events/meetups/event_row.h"
#include "services/events/rsvps/seats.h"
#include "services/events/series/series_table.h"

#include <errno.h>

#define VISIBILITY(name) CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_##name
#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* What rounding of degrees in the traits may hide. */
static const double slack_m = 0.05;

int cvn_event_query_role(struct cvn_event_query *query, const struct cvn_id *group,
                         Convene__Events__V1__GroupRole *ret)
{
    return cvn_event_groups_role(&query->of_events, &query->row, group, ret);
}

/* Whether the caller may see the event in this list. */
static int is_visible(struct cvn_event_query *query, const struct cvn_event_traits *traits,
                      bool *ret)
{
    *ret = traits->published && traits->visibility == VISIBILITY(PUBLIC);
    if (!traits->published && !query->request->include_unpublished) {
        query->left_unpublished = true;
        return 0;
    }
    if (*ret)
        return 0;
    Convene__Events__V1__GroupRole role;
    int r = cvn_event_query_role(query, &traits->group, &role);
    bool organises = role >= ROLE(ORGANISER);
    if (!traits->published)
        *ret = organises;
    else if (traits->visibility == VISIBILITY(MEMBERS))
        *ret = role >= ROLE(MEMBER);
    else
        *ret = organises || query->by_attendee;
    return r;
}

int cvn_event_query_is_held(struct cvn_event_query *query, const struct cvn_event_traits *traits,
                            int64_t start_ms, bool *ret)
{
    Convene__Events__V1__GroupRole role;
    int64_t archived_ms;
    *ret = true;
    if (query->by_attendee)
        return 0;
    int r =
        cvn_event_groups_archived(&query->of_events, query->ctx->txn, &traits->group, &archived_ms);
    if (r || start_ms <= archived_ms)
        return r;
    query->left_unpublished = true;
    r = cvn_event_query_role(query, &traits->group, &role);
    *ret = query->request->include_unpublished && role >= ROLE(ORGANISER);
    return r;
}

bool cvn_event_query_takes_group(const struct cvn_event_query *query, const struct cvn_id *group)
{
    size_t lo = 0, hi = query->n_groups;
    if (!query->by_groups)
        return true;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        int c = memcmp(query->groups[middle].bytes, group->bytes, CVN_ID_BYTES);
        if (c == 0)
            return true;
        if (c < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return false;
}

static bool may_have_one(const struct cvn_event_words *words, uint64_t signature)
{
    bool may = words->n == 0;
    for (size_t i = 0; i < words->n && !may; i++)
        may = (words->signs[i] & signature) == words->signs[i];
    return may;
}

static bool is_online_anyway(const struct cvn_event_query *query,
                             Convene__Events__V1__AttendanceMode mode)
{
    return query->request->online_too &&
           mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
}

/* Whether the event is so near by its traits, or online and wanted so. */
static bool is_within(const struct cvn_event_query *query, const struct cvn_event_traits *traits,
                      double radius_m)
{
    return is_online_anyway(query, traits->mode) ||
           (traits->located && cvn_geo_distance_m(query->centre, traits->at) <= radius_m);
}

int cvn_event_query_admits(struct cvn_event_query *query, const struct cvn_event_traits *traits,
                           bool *ret)
{
    const Convene__Events__V1__ListEventsRequest *req = query->request;
    uint64_t city =
        query->city.len ? cvn_event_sign(CVN_EVENT_SIGN_CITY, query->city) : traits->signature;
    *ret = false;
    if (traits->cancelled && !req->include_cancelled) {
        query->left_cancelled = true;
        return 0;
    }
    if ((req->attendance_mode && traits->mode != req->attendance_mode) ||
        (city & traits->signature) != city || !may_have_one(&query->topics, traits->signature) ||
        !may_have_one(&query->languages, traits->signature) ||
        !cvn_event_query_takes_group(query, &traits->group) ||
        (query->by_circle && !is_within(query, traits, query->radius_m + slack_m)))
        return 0;
    return is_visible(query, traits, ret);
}

int cvn_event_query_has_seats(struct cvn_event_query *query, const struct cvn_id *id,
                              const struct cvn_event_traits *traits, bool *ret)
{
    bool mixed = traits->mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED;
    const uint32_t capacity[CVN_SEAT_KINDS] = {traits->capacity, traits->virtual_capacity};
    struct cvn_seats seats;
    *ret = traits->capacity == 0 || (mixed && traits->virtual_capacity == 0);
    int r = *ret ? 0 : cvn_seats_get(query->ctx, id, &seats);
    if (r == 0 && !*ret)
        *ret = cvn_seats_free(capacity, seats.seats_taken, mixed);
    return r;
}

/* Whether a word, folded, is among those asked for. */
static int is_asked(struct cvn_arena *arena, const struct cvn_event_words *words, const char *word,
                    bool *ret)
{
    struct cvn_slice folded;
    int r = cvn_group_word(arena, word, &folded);
    *ret = false;
    for (size_t i = 0; r == 0 && i < words->n && !*ret; i++)
        *ret = cvn_slice_compare(words->items[i], folded) == 0;
    return r;
}

static int has_topic(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                     bool *ret)
{
    int r = 0;
    *ret = false;
    for (size_t i = 0; r == 0 && i < event->n_topics && !*ret; i++)
        r = is_asked(query->row.arena, &query->topics, event->topics[i], ret);
    return r;
}

static int find_tag(void *arg, struct cvn_slice tag)
{
    const struct cvn_event_words *languages = arg;
    for (size_t i = 0; i < languages->n; i++)
        if (cvn_slice_compare(languages->items[i], tag) == 0)
            return 1;
    return 0;
}

static bool is_in_language(const struct cvn_event_query *query,
                           const Convene__Events__V1__Event *event)
{
    return cvn_event_languages(event->language, find_tag, (void *)(uintptr_t)&query->languages) ==
           1;
}

static bool is_near(const struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                    double *ret_distance_m)
{
    const Convene__Events__V1__LatLng *at = cvn_event_point(event);
    if (!at)
        return false;
    *ret_distance_m =
        cvn_geo_distance_m(query->centre, (struct cvn_point){at->latitude, at->longitude});
    return *ret_distance_m <= query->radius_m;
}

static bool has_token(const struct cvn_tokens *tokens, const struct cvn_token *asked)
{
    for (size_t i = 0; i < tokens->n; i++) {
        struct cvn_slice text = tokens->items[i].text;
        if (tokens->items[i].kind == CVN_TOKEN_WHOLE && text.len >= asked->text.len &&
            (text.len == asked->text.len || asked->kind == CVN_TOKEN_BEGINNING) &&
            memcmp(text.data, asked->text.data, asked->text.len) == 0)
            return true;
    }
    return false;
}

int cvn_event_query_has_text(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                             bool *ret)
{
    struct cvn_tokens tokens;
    *ret = true;
    int r = query->n_tokens > 0 ? cvn_event_tokens(query->row.arena, event, &tokens) : 0;
    for (size_t i = 0; r == 0 && i < query->n_tokens && *ret; i++)
        *ret = has_token(&tokens, &query->tokens[i]);
    return r;
}

bool cvn_event_query_is_of_series(const struct cvn_event_query *query,
                                  const Convene__Events__V1__Event *event)
{
    struct cvn_id series;
    return !query->by_series || (cvn_id_parse(&series, CVN_SERIES_PREFIX, event->series_id) &&
                                 cvn_id_equal(&series, &query->series));
}

static int is_in_city(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                      bool *ret)
{
    struct cvn_slice folded;
    *ret = false;
    if (!event->venue)
        return 0;
    int r = cvn_group_word(query->row.arena, event->venue->city, &folded);
    *ret = r == 0 && cvn_slice_compare(folded, query->city) == 0;
    return r;
}

unsigned cvn_event_query_questions(const struct cvn_event_query *query,
                                   const struct cvn_event_traits *traits)
{
    unsigned questions = 0;
    if (query->city.len > 0)
        questions |= CVN_EVENT_ASK_CITY;
    if (query->topics.n > 0)
        questions |= CVN_EVENT_ASK_TOPICS;
    if (query->languages.n > 0)
        questions |= CVN_EVENT_ASK_LANGUAGES;
    if (query->reads_tokens)
        questions |= CVN_EVENT_ASK_TEXT;
    if (query->by_circle && !(traits && is_within(query, traits, query->radius_m - slack_m)))
        questions |= CVN_EVENT_ASK_CIRCLE;
    return questions & ~query->told;
}

/* The fields (event_row.h) that the questions are about. */
static uint64_t fields_of(unsigned questions)
{
    const uint64_t texts = CVN_EVENT_FIELD(CVN_EVENT_TITLE) |
                           CVN_EVENT_FIELD(CVN_EVENT_DESCRIPTION) |
                           CVN_EVENT_FIELD(CVN_EVENT_VENUE) | CVN_EVENT_FIELD(CVN_EVENT_TOPICS) |
                           CVN_EVENT_FIELD(CVN_EVENT_GROUP_NAME);
    uint64_t fields = 0;
    if (questions & CVN_EVENT_ASK_CIRCLE)
        fields |= CVN_EVENT_FIELD(CVN_EVENT_ATTENDANCE_MODE) | CVN_EVENT_FIELD(CVN_EVENT_VENUE) |
                  CVN_EVENT_FIELD(CVN_EVENT_CITY_CENTER);
    if (questions & CVN_EVENT_ASK_CITY)
        fields |= CVN_EVENT_FIELD(CVN_EVENT_VENUE);
    if (questions & CVN_EVENT_ASK_TOPICS)
        fields |= CVN_EVENT_FIELD(CVN_EVENT_TOPICS);
    if (questions & CVN_EVENT_ASK_LANGUAGES)
        fields |= CVN_EVENT_FIELD(CVN_EVENT_LANGUAGE);
    return questions & CVN_EVENT_ASK_TEXT ? fields | texts : fields;
}

int cvn_event_query_matches_row(struct cvn_event_query *query,
                                const struct cvn_event_traits *traits, struct cvn_slice row,
                                bool *ret)
{
    unsigned questions = cvn_event_query_questions(query, traits);
    Convene__Events__V1__Event *event;
    *ret = true;
    if (questions == 0)
        return 0;
    cvn_arena_reset(query->row.arena);
    int r = cvn_event_row_pick(query->row.arena, row, fields_of(questions), &event);
    return r ? r : cvn_event_query_matches(query, event, questions, ret);
}

int cvn_event_query_matches(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                            unsigned questions, bool *ret)
{
    double distance_m;
    bool fits =
        (!(questions & CVN_EVENT_ASK_CIRCLE) || is_online_anyway(query, event->attendance_mode) ||
         is_near(query, event, &distance_m)) &&
        (!(questions & CVN_EVENT_ASK_LANGUAGES) || is_in_language(query, event));
    int r = 0;
    if (fits && questions & CVN_EVENT_ASK_CITY)
        r = is_in_city(query, event, &fits);
    if (r == 0 && fits && questions & CVN_EVENT_ASK_TOPICS)
        r = has_topic(query, event, &fits);
    if (r == 0 && fits && questions & CVN_EVENT_ASK_TEXT)
        r = cvn_event_query_has_text(query, event, &fits);
    *ret = r == 0 && fits;
    return r;
}

Convene__Events__V1__EventMatch *cvn_event_query_tell(const struct cvn_event_query *query,
                                                      const Convene__Events__V1__Event *event)
{
    struct cvn_arena *arena = query->ctx->arena;
    Convene__Events__V1__EventMatch *match = cvn_arena_alloc(arena, sizeof *match);
    if (!match)
        return NULL;
    convene__events__v1__event_match__init(match);
    double distance_m;
    if (query->by_circle && is_near(query, event, &distance_m)) {
        match->distance_m = cvn_arena_alloc(arena, sizeof *match->distance_m);
        if (!match->distance_m)
            return NULL;
        google__protobuf__double_value__init(match->distance_m);
        match->distance_m->value = distance_m;
    }
    match->topics = cvn_arena_alloc_array(arena, event->n_topics, sizeof *match->topics);
    if (!match->topics)
        return NULL;
    for (size_t i = 0; i < event->n_topics && query->topics.n > 0; i++) {
        bool asked;
        if (is_asked(arena, &query->topics, event->topics[i], &asked))
            return NULL;
        if (asked)
            match->topics[match->n_topics++] = event->topics[i];
    }
    match->language = query->languages.n > 0 && event->language[0];
    return match;
}
