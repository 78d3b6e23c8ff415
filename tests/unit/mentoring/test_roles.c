/* Who may call what: every method of the service, as each of those there are. */
#include "rpc/message.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <stdio.h>
#include <string.h>

enum { ROLES = 7, ARENA_BYTES = 4 << 20 };

/*
 * What each hears, in the order administrator, the programme's manager, the mentor and the mentee
 * of the mentorship, another mentor of the programme, somebody who takes no part, nobody: 'y' may
 * (what else the answer is), 'n' NOT_FOUND, 'p' PERMISSION_DENIED, 'u' UNAUTHENTICATED.
 */
static const struct row {
    const char *method;
    const char *id; /* what the request's id names */
    const char *heard;
} rows[] = {
    {"GetProgram", "program", "yyyyyyu"},
    {"ListPrograms", NULL, "yyyyyyu"},
    {"CheckProgram", "program", "yyppppu"},
    {"GetProgramReport", "program", "yyppppu"},
    {"GetEnrolment", "enrolment", "yynynnu"},
    {"ListEnrolments", NULL, "yyppppu"},
    {"GetMatchRun", "run", "yynnnnu"},
    {"ListMatchRuns", NULL, "yyppppu"},
    {"ListMatches", NULL, "yynnnnu"},
    {"ExplainMatch", NULL, "yynynnu"},
    {"GetMatchSensitivity", NULL, "yynnnnu"},
    {"DiffMatchRuns", NULL, "yynnnnu"},
    {"ListPairRules", NULL, "yyppppu"},
    {"GetMentorship", "mentorship", "yyyynnu"},
    {"ListMentorships", NULL, "yyppppu"},
    {"ListLogEntries", NULL, "yyyynnu"},
    {"ListFeedback", NULL, "yyppppu"},
    {"ExportPerson", NULL, "yppyppu"},
    {"CreateProgram", NULL, "ypppppu"},
    {"SetProgramState", "program", "yyppppu"},
    {"UpdateProgram", "program", "yyppppu"},
    {"BatchRegisterEnrolments", NULL, "yyppppu"},
    {"UpdateEnrolment", "enrolment", "yynynnu"},
    {"CreateMatchRun", NULL, "yyppppu"},
    {"CancelMatchRun", "run", "yynnnnu"},
    {"PublishMatchRun", NULL, "yynnnnu"},
    {"SetPairRule", NULL, "yyppppu"},
    {"DeletePairRule", NULL, "yyppppu"},
    {"AcceptMentorship", "mentorship", "yyyynnu"},
    {"DeclineMentorship", "mentorship", "yyyynnu"},
    {"PauseMentorship", "mentorship", "yyyynnu"},
    {"ResumeMentorship", "mentorship", "yyyynnu"},
    {"CompleteMentorship", "mentorship", "yyyynnu"},
    {"EndMentorship", "mentorship", "yyyynnu"},
    {"SetMentorshipGoals", "mentorship", "yyyynnu"},
    {"ReplaceMentorship", "mentorship", "yyppnnu"},
    {"AddLogEntry", NULL, "yyyynnu"},
    {"GiveFeedback", NULL, "yyyynnu"},
    {"WithdrawEnrolment", "enrolment", "yynynnu"},
    {"ErasePerson", NULL, "yppyppu"},
};

/* Enrolling is one's own or the managers': CreateEnrolment has tests of its own. */
enum { ELSEWHERE = 1 };

struct scene {
    struct published p;
    struct id_text mentorship;
    size_t mentor, mentee, other;
};

static void begin(struct scene *scene, void **state)
{
    published_match(&scene->p, state);
    assert_non_null(published_publish(&scene->p, false));
    scene->mentorship = published_mentorship(&scene->p, 0);
    mentorship_begin(&scene->p, &scene->mentorship);
    scene->mentor = published_person(&scene->p, &scene->mentorship, MENTOR);
    scene->mentee = published_person(&scene->p, &scene->mentorship, MENTEE);
    scene->other = (scene->mentor + 1) % PUBLISHED_MENTORS;
}

static const char *id_for(const struct scene *scene, const char *what)
{
    if (!what)
        return "";
    return strcmp(what, "program") == 0     ? scene->p.program.text
           : strcmp(what, "enrolment") == 0 ? scene->p.enrolments[scene->mentee].text
           : strcmp(what, "run") == 0       ? scene->p.run.text
                                            : scene->mentorship.text;
}

/* What a text field of that name is about in the scene. */
static const char *text_for(const struct scene *scene, const struct row *row, const char *field)
{
    static const struct {
        const char *field, *what;
    } names[] = {{"program_id", "program"},       {"run_id", "run"},
                 {"first_run_id", "run"},         {"second_run_id", "run"},
                 {"mentorship_id", "mentorship"}, {"id", NULL}};
    if (strcmp(field, "id") == 0)
        return id_for(scene, row->id);
    if (strcmp(field, "person_id") == 0 || strcmp(field, "mentee_id") == 0)
        return strcmp(row->method, "ListMentorships") == 0 ? "" : scene->p.ids[scene->mentee].text;
    if (strcmp(field, "mentor_id") == 0)
        return scene->p.ids[scene->other].text;
    if (strcmp(field, "reason") == 0 || strcmp(field, "name") == 0)
        return "because";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].field, field) == 0)
            return id_for(scene, names[i].what);
    return "";
}

/* Numbers that are right enough to come as far as the question who may. */
static int32_t number_for(const char *field)
{
    static const struct {
        const char *field;
        int32_t value;
    } numbers[] = {{"rating", 3}, {"minutes", 30}, {"kind", 1}, {"state", 1}, {"capacity", 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].field, field) == 0)
            return numbers[i].value;
    return 0;
}

static ProtobufCMessage *fill(const struct scene *scene, const struct row *row,
                              struct cvn_arena *arena, const ProtobufCMessageDescriptor *type);

/* Which field an update changes. */
static void name_path(struct cvn_arena *arena, const struct row *row, ProtobufCMessage *message)
{
    Google__Protobuf__FieldMask *mask = (Google__Protobuf__FieldMask *)message;
    mask->paths = cvn_arena_alloc(arena, sizeof *mask->paths);
    mask->n_paths = 1;
    mask->paths[0] = cvn_arena_strdup(
        arena, strcmp(row->method, "UpdateProgram") == 0 ? "mentorship_weeks" : "goals");
}

static void fill_field(const struct scene *scene, const struct row *row, struct cvn_arena *arena,
                       ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    char *at = (char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        char *text = cvn_arena_strdup(arena, text_for(scene, row, field->name));
        memcpy(at, &text, sizeof text);
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage *inner = fill(scene, row, arena, field->descriptor);
        bool stamp = strstr(field->name, "_time") != NULL;
        if (!stamp)
            memcpy(at, &inner, sizeof inner);
        if (strcmp(field->name, "update_mask") == 0)
            name_path(arena, row, inner);
    } else if (field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_ENUM) {
        int32_t value = number_for(field->name);
        bool filter = strncmp(row->method, "List", 4) == 0;
        if (!filter)
            memcpy(at, &value, sizeof value);
    }
}

static ProtobufCMessage *fill(const struct scene *scene, const struct row *row,
                              struct cvn_arena *arena, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = cvn_arena_alloc(arena, type->sizeof_message);
    protobuf_c_message_init(type, message);
    for (unsigned i = 0; i < type->n_fields; i++)
        fill_field(scene, row, arena, message, &type->fields[i]);
    return message;
}

static const ProtobufCServiceDescriptor *const services[] = {
    &convene__mentoring__v1__program_service__descriptor,
    &convene__mentoring__v1__enrolment_service__descriptor,
    &convene__mentoring__v1__match_service__descriptor,
    &convene__mentoring__v1__mentorship_service__descriptor,
    &convene__mentoring__v1__privacy_service__descriptor,
};

static const ProtobufCMessageDescriptor *input_of(const char *method)
{
    for (size_t s = 0; s < sizeof services / sizeof *services; s++)
        for (unsigned m = 0; m < services[s]->n_methods; m++)
            if (strcmp(services[s]->methods[m].name, method) == 0)
                return services[s]->methods[m].input;
    fail_msg("there is no method %s", method);
    return NULL;
}

static char heard_by(struct client *client, const struct scene *scene, const struct row *row)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    (void)client_call(client, row->method, fill(scene, row, &arena, input_of(row->method)));
    switch (client_code(client)) {
    case CVN_NOT_FOUND:
        return 'n';
    case CVN_PERMISSION_DENIED:
        return 'p';
    case CVN_UNAUTHENTICATED:
        return 'u';
    case CVN_INTERNAL:
        return '!';
    default:
        return 'y';
    }
}

static struct client client_in(const struct scene *scene, int role)
{
    const size_t who[ROLES] = {
        0, PUBLISHED_MANAGER, scene->mentor, scene->mentee, scene->other, PUBLISHED_STRANGER, 0};
    return role == 0           ? client_admin(scene->p.harness)
           : role == ROLES - 1 ? client_nobody(scene->p.harness)
                               : client_of(scene->p.harness, scene->p.people[who[role]]);
}

static void test_each_hears_what_is_theirs(void **state, int role)
{
    struct scene scene;
    begin(&scene, state);
    struct client client = client_in(&scene, role);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got = heard_by(&client, &scene, &rows[i]);
        if (got != rows[i].heard[role])
            fail_msg("%s as number %d: '%c' and not '%c': %s", rows[i].method, role, got,
                     rows[i].heard[role], client.status.message ? client.status.message : "done");
    }
    client_end(&client);
    published_end(&scene.p);
}

#define AS(name, number)                                                                           \
    static void test_methods_as_##name(void **state)                                               \
    {                                                                                              \
        test_each_hears_what_is_theirs(state, number);                                             \
    }
AS(administrator, 0)
AS(manager, 1)
AS(mentor, 2)
AS(mentee, 3)
AS(other_mentor, 4)
AS(stranger, 5)
AS(nobody, 6)

static void test_every_method_is_in_the_matrix(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t s = 0; s < sizeof services / sizeof *services; s++)
        n += services[s]->n_methods;
    assert_int_equal(n, sizeof rows / sizeof *rows + ELSEWHERE);
}

/* E-mail addresses and what people said are in no answer to those who are not entitled. */
static void test_no_answer_holds_an_email_or_feedback(void **state)
{
    struct scene scene;
    begin(&scene, state);
    Convene__Mentoring__V1__GiveFeedbackRequest give =
        CONVENE__MENTORING__V1__GIVE_FEEDBACK_REQUEST__INIT;
    Convene__Mentoring__V1__Feedback feedback = CONVENE__MENTORING__V1__FEEDBACK__INIT;
    char secret[] = "between us";
    give.feedback = &feedback;
    feedback.mentorship_id = scene.mentorship.text;
    feedback.role = MENTEE;
    feedback.rating = 1;
    feedback.text = secret;
    assert_non_null(client_call(&scene.p.admin, "GiveFeedback", &give));
    struct client mentor = client_in(&scene, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CVN_ARENA_AUTO arena;
        struct cvn_slice packed;
        cvn_arena_init(&arena, ARENA_BYTES);
        const ProtobufCMessage *reply = client_call(
            &mentor, rows[i].method, fill(&scene, &rows[i], &arena, input_of(rows[i].method)));
        if (!reply || strcmp(rows[i].method, "GiveFeedback") == 0)
            continue;
        assert_int_equal(cvn_message_pack(reply, &arena, &packed), 0);
        assert_null(memmem(packed.data, packed.len, "@example.org", 12));
        assert_null(memmem(packed.data, packed.len, secret, sizeof secret - 1));
    }
    client_end(&mentor);
    published_end(&scene.p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_methods_as_administrator),
        TEST(test_methods_as_manager),
        TEST(test_methods_as_mentor),
        TEST(test_methods_as_mentee),
        TEST(test_methods_as_other_mentor),
        TEST(test_methods_as_stranger),
        TEST(test_methods_as_nobody),
        TEST(test_every_method_is_in_the_matrix),
        TEST(test_no_answer_holds_an_email_or_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
