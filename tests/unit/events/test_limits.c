/*
 * The limits of what a request says: at each the call is taken, and one beyond it is refused by
 * the field and the number. Limits of what there is already are tested where it grows.
 */
#include "rpc/json.h"
#include "services/events/calendar_export.h"
#include "services/events/comments/comment_access.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_check.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/member_case.h"
#include "services/events/listing/event_index.h"
#include "services/events/listing/event_query.h"
#include "services/events/meetups/event_change.h"
#include "services/events/meetups/event_check.h"
#include "services/events/people/person_check.h"
#include "services/events/rsvps/check_in.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/questions.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rules/recurrence.h"
#include "services/events/series/series_write.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 18, ARENA_BYTES = 16 << 20 };

/*
 * A call, as JSON in which ' stands for ". $x is a text that makes the row's whole text n bytes
 * long, $n the number n, $(…) what is within n times, with commas between, and $G and so on an id.
 */
struct row {
    const char *limit;
    int max;
    const char *method;
    const char *request;
    const char *field;
};
#define ROW(limit, method, request, field)                                                         \
    {                                                                                              \
#limit, limit, method, request, field                                                      \
    }

struct scene {
    struct harness *harness;
    struct client owner, member, admin;
    struct id_text ids[128]; /* by the letter behind $ */
    char *text;
    struct cvn_arena arena;
};

static void name_id(struct scene *s, char letter, const char *id)
{
    (void)snprintf(s->ids[(unsigned char)letter].text, sizeof s->ids[0].text, "%s", id);
}

/* How long the text around $x is, from one ' to the next. */
static size_t around(const char *request, const char *at)
{
    const char *from = at, *to = at;
    while (from > request && from[-1] != '\'')
        from--;
    to += strcspn(to, "'");
    return (size_t)(to - from) - strlen("$x");
}

/* Writes the row's request with n in it. */
static const char *fill(struct scene *s, const char *request, size_t n)
{
    char *to = s->text, *end = to + TEXT_BYTES - 4 * CVN_ID_TEXT_BYTES;
    for (const char *at = request; *at; at++) {
        size_t inner = strncmp(at, "$(", 2) == 0 ? strcspn(at, ")") - 2 : 0;
        if (*at != '$') {
            *to++ = *at == '\'' ? '"' : *at;
            continue;
        }
        at++;
        if (*at == 'x') {
            size_t len = n - around(request, at - 1);
            assert_true(to + len < end);
            memset(to, 'x', len);
            to += len;
        } else if (*at == 'n') {
            to += sprintf(to, "%zu", n);
        } else if (*at == '(') {
            assert_true(to + n * (inner + 1) < end);
            for (size_t i = 0; i < n; i++) {
                if (i > 0)
                    *to++ = ',';
                for (size_t k = 1; k <= inner; k++)
                    *to++ = at[k] == '\'' ? '"' : at[k];
            }
            at += inner + 1;
        } else {
            to += sprintf(to, "%s", s->ids[(unsigned char)*at].text);
        }
    }
    *to = '\0';
    return s->text;
}

static const struct cvn_service_method *method_of(const char *name)
{
    static const struct {
        const struct cvn_service_method *methods;
        size_t n;
    } tables[] = {
        {cvn_person_methods, 6},     {cvn_group_methods, 10},   {cvn_membership_methods, 15},
        {cvn_event_methods, 15},     {cvn_series_methods, 5},   {cvn_calendar_methods, 1},
        {cvn_rsvp_methods, 13},      {cvn_comment_methods, 10}, {cvn_privacy_methods, 2},
        {cvn_attendance_methods, 2},
    };
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (size_t i = 0; i < tables[t].n; i++)
            if (strcmp(tables[t].methods[i].name, name) == 0)
                return &tables[t].methods[i];
    fail_msg("there is no method %s", name);
    return NULL;
}

/* The row's request with n in it, in the scene's arena. */
static const void *read_request(struct scene *s, const struct row *row, size_t n)
{
    const ProtobufCMethodDescriptor *method = harness_method(row->method);
    const struct cvn_json_options options = {0};
    ProtobufCMessage *request;
    struct cvn_error err;
    assert_non_null(method);
    cvn_arena_reset(&s->arena);
    const char *json = fill(s, row->request, n);
    if (cvn_json_parse(method->input, cvn_slice_of_string(json), &options, &s->arena, &request,
                       &err) != 0)
        fail_msg("%s: %s", row->limit, err.text);
    return request;
}

/* Calls with n in the request, and takes back what that did. */
static void try_with(struct scene *s, struct client *client, const struct row *row, size_t n)
{
    const struct cvn_service_method *method = method_of(row->method);
    if (method->kind == CVN_METHOD_READ)
        (void)client_call(client, method, read_request(s, row, n));
    else
        client_try(client, method, read_request(s, row, n));
}

/* Calls, and what that did stays. The reply, or NULL. */
static void *do_call(struct scene *s, struct client *client, const struct row *row)
{
    return client_call(client, method_of(row->method), read_request(s, row, 0));
}

/*
 * A group G with the event E, in which the member M said something, C; and a group A by approval,
 * which the stranger S has asked to join.
 */
static int set_up(void **state)
{
    static struct scene s;
    assert_int_equal(harness_setup(state), 0);
    s = (struct scene){.harness = *state, .text = test_malloc(TEXT_BYTES)};
    cvn_arena_init(&s.arena, ARENA_BYTES);
    struct cvn_id owner = harness_person(s.harness, 0), member = harness_person(s.harness, 1);
    struct cvn_id stranger = harness_person(s.harness, 2);
    struct cvn_id group = harness_group(s.harness, "Group", owner);
    s.owner = client_of(s.harness, owner);
    s.member = client_of(s.harness, member);
    s.admin = client_admin(s.harness);
    join(&s.member, group);
    name_id(&s, 'G', GROUP_TEXT(group));
    name_id(&s, 'M', PERSON_TEXT(member));
    name_id(&s, 'S', PERSON_TEXT(stranger));
    const struct row say = {.method = "CreateComment", .request = "{'event_id':'$E','text':'Hi.'}"};
    const struct row found = {.method = "CreateGroup",
                              .request = "{'group':{'name':'A','time_zone':'UTC',"
                                         "'join_mode':'JOIN_MODE_APPROVAL'}}"};
    const struct row ask = {.method = "JoinGroup", .request = "{'group_id':'$A'}"};
    const struct row plan = {.method = "CreateEvent",
                             .request =
                                 "{'event':{'group_id':'$G','title':'An evening','max_guests':"
                                 "10,'start_local':'2027-03-16T08:00','time_zone':'UTC'},"
                                 "'publish':true}"};
    const Convene__Events__V1__Event *planned = do_call(&s, &s.owner, &plan);
    assert_non_null(planned);
    name_id(&s, 'E', planned->id);
    const Convene__Events__V1__Comment *said = do_call(&s, &s.member, &say);
    assert_non_null(said);
    name_id(&s, 'C', said->id);
    const Convene__Events__V1__Group *made = do_call(&s, &s.owner, &found);
    if (!made)
        fail_msg("%s", s.owner.status.message);
    name_id(&s, 'A', made->id);
    CLIENT asking = client_of(s.harness, stranger);
    assert_non_null(do_call(&s, &asking, &ask));
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    client_end(&s->owner);
    client_end(&s->member);
    client_end(&s->admin);
    cvn_arena_deinit(&s->arena);
    test_free(s->text);
    *state = s->harness;
    return harness_teardown(state);
}

static void check_row(struct scene *s, struct client *client, const struct row *row)
{
    char number[16];
    try_with(s, client, row, (size_t)row->max);
    if (client->result != 0)
        fail_msg("%s: at %d it is refused: %s", row->limit, row->max, client->status.message);
    try_with(s, client, row, (size_t)row->max + 1);
    if (client->status.code != CVN_INVALID_ARGUMENT || !client_blames(client, row->field))
        fail_msg("%s: with one more %s is not refused: %s", row->limit, row->field,
                 client->result ? client->status.message : "it is taken");
    (void)snprintf(number, sizeof number, "%d", row->max);
    if (!strstr(client->status.message, number))
        fail_msg("%s: the number is not said: %s", row->limit, client->status.message);
}

#define CHECK_ROWS(s, client, rows)                                                                \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                     \
    check_row(s, client, &(rows)[i])

#define EVENT "'group_id':'$G','start_local':'2027-03-01T18:30'"
#define EVENT_WITH(field) "{'event':{" EVENT ",'title':'t'," field "}}"

static void test_limits_of_events(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_EVENT_TITLE_MAX, "CreateEvent", "{'event':{" EVENT ",'title':'$x'}}",
            "event.title"),
        ROW(CVN_EVENT_DESCRIPTION_MAX, "CreateEvent", EVENT_WITH("'description':'$x'"),
            "event.description"),
        ROW(CVN_EVENT_EXTERNAL_ID_MAX, "CreateEvent", EVENT_WITH("'external_id':'$x'"),
            "event.external_id"),
        ROW(CVN_EVENT_COST_NOTE_MAX, "CreateEvent", EVENT_WITH("'cost_note':'$x'"),
            "event.cost_note"),
        ROW(CVN_EVENT_VENUE_NAME_MAX, "CreateEvent", EVENT_WITH("'venue':{'name':'$x'}"),
            "event.venue.name"),
        ROW(CVN_EVENT_ADDRESS_MAX, "CreateEvent", EVENT_WITH("'venue':{'address':'$x'}"),
            "event.venue.address"),
        ROW(CVN_FIELD_CITY_MAX, "CreateEvent", EVENT_WITH("'venue':{'city':'$x'}"),
            "event.venue.city"),
        ROW(CVN_FIELD_URL_MAX, "CreateEvent", EVENT_WITH("'url':'https://example.org/$x'"),
            "event.url"),
        ROW(CVN_FIELD_URL_MAX, "CreateEvent", EVENT_WITH("'online_url':'https://example.org/$x'"),
            "event.online_url"),
        ROW(CVN_FIELD_LANGUAGE_MAX, "CreateEvent",
            EVENT_WITH("'language':'de-abcdefgh-abcdefgh-abcdefgh-$x'"), "event.language"),
        ROW(CVN_FIELD_TOPICS_MAX, "CreateEvent", EVENT_WITH("'topics':[$('c')]"), "event.topics"),
        ROW(CVN_FIELD_TOPIC_BYTES_MAX, "CreateEvent", EVENT_WITH("'topics':['$x']"),
            "event.topics[0]"),
        ROW(CVN_EVENT_HOSTS_MAX, "CreateEvent",
            EVENT_WITH("'host_ids':[$('per_01ARZ3NDEKTSV4RRFFQ69G5FAV')]"), "event.host_ids"),
        ROW(CVN_EVENT_CAPACITY_MAX, "CreateEvent", EVENT_WITH("'capacity':$n"), "event.capacity"),
        ROW(CVN_EVENT_CAPACITY_MAX, "CreateEvent",
            EVENT_WITH("'attendance_mode':'ATTENDANCE_MODE_MIXED','virtual_capacity':$n"),
            "event.virtual_capacity"),
        ROW(CVN_EVENT_GUESTS_MAX, "CreateEvent", EVENT_WITH("'max_guests':$n"), "event.max_guests"),
        ROW(CVN_EVENT_OFFER_MINUTES_MAX, "CreateEvent",
            EVENT_WITH("'waitlist_mode':'WAITLIST_MODE_OFFER','offer_minutes':$n"),
            "event.offer_minutes"),
        ROW(CVN_EVENT_REASON_MAX, "CancelEvent", "{'id':'$E','reason':'$x'}", "reason"),
        ROW(CVN_EVENT_REASON_MAX, "PostponeEvent", "{'id':'$E','reason':'$x'}", "reason"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

static void test_limits_of_questions(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_QUESTIONS_MAX, "CreateEvent", EVENT_WITH("'questions':[$({'text':'Why?'})]"),
            "event.questions"),
        ROW(CVN_QUESTION_ID_MAX, "CreateEvent",
            EVENT_WITH("'questions':[{'id':'$x','text':'Why?'}]"), "event.questions[0].id"),
        ROW(CVN_QUESTION_TEXT_MAX, "CreateEvent", EVENT_WITH("'questions':[{'text':'$x'}]"),
            "event.questions[0].text"),
        ROW(CVN_QUESTION_CHOICES_MAX, "CreateEvent",
            EVENT_WITH("'questions':[{'text':'Why?','choices':[$('c')]}]"),
            "event.questions[0].choices"),
        ROW(CVN_QUESTION_CHOICE_MAX, "CreateEvent",
            EVENT_WITH("'questions':[{'text':'Why?','choices':['$x','b']}]"),
            "event.questions[0].choices[0]"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

#define SERIES_WITH(event, fields)                                                                 \
    "{'series':{'event':{" EVENT ",'title':'t'" event "},'rrule':'FREQ=WEEKLY;COUNT=3'" fields "}" \
    "}"

static void test_limits_of_series(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_SERIES_EXTERNAL_ID_MAX, "CreateSeries", SERIES_WITH(",'external_id':'$x'", ""),
            "series.event.external_id"),
        ROW(CVN_RECURRENCE_DATES_MAX, "CreateSeries",
            SERIES_WITH("", ",'further_starts':[$('2027-03-02T18:30')]"), "series.further_starts"),
        ROW(CVN_RECURRENCE_DATES_MAX, "CreateSeries",
            SERIES_WITH("", ",'excluded_starts':[$('2027-03-08T18:30')]"),
            "series.excluded_starts"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

static void test_limits_of_searches(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_EVENT_QUERY_GROUPS_MAX, "ListEvents", "{'group_ids':[$('group')]}", "group_ids"),
        ROW(CVN_EVENT_QUERY_TOPICS_MAX, "ListEvents", "{'topics':[$('c')]}", "topics"),
        ROW(CVN_FIELD_TOPIC_BYTES_MAX, "ListEvents", "{'topic':'$x'}", "topic"),
        ROW(CVN_EVENT_QUERY_LANGUAGES_MAX, "ListEvents", "{'languages':[$('de')]}", "languages"),
        ROW(CVN_FIELD_CITY_MAX, "ListEvents", "{'city':'$x'}", "city"),
        ROW(CVN_EVENT_QUERY_TEXT_MAX, "ListEvents", "{'text':'$x'}", "text"),
        ROW(CVN_CALENDAR_NAME_MAX, "ExportCalendar",
            "{'filter':{'group_id':'$G'},'calendar_name':'$x'}", "calendar_name"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

static void test_limits_of_groups(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_GROUP_NAME_MAX, "CreateGroup", "{'group':{'name':'$x','time_zone':'UTC'}}",
            "group.name"),
        ROW(CVN_GROUP_DESCRIPTION_MAX, "CreateGroup",
            "{'group':{'name':'g','time_zone':'UTC','description':'$x'}}", "group.description"),
        ROW(CVN_GROUP_SLUG_MAX, "CreateGroup",
            "{'group':{'name':'g','time_zone':'UTC','slug':'$x'}}", "group.slug"),
        ROW(CVN_MEMBERSHIP_TEXT_MAX, "BanPerson",
            "{'group_id':'$G','person_id':'$M','reason':'$x'}", "reason"),
        ROW(CVN_MEMBERSHIP_TEXT_MAX, "DecideJoinRequest",
            "{'group_id':'$A','person_id':'$S','action':'ACTION_REJECT','reason':'$x'}", "reason"),
        ROW(CVN_MEMBERSHIP_TEXT_MAX, "CreateInvitation",
            "{'invitation':{'group_id':'$G','person_id':'$S','message':'$x'}}",
            "invitation.message"),
    };
    static const struct row asked[] = {
        ROW(CVN_MEMBERSHIP_TEXT_MAX, "JoinGroup", "{'group_id':'$A','message':'$x'}", "message"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
    CHECK_ROWS(s, &s->member, asked);
}

static void test_limits_of_people(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_PERSON_NAME_MAX, "CreatePerson", "{'person':{'display_name':'$x'}}",
            "person.display_name"),
        ROW(CVN_PERSON_LANGUAGES_MAX, "CreatePerson",
            "{'person':{'display_name':'p','languages':[$('de')]}}", "person.languages"),
        ROW(CVN_PERSON_SKILLS_MAX, "CreatePerson",
            "{'person':{'display_name':'p','skills':[$('c')]}}", "person.skills"),
        ROW(CVN_PERSON_SKILL_BYTES_MAX, "CreatePerson",
            "{'person':{'display_name':'p','skills':['$x']}}", "person.skills[0]"),
        ROW(CVN_PERSON_LINKS_MAX, "CreatePerson",
            "{'person':{'display_name':'p','links':[$('https://example.org/')]}}", "person.links"),
        ROW(CVN_FIELD_URL_MAX, "CreatePerson",
            "{'person':{'display_name':'p','links':['https://example.org/$x']}}",
            "person.links[0]"),
        ROW(CVN_PERSON_EMAIL_MAX, "CreatePerson",
            "{'person':{'display_name':'p','email':'$x@example.org'}}", "person.email"),
        ROW(CVN_PEOPLE_GET_MAX, "BatchGetPeople", "{'ids':[$('per_01ARZ3NDEKTSV4RRFFQ69G5FAV')]}",
            "ids"),
        ROW(CVN_PEOPLE_REGISTER_MAX, "BatchRegisterPeople",
            "{'people':[$({'display_name':'p','email':'p@example.org'})]}", "people"),
        ROW(CVN_GROUPS_REGISTER_MAX, "BatchRegisterGroups",
            "{'groups':[$({'slug':'g','name':'G','time_zone':'UTC'})]}", "groups"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->admin, rows);
}

static void test_limits_of_answers(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_RSVP_GUESTS_MAX, "Respond",
            "{'event_id':'$E','person_id':'$M','answer':'ANSWER_YES','guests':$n}", "guests"),
        ROW(CVN_RSVP_GUESTS_MAX, "Decide",
            "{'event_id':'$E','person_id':'$M','action':'ACTION_ADD','reason':'r','guests':$n}",
            "guests"),
        ROW(CVN_MOVE_REASON_MAX, "Decide",
            "{'event_id':'$E','person_id':'$M','action':'ACTION_ADD','reason':'$x'}", "reason"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

static void test_limits_of_check_in(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_CHECK_IN_NONCE_MAX, "CheckIn",
            "{'event_id':'$E','entries':[{'person_id':'$M','walk_in':true,'nonce':'$x'}]}",
            "entries[0].nonce"),
        ROW(CVN_RSVP_GUESTS_MAX, "CheckIn",
            "{'event_id':'$E','entries':[{'person_id':'$M','walk_in':true,'nonce':'n',"
            "'guests':$n}]}",
            "entries[0].guests"),
        ROW(CVN_MOVE_REASON_MAX, "CheckIn",
            "{'event_id':'$E','entries':[{'person_id':'$M','walk_in':true,'nonce':'n',"
            "'reason':'$x'}]}",
            "entries[0].reason"),
    };
    struct scene *s = *state;
    s->harness->now_ms += 60 * DAY_MS;
    CHECK_ROWS(s, &s->owner, rows);
}

static void test_limits_of_comments(void **state)
{
    static const struct row rows[] = {
        ROW(CVN_COMMENT_REASON_MAX, "DeleteComment", "{'id':'$C','reason':'$x'}", "reason"),
        ROW(CVN_COMMENT_REASON_MAX, "ReportComment", "{'id':'$C','reason':'$x'}", "reason"),
    };
    struct scene *s = *state;
    CHECK_ROWS(s, &s->owner, rows);
}

/* A region that long is none, and that is another refusal. */
static void test_limit_of_a_region(void **state)
{
    struct scene *s = *state;
    const struct row row = ROW(CVN_EVENT_QUERY_REGION_MAX, "ListEvents",
                               "{'place':{'name':'Berlin','region':'$x'}}", "place.region");
    try_with(s, &s->owner, &row, (size_t)row.max);
    assert_false(client_blames(&s->owner, row.field));
    try_with(s, &s->owner, &row, (size_t)row.max + 1);
    assert_true(client_blames(&s->owner, row.field));
    assert_non_null(strstr(s->owner.status.message, "20"));
}

/* Not of a field by itself. */
static void test_limits_of_what_fields_come_to(void **state)
{
    struct scene *s = *state;
    struct row days = {"CVN_EVENT_DAYS_MAX", CVN_EVENT_DAYS_MAX, "CreateEvent",
                       EVENT_WITH("'end_local':'2027-04-01T18:30:00'"), "event.end_local"};
    try_with(s, &s->owner, &days, 0);
    assert_int_equal(s->owner.result, 0);
    days.request = EVENT_WITH("'end_local':'2027-04-01T18:30:01'");
    try_with(s, &s->owner, &days, 0);
    assert_true(client_blames(&s->owner, days.field));
    assert_non_null(strstr(s->owner.status.message, "31 days"));
    struct row expires = {
        "CVN_INVITATION_DAYS_MAX", CVN_INVITATION_DAYS_MAX, "CreateInvitation",
        "{'invitation':{'group_id':'$G','person_id':'$S','expire_time':'2027-04-15T08:00:00Z'}}",
        "invitation.expire_time"};
    try_with(s, &s->owner, &expires, 0); /* it is the 15th of January */
    assert_int_equal(s->owner.result, 0);
    expires.request = "{'invitation':{'group_id':'$G','person_id':'$S','expire_time':'2027-04-"
                      "15T08:00:00.001Z'}}";
    try_with(s, &s->owner, &expires, 0);
    assert_true(client_blames(&s->owner, expires.field));
    assert_non_null(strstr(s->owner.status.message, "90 days"));
    struct row words = {"CVN_EVENT_QUERY_WORDS_MAX", CVN_EVENT_QUERY_WORDS_MAX, "ListEvents",
                        "{'text':'a1 b2 c3 d4 e5 f6 g7 h8 i9 j1 k2 l3 m4 n5 o6 p7'}", "text"};
    try_with(s, &s->owner, &words, 0);
    assert_int_equal(s->owner.result, 0);
    words.request = "{'text':'a1 b2 c3 d4 e5 f6 g7 h8 i9 j1 k2 l3 m4 n5 o6 p7 q8'}";
    try_with(s, &s->owner, &words, 0);
    assert_true(client_blames(&s->owner, "text"));
    assert_non_null(strstr(s->owner.status.message, "16"));
}

/* Of a description, what is behind so many bytes is not searched. */
static void test_limit_of_what_is_searched(void **state)
{
    struct scene *s = *state;
    for (int more = 0; more < 2; more++) {
        struct draft d;
        Convene__Events__V1__ListEventsRequest request =
            CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
        draft_init(&d, (struct cvn_id){{0}});
        d.event.group_id = s->ids['G'].text;
        d.event.description = s->text;
        memset(s->text, '\n', CVN_EVENT_TOKEN_BYTES_MAX);
        strcpy(s->text + CVN_EVENT_TOKEN_BYTES_MAX - 5 + more, "ninth");
        assert_non_null(create(&s->owner, &d.event, true));
        request.text = text("ninth");
        assert_int_equal(list(&s->owner, &request)->n_events, 1); /* the first one */
    }
}

/* A word that folding lengthens eleven times is cut in the index, and found all the same. */
static void test_limit_of_a_word_in_an_index(void **state)
{
    static const char wide[] = "\xef\xb7\xba"; /* one letter, eighteen when folded */
    struct scene *s = *state;
    char city[100] = "", request[512];
    while (strlen(city) + sizeof wide <= sizeof city)
        strcat(city, wide);
    struct cvn_slice folded;
    assert_int_equal(cvn_group_word(&s->arena, city, &folded), 0);
    assert_in_range(folded.len, CVN_GROUP_WORD_MAX - 4, CVN_GROUP_WORD_MAX); /* whole letters */
    struct row row = {.method = "CreateGroup", .request = request};
    (void)snprintf(request, sizeof request,
                   "{'group':{'name':'Far','time_zone':'UTC','city':'%s'}}", city);
    assert_non_null(do_call(s, &s->owner, &row));
    row.method = "ListGroups";
    (void)snprintf(request, sizeof request, "{'city':'%s'}", city);
    const Convene__Events__V1__ListGroupsResponse *found = do_call(s, &s->owner, &row);
    assert_non_null(found);
    assert_int_equal(found->n_groups, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_limits_of_events),
        T(test_limits_of_questions),
        T(test_limits_of_series),
        T(test_limits_of_searches),
        T(test_limits_of_groups),
        T(test_limits_of_people),
        T(test_limits_of_answers),
        T(test_limits_of_check_in),
        T(test_limits_of_comments),
        T(test_limits_of_what_fields_come_to),
        T(test_limit_of_a_region),
        T(test_limit_of_what_is_searched),
        T(test_limit_of_a_word_in_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
