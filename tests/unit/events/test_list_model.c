/*
 * ListEvents against a plain loop: a seeded set of events, every filter in random combinations, by
 * several callers, in pages of random sizes, also while events are added.
 */
#include "base/civil.h"
#include "base/geo.h"
#include "base/places.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_EVENTS = 2000,
    N_ADDED_MAX = 400, /* while lists are read */
    N_GROUPS = 6,
    N_PEOPLE = 4,
    N_VIEWERS = N_PEOPLE + 2, /* nobody and an administrator as well */
    NOBODY = N_PEOPLE,
    ADMIN,
    N_WORDS = 4,
    N_LISTS = 600,
    N_LISTS_MOVING = 60,
    BATCH = 500,
};

/* Each word as it is written one way and another. */
static const char *const topics[N_WORDS][2] = {
    {"Rust", "rust"}, {"C++", "c++"}, {"Café culture", "cafe CULTURE"}, {"Straße", "STRASSE"}};
static const char *const cities[N_WORDS][2] = {
    {"Łódź", "lodz"}, {"Berlin", "BERLIN"}, {"São Paulo", "sao paulo"}, {"東京", "東京"}};
static const char *const languages[] = {"", "en", "de", "pt-BR"};
/* Words of titles; of "word00" to "word39" each event has one, more than a beginning stands for. */
static const char *const titles[] = {"Rúst", "rusty", "datenbank", "database", "東京都", "C++"};
enum { N_TITLES = sizeof titles / sizeof *titles, N_NUMBERED = 40 };
/* What is searched for: the text, and the folded words it asks for, '*' behind a beginning. */
static const struct {
    const char *text, *words[3];
} searches[] = {
    {"rust", {"rust*"}},
    {"rust ", {"rust"}},
    {"rus", {"rus*"}},
    {"ru", {"ru"}},
    {"Daten", {"daten*"}},
    {"dat rust.", {"dat", "rust"}},
    {"rust DATA", {"rust", "data*"}},
    {"word", {"word*"}},
    {"word1", {"word1*"}},
    {"word17", {"word17*"}},
    {"worde", {"worde*"}},
    {"rust wor", {"rust", "wor*"}},
    {"東京", {"東京"}},
    {"都", {"都"}},
    {"c++", {"c++*"}},
    {"berlin group", {"berlin", "group*"}},
};
enum { N_SEARCHES = sizeof searches / sizeof *searches };
static const struct cvn_point places[] = {{52.5, 13.4}, {0, 179.95}, {89.5, 20}, {-23.5, -46.6}};

/* An event as the plain loop sees it. */
struct row {
    struct cvn_id id;
    int64_t start_ms;
    unsigned group, topics, city, language, mode, visibility;
    unsigned spelling;       /* of its words */
    unsigned titles, number; /* words of its title: bits, and of the numbered ones */
    unsigned capacity;       /* 1, or 0 for no limit */
    bool located, published, cancelled;
    bool found; /* by place: it is located, or its city is known */
    struct cvn_point at;
    bool coming[N_PEOPLE];
};

struct scene {
    struct harness *harness;
    struct dice dice;
    struct cvn_id people[N_PEOPLE];
    struct client viewers[N_VIEWERS];
    struct cvn_id groups[N_GROUPS];
    struct id_text group_texts[N_GROUPS];
    struct id_text people_texts[N_PEOPLE];
    int roles[N_VIEWERS][N_GROUPS];
    struct row rows[N_EVENTS + N_ADDED_MAX];
    size_t n_rows;
};

/* One list: the filters, whose parts lie beside the request. */
struct query {
    Convene__Events__V1__ListEventsRequest request;
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
    Google__Protobuf__Timestamp from, before;
    unsigned viewer;
    int city, attendee, search;         /* -1: any */
    unsigned groups, topics, languages; /* bits; 0: any */
    bool of_member, seats;
    char *group_ids[N_GROUPS], *topic_words[N_WORDS], *tags[N_WORDS];
};

static int64_t random_start_s(struct dice *dice)
{
    /* Few enough half hours that many events begin at once; some are long past. */
    return INT64_C(1799000000) / 1800 * 1800 + (int64_t)roll(dice, 600) * 1800;
}

/* Where lists find an event of that city which has no location: its centre. */
static bool find_city(unsigned city, struct cvn_point *ret)
{
    CVN_ARENA_AUTO arena;
    struct cvn_place place;
    size_t n = 0;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_place_asked asked = {city < N_WORDS ? cities[city][0] : "", "", ""};
    assert_int_equal(cvn_places_find(&arena, &asked, &place, 1, &n), 0);
    if (n > 0)
        *ret = place.at;
    return n > 0;
}

static struct row random_row(struct dice *dice)
{
    struct row row = {
        .start_ms = random_start_s(dice) * 1000,
        .group = (unsigned)roll(dice, N_GROUPS),
        .topics = (unsigned)(roll(dice, 16) & roll(dice, 16)),
        .city = (unsigned)roll(dice, N_WORDS + 1), /* the last: none */
        .language = (unsigned)roll(dice, 4),
        .mode = (unsigned)roll(dice, 3) + 1,
        .visibility = roll(dice, 3) ? 1 : (unsigned)roll(dice, 3) + 1,
        .spelling = (unsigned)roll(dice, 2),
        .located = roll(dice, 4) != 0,
        .published = roll(dice, 8) != 0,
        .titles = (unsigned)(roll(dice, 64) & roll(dice, 64)),
        .number = (unsigned)roll(dice, N_NUMBERED),
        .capacity = roll(dice, 3) == 0,
    };
    const struct cvn_point *near = &places[roll(dice, 4)];
    double spread = roll(dice, 2) ? 0.2 : 8;
    row.at.lat = near->lat + ((double)roll(dice, 2001) / 1000 - 1) * spread;
    row.at.lon = near->lon + ((double)roll(dice, 2001) / 1000 - 1) * spread;
    row.at.lat = row.at.lat > 90 ? 180 - row.at.lat : row.at.lat;
    row.at.lon = row.at.lon > 180 ? row.at.lon - 360 : row.at.lon;
    row.found = row.located || find_city(row.city, &row.at);
    return row;
}

/* The row as a message to register. */
struct sent {
    struct draft d;
    char *topics[2 * N_WORDS];
    char external_id[16];
    char start[24];
    char title[100];
};

static void send_init(struct sent *sent, const struct scene *s, const struct row *row,
                      size_t number)
{
    draft_init(&sent->d, s->groups[row->group]);
    Convene__Events__V1__Event *e = &sent->d.event;
    struct cvn_civil start = cvn_civil_of_seconds(row->start_ms / 1000);
    cvn_civil_format(sent->start, &start);
    (void)snprintf(sent->external_id, sizeof sent->external_id, "%zu", number);
    e->external_id = sent->external_id;
    (void)snprintf(sent->title, sizeof sent->title, "word%02u", row->number);
    for (unsigned i = 0; i < N_TITLES; i++)
        if (row->titles & 1U << i)
            strcat(strcat(sent->title, i % 2 ? " / " : ", "), titles[i]);
    e->title = sent->title;
    e->capacity = (int32_t)row->capacity;
    e->waitlist_mode = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_NONE;
    e->start_local = sent->start;
    e->time_zone = text("UTC");
    e->topics = sent->topics;
    for (unsigned i = 0; i < N_WORDS; i++) {
        if (row->topics & 1U << i)
            e->topics[e->n_topics++] = text(topics[i][row->spelling]);
        if (row->topics & 1U << i && number % 5 == 0) /* the same again, put another way */
            e->topics[e->n_topics++] = text(topics[i][!row->spelling]);
    }
    e->language = text(languages[row->language]);
    e->attendance_mode = (Convene__Events__V1__AttendanceMode)row->mode;
    e->visibility = (Convene__Events__V1__Visibility)row->visibility;
    if (row->city < N_WORDS || row->located)
        e->venue = &sent->d.venue;
    if (row->city < N_WORDS)
        sent->d.venue.city = text(cities[row->city][row->spelling]);
    if (row->located)
        sent->d.venue.location = &sent->d.at;
    sent->d.at.latitude = row->at.lat;
    sent->d.at.longitude = row->at.lon;
}

/* Registers some of the rows from first, those that are published or those that are not. */
static void send_rows(struct scene *s, size_t first, size_t n, bool published)
{
    static struct sent sent[BATCH];
    static Convene__Events__V1__Event *pointers[BATCH];
    size_t numbers[BATCH];
    Convene__Events__V1__BatchRegisterEventsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_REQUEST__INIT;
    request.publish = published;
    request.events = pointers;
    for (size_t i = first; i < first + n; i++) {
        if (s->rows[i].published != published)
            continue;
        send_init(&sent[request.n_events], s, &s->rows[i], i);
        pointers[request.n_events] = &sent[request.n_events].d.event;
        numbers[request.n_events++] = i;
    }
    const Convene__Events__V1__BatchRegisterEventsResponse *r =
        put_batch(&s->viewers[ADMIN], &request);
    assert_non_null(r);
    for (size_t i = 0; i < r->n_results; i++) {
        assert_int_equal(r->results[i]->outcome, OUTCOME(CREATED));
        assert_true(cvn_id_parse(&s->rows[numbers[i]].id, "evt", r->results[i]->id));
    }
}

static void add_rows(struct scene *s, size_t n)
{
    size_t first = s->n_rows;
    assert_true(n <= BATCH && first + n <= N_EVENTS + N_ADDED_MAX);
    for (size_t i = 0; i < n; i++)
        s->rows[s->n_rows++] = random_row(&s->dice);
    send_rows(s, first, n, true);
    send_rows(s, first, n, false);
}

/* Person 0 owns groups 0 and 1, person 1 groups 2 to 5; 1 and 2 are members of 0 to 1 and 1 to 3.
 */
static void add_groups(struct scene *s)
{
    for (unsigned g = 0; g < N_GROUPS; g++) {
        char name[16];
        unsigned owner = g < 2 ? 0 : 1;
        (void)snprintf(name, sizeof name, "Group %u", g);
        s->groups[g] = harness_group(s->harness, name, s->people[owner]);
        s->group_texts[g] = id_text("grp", s->groups[g]);
        s->roles[owner][g] = s->roles[ADMIN][g] = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_OWNER;
        for (unsigned p = 1; p < 3; p++) {
            if (p == owner || g < p - 1 || g > 2 * p - 1)
                continue;
            join(&s->viewers[p], s->groups[g]);
            s->roles[p][g] = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_MEMBER;
        }
    }
}

/* Some people say yes to some of the events that are ahead, and then some are called off. */
static void add_answers(struct scene *s)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        struct row *row = &s->rows[i];
        if (!row->published || row->start_ms <= s->harness->now_ms)
            continue;
        for (unsigned p = 0; p < N_PEOPLE; p++) {
            if (roll(&s->dice, 12) == 0)
                row->coming[p] = say_yes(&s->viewers[p], row->id, s->people[p], 0) >= 0;
            if (row->coming[p] && roll(&s->dice, 6) == 0)
                row->coming[p] = say_no(&s->viewers[p], row->id, s->people[p]) < 0;
        }
        if (roll(&s->dice, 12) == 0)
            row->cancelled = cancel(&s->viewers[ADMIN], row->id, "") != NULL;
    }
}

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    memset(&s, 0, sizeof s);
    s.harness = *state;
    s.dice.state = 20270301;
    for (unsigned p = 0; p < N_PEOPLE; p++) {
        s.people[p] = harness_person(s.harness, p);
        s.people_texts[p] = id_text("per", s.people[p]);
        s.viewers[p] = client_of(s.harness, s.people[p]);
    }
    s.viewers[NOBODY] = client_nobody(s.harness);
    s.viewers[ADMIN] = client_admin(s.harness);
    add_groups(&s);
    for (size_t n = 0; n < N_EVENTS; n += BATCH)
        add_rows(&s, BATCH);
    add_answers(&s);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < N_VIEWERS; i++)
        client_end(&s->viewers[i]);
    *state = s->harness;
    return harness_teardown(state);
}

/* Some of n, as bits; mostly none, which asks for any. */
static unsigned some_of(struct dice *dice, unsigned n)
{
    unsigned bits = (unsigned)roll(dice, 1U << n);
    return roll(dice, 3) ? 0 : roll(dice, 2) ? bits : bits & (0U - bits);
}

static void ask_who(struct scene *s, struct query *q)
{
    struct dice *dice = &s->dice;
    q->attendee = -1;
    if (q->viewer < N_PEOPLE && roll(dice, 4) == 0) {
        q->attendee = (int)q->viewer;
        q->request.attendee_id = text("me");
    } else if (q->viewer == ADMIN && roll(dice, 4) == 0) {
        q->attendee = (int)roll(dice, N_PEOPLE);
        q->request.attendee_id = s->people_texts[q->attendee].text;
    }
    q->of_member = q->viewer < N_PEOPLE && roll(dice, 6) == 0;
    q->request.member_id = text(q->of_member ? "me" : "");
    q->groups = some_of(dice, N_GROUPS);
    q->request.group_ids = q->group_ids;
    for (unsigned i = 0; i < N_GROUPS; i++)
        if (q->groups & 1U << i)
            q->group_ids[q->request.n_group_ids++] = s->group_texts[i].text;
    if (q->request.n_group_ids > 0 && roll(dice, 2)) /* the one, or the last of several */
        q->request.group_id = q->group_ids[--q->request.n_group_ids];
}

static void ask_what(struct scene *s, struct query *q)
{
    struct dice *dice = &s->dice;
    q->topics = some_of(dice, N_WORDS);
    q->request.topics = q->topic_words;
    for (unsigned i = 0; i < N_WORDS; i++)
        if (q->topics & 1U << i)
            q->topic_words[q->request.n_topics++] = text(topics[i][roll(dice, 2)]);
    if (q->request.n_topics > 0 && roll(dice, 2))
        q->request.topic = q->topic_words[--q->request.n_topics];
    q->languages = some_of(dice, 4);
    q->request.languages = q->tags;
    for (unsigned i = 0; i < 4; i++)
        if (q->languages & 1U << i)
            q->tags[q->request.n_languages++] = text(i == 3 && roll(dice, 2) ? "PT" : languages[i]);
    q->search = roll(dice, 3) ? -1 : (int)roll(dice, N_SEARCHES);
    if (q->search >= 0)
        q->request.text = text(searches[q->search].text);
    q->seats = roll(dice, 5) == 0;
    q->request.free_seats_only = q->seats;
}

static void ask_where(struct scene *s, struct query *q)
{
    struct dice *dice = &s->dice;
    q->city = roll(dice, 3) ? -1 : (int)roll(dice, N_WORDS);
    if (q->city >= 0)
        q->request.city = text(cities[q->city][roll(dice, 2)]);
    if (roll(dice, 3))
        return;
    const struct cvn_point *near = &places[roll(dice, 4)];
    convene__events__v1__circle__init(&q->near);
    convene__events__v1__lat_lng__init(&q->center);
    q->request.near = &q->near;
    q->near.center = &q->center;
    q->center.latitude = near->lat;
    q->center.longitude = near->lon;
    q->near.radius_m =
        roll(dice, 2) ? 1 + (double)roll(dice, 500000) : 1 + (double)roll(dice, 20000);
    q->request.online_too = roll(dice, 3) == 0;
}

static void ask_when(struct scene *s, struct query *q)
{
    google__protobuf__timestamp__init(&q->from);
    google__protobuf__timestamp__init(&q->before);
    q->from.seconds = random_start_s(&s->dice);
    q->before.seconds = random_start_s(&s->dice) + (int64_t)roll(&s->dice, 2);
    if (roll(&s->dice, 3) == 0)
        q->request.start_time_from = &q->from;
    if (roll(&s->dice, 3) == 0)
        q->request.start_time_before = &q->before;
}

/* Filters by chance: often few, so that many events pass, sometimes all at once. */
static void query_init(struct scene *s, struct query *q)
{
    struct dice *dice = &s->dice;
    *q = (struct query){.viewer = (unsigned)roll(dice, N_VIEWERS)};
    convene__events__v1__list_events_request__init(&q->request);
    ask_who(s, q);
    ask_what(s, q);
    ask_where(s, q);
    ask_when(s, q);
    q->request.attendance_mode =
        (Convene__Events__V1__AttendanceMode)(roll(dice, 4) ? 0 : roll(dice, 4));
    q->request.include_cancelled = roll(dice, 2);
    q->request.include_unpublished = roll(dice, 2);
    q->request.with_matches = roll(dice, 2);
    q->request.latest_first = roll(dice, 3) == 0;
}

static bool may_appear(const struct scene *s, const struct query *q, const struct row *row)
{
    int role = s->roles[q->viewer][row->group];
    bool organises = role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER;
    if (!row->published)
        return organises && q->request.include_unpublished;
    if (row->visibility == VISIBILITY(MEMBERS))
        return role != 0;
    return row->visibility == VISIBILITY(PUBLIC) || organises || q->attendee >= 0;
}

/* Whether a word of some text, folded by hand and between blanks, is what is asked. */
static bool has_word(const char *words, const char *asked)
{
    size_t len = strlen(asked);
    bool beginning = asked[len - 1] == '*';
    if (asked[0] & 0x80) /* of a script without spaces, a part is enough */
        return strstr(words, asked) != NULL;
    len -= beginning;
    for (const char *at = strchr(words, ' '); at; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, asked, len) == 0 && (beginning || at[1 + len] == ' '))
            return true;
    return false;
}

/* The row's words as they are folded, each between blanks. */
static bool is_found(const struct row *row, const struct query *q)
{
    static const char *const title_words[] = {"rust",     "rusty",  "datenbank",
                                              "database", "東京都", "c++"};
    static const char *const topic_words[] = {"rust", "c++", "cafe culture", "strasse"};
    static const char *const city_words[] = {"lodz", "berlin", "sao paulo", "東京", ""};
    char all[400];
    int n = snprintf(all, sizeof all, " word%02u group %u %s ", row->number, row->group,
                     city_words[row->city]);
    for (unsigned i = 0; i < N_TITLES; i++)
        n += snprintf(all + n, sizeof all - (size_t)n, " %s ",
                      row->titles & 1U << i ? title_words[i] : "");
    for (unsigned i = 0; i < N_WORDS; i++)
        n += snprintf(all + n, sizeof all - (size_t)n, " %s ",
                      row->topics & 1U << i ? topic_words[i] : "");
    bool found = true;
    for (size_t i = 0; i < 3 && searches[q->search].words[i]; i++)
        found = found && has_word(all, searches[q->search].words[i]);
    return found;
}

static bool is_full(const struct row *row)
{
    bool taken = false;
    for (unsigned p = 0; p < N_PEOPLE; p++)
        taken |= row->coming[p];
    return row->capacity > 0 && taken &&
           row->mode != MODE(MIXED); /* there it has no limit online */
}

static bool is_where_asked(const struct query *q, const struct row *row)
{
    struct cvn_point centre = {q->center.latitude, q->center.longitude};
    return !q->request.near || (q->request.online_too && row->mode == MODE(ONLINE)) ||
           (row->found && cvn_geo_distance_m(centre, row->at) <= q->near.radius_m);
}

static bool matches(const struct scene *s, const struct query *q, const struct row *row)
{
    const Convene__Events__V1__ListEventsRequest *req = &q->request;
    return (!q->groups || q->groups & 1U << row->group) &&
           (!q->topics || row->topics & q->topics) && (q->city < 0 || (int)row->city == q->city) &&
           (q->attendee < 0 || row->coming[q->attendee]) &&
           (!q->of_member || s->roles[q->viewer][row->group]) &&
           (!q->languages || q->languages & 1U << row->language) &&
           (!req->attendance_mode || row->mode == req->attendance_mode) &&
           (!req->start_time_from || row->start_ms >= q->from.seconds * 1000) &&
           (!req->start_time_before || row->start_ms < q->before.seconds * 1000) &&
           (q->search < 0 || is_found(row, q)) && (!q->seats || !is_full(row)) &&
           is_where_asked(q, row) && (req->include_cancelled || !row->cancelled) &&
           may_appear(s, q, row);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return memcmp(x->id.bytes, y->id.bytes, CVN_ID_BYTES);
}

static int compare_rows_back(const void *a, const void *b)
{
    return compare_rows(b, a);
}

/* What is to come: the rows that match and lie behind the last one seen, in order. */
static size_t expect(const struct scene *s, const struct query *q, const struct row *last,
                     const struct row **ret)
{
    size_t n = 0;
    int (*order)(const void *a, const void *b) =
        q->request.latest_first ? compare_rows_back : compare_rows;
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct row *row = &s->rows[i];
        if (matches(s, q, row) && (!last || order(&last, &row) < 0))
            ret[n++] = row;
    }
    qsort(ret, n, sizeof *ret, order);
    return n;
}

/* Reads all pages of one list, each of them against what is to come. Gives how many events. */
static size_t check_list(struct scene *s, struct query *q, bool moving)
{
    static const struct row *expected[N_EVENTS + N_ADDED_MAX];
    const struct row *last = NULL;
    char token[512] = "";
    size_t n_seen = 0;
    do {
        q->request.page_token = token;
        q->request.page_size = (int32_t)(1 + roll(&s->dice, moving              ? 20
                                                            : roll(&s->dice, 3) ? 100
                                                                                : 1000));
        size_t n = expect(s, q, last, expected);
        size_t n_page = n < (size_t)q->request.page_size ? n : (size_t)q->request.page_size;
        const Convene__Events__V1__ListEventsResponse *r =
            list(&s->viewers[q->viewer], &q->request);
        assert_non_null(r);
        assert_int_equal(r->n_events, n_page);
        for (size_t i = 0; i < n_page; i++)
            assert_string_equal(r->events[i]->id, EVENT_TEXT(expected[i]->id));
        assert_int_equal(n_page > 0 && r->events[0]->match, n_page > 0 && q->request.with_matches);
        if (n != (size_t)q->request.page_size) /* else there may be more to look at, or not */
            assert_int_equal(r->next_page_token[0] != '\0', n > n_page);
        last = n_page ? expected[n_page - 1] : last;
        n_seen += n_page;
        assert_true(strlen(r->next_page_token) < sizeof token);
        strcpy(token, r->next_page_token);
        if (moving && token[0] && s->n_rows + 5 <= N_EVENTS + N_ADDED_MAX)
            add_rows(s, 5);
    } while (token[0]);
    return n_seen;
}

static void test_list_is_what_a_plain_loop_finds(void **state)
{
    struct scene *s = *state;
    size_t n_empty = 0, n_long = 0;
    for (int i = 0; i < N_LISTS; i++) {
        struct query q;
        query_init(s, &q);
        size_t n = check_list(s, &q, false);
        n_empty += n == 0;
        n_long += n > 100;
    }
    assert_true(n_empty < N_LISTS * 3 / 4); /* else the filters leave nothing to compare */
    assert_true(n_long > N_LISTS / 20);
}

static void test_list_neither_skips_nor_repeats_while_events_are_added(void **state)
{
    struct scene *s = *state;
    size_t before = s->n_rows;
    for (int i = 0; i < N_LISTS_MOVING; i++) {
        struct query q;
        query_init(s, &q);
        (void)check_list(s, &q, true);
    }
    assert_true(s->n_rows >= before + 100);
}

static void test_indexes_are_what_the_rows_make_them(void **state)
{
    struct scene *s = *state;
    assert_indexes_right(s->harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_is_what_a_plain_loop_finds),
        cmocka_unit_test(test_list_neither_skips_nor_repeats_while_events_are_added),
        cmocka_unit_test(test_indexes_are_what_the_rows_make_them),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
