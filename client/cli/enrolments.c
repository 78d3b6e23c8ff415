#include "client/cli/enrolments.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/mask.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"

#define SERVICE "convene.mentoring.v1.EnrolmentService/"

enum { LIST_LIMIT = 200 };

CVN_VIEW_STRING(see_name, Convene__Mentoring__V1__Enrolment, display_name)
CVN_VIEW_STRING(see_person, Convene__Mentoring__V1__Enrolment, person_id)
CVN_VIEW_STRING(see_zone, Convene__Mentoring__V1__Enrolment, time_zone)
CVN_VIEW_STRING(see_id, Convene__Mentoring__V1__Enrolment, id)
CVN_VIEW_LIST(see_languages, Convene__Mentoring__V1__Enrolment, languages)
CVN_VIEW_LIST(see_tags, Convene__Mentoring__V1__Enrolment, conflict_tags)
CVN_VIEW_INT(see_capacity, Convene__Mentoring__V1__Enrolment, capacity)
CVN_VIEW_STRING(see_etag, Convene__Mentoring__V1__Enrolment, etag)
CVN_VIEW_INSTANT(see_waiting, Convene__Mentoring__V1__Enrolment, waiting_since_time)
CVN_VIEW_ENUM(see_role, Convene__Mentoring__V1__Enrolment, role,
              convene__mentoring__v1__role__descriptor)
CVN_VIEW_ENUM(see_state, Convene__Mentoring__V1__Enrolment, state,
              convene__mentoring__v1__enrolment__state__descriptor)

static const char *see_skills(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Enrolment *enrolment = message;
    const char *text = "";
    for (size_t i = 0; text && i < enrolment->n_skills; i++) {
        const Convene__Mentoring__V1__Skill *skill = enrolment->skills[i];
        const char *level = skill->level ? cvn_arena_printf(&cli->arena, ":%d", skill->level) : "";
        text = cvn_arena_printf(&cli->arena, "%s%s%s%s", text, i ? "; " : "", skill->name,
                                level ? level : "");
    }
    return text;
}

static const char *see_availability(struct cvn_cli *cli, const void *message)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const Convene__Mentoring__V1__Enrolment *enrolment = message;
    const char *text = "";
    for (size_t i = 0; text && i < enrolment->n_availability; i++) {
        const Convene__Mentoring__V1__WeeklySpan *span = enrolment->availability[i];
        const char *day = span->weekday >= 1 && span->weekday <= 7 ? days[span->weekday - 1] : "?";
        text = cvn_arena_printf(&cli->arena, "%s%s%s %02d:%02d-%02d:%02d", text, i ? "; " : "", day,
                                span->start_minute / 60, span->start_minute % 60,
                                span->end_minute / 60, span->end_minute % 60);
    }
    return text;
}

static const char *see_goals(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Enrolment *enrolment = message;
    const char *text = "";
    for (size_t i = 0; text && i < enrolment->n_goals; i++) {
        text = cvn_arena_printf(&cli->arena, "%s%s%s", text, i ? "; " : "",
                                cvn_field_enum_text(&cli->arena,
                                                    &convene__mentoring__v1__goal__descriptor,
                                                    (int)enrolment->goals[i]));
    }
    return text;
}

static const struct cvn_view_column list_columns[] = {
    {{"Name", false, true}, see_name},     {{"Role", false, false}, see_role},
    {{"Skills", false, true}, see_skills}, {{"Seats", true, false}, see_capacity},
    {{"State", false, false}, see_state},  {{"Waits since", false, false}, see_waiting},
    {{"Enrolment", false, false}, see_id}, {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"Role", false, false}, see_role},
    {{"Skills", false, false}, see_skills},
    {{"Goals", false, false}, see_goals},
    {{"Languages", false, false}, see_languages},
    {{"Available", false, false}, see_availability},
    {{"Time zone", false, false}, see_zone},
    {{"Seats", false, false}, see_capacity},
    {{"Conflicts", false, false}, see_tags},
    {{"State", false, false}, see_state},
    {{"Waits since", false, false}, see_waiting},
    {{"Etag", false, false}, see_etag},
    {{"Person", false, false}, see_person},
    {{"Enrolment", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_enrol_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CreateEnrolmentRequest request =
        CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    request.enrolment = &enrolment;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    enrolment.person_id = (char *)cvn_args_word(&cli->args, 1);
    code = code ? code : cvn_call_program(cli, cvn_args_word(&cli->args, 0), &enrolment.program_id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Enrolment *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateEnrolment", &request, &made);
    return code ? code : cvn_view_one(cli, show_columns, made);
}

enum cvn_exit cvn_enrolments_run(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListEnrolments", list_columns,
        "Nobody is enrolled yet. Add people with `convene programs import PROGRAM FILE`.",
        LIST_LIMIT};
    Convene__Mentoring__V1__ListEnrolmentsRequest request =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.program_id);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

enum cvn_exit cvn_withdraw_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__WithdrawEnrolmentRequest request =
        CONVENE__MENTORING__V1__WITHDRAW_ENROLMENT_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Enrolment *enrolment = NULL;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call(cli, SERVICE "WithdrawEnrolment", &request, &enrolment);
    return code ? code : cvn_view_one(cli, show_columns, enrolment);
}

enum cvn_exit cvn_enrolment_edit_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__UpdateEnrolmentRequest request =
        CONVENE__MENTORING__V1__UPDATE_ENROLMENT_REQUEST__INIT;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    request.enrolment = &enrolment;
    request.update_mask = &mask;
    enrolment.id = (char *)cvn_args_word(&cli->args, 0);
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_mask_fill(cli, "enrolment.", &mask);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Enrolment *edited = NULL;
    code = code ? code : cvn_call(cli, SERVICE "UpdateEnrolment", &request, &edited);
    return code ? code : cvn_view_one(cli, show_columns, edited);
}

static const struct cvn_import_column columns[] = {
    {"role", "role", "mentor or mentee; required"},
    {"person", "person_id", "e-mail or per_…; identity; required"},
    {"skills", "skills", "name, level 1 to 5, priority 1 to 3, as in go:5;sql:3:2; required"},
    {"goals", "goals",
     "career-path, interview-preparation, portfolio-review, certification, "
     "open-source-contribution, job-search; separated by ;"},
    {"languages", "languages", "separated by ;; the person's when empty"},
    {"time_zone", "time_zone", "IANA name; the person's when empty"},
    {"availability", "availability",
     "local hours of the week, as in mon 18:00-20:00; sat "
     "10:00-12:00"},
    {"capacity", "capacity", "mentors: mentees at the same time, 1 to 20; 1 when empty"},
    {"conflict_tags", "conflict_tags", "two with a tag in common are not paired; separated by ;"},
    {"excluded", "excluded_ids", "e-mails or ids, separated by ;"},
    {"ranked", "ranked_ids", "whom they would like best, first choice first; separated by ;"},
    {NULL, NULL, NULL},
};

const struct cvn_import_kind cvn_enrolments_import = {
    .noun = "enrolments",
    .identity = "person",
    .method = SERVICE "BatchRegisterEnrolments",
    .request = &convene__mentoring__v1__batch_register_enrolments_request__descriptor,
    .record = &convene__mentoring__v1__enrolment__descriptor,
    .records_field = "enrolments",
    .columns = columns,
};

enum cvn_exit cvn_enrolments_import_run(struct cvn_cli *cli)
{
    char *program_id = NULL;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &program_id);
    return code ? code
                : cvn_import_run(cli, &cvn_enrolments_import, cvn_args_word(&cli->args, 1),
                                 program_id);
}

const struct cvn_option cvn_enrol_options[] = {
    {"role", 0, "ROLE", "mentor or mentee; required", "enrolment.role"},
    {"skills", 0, "LIST", "as in \"go:5; sql:3\"; required", "enrolment.skills"},
    {"goals", 0, "LIST", "as in \"career-path; job-search\"", "enrolment.goals"},
    {"languages", 0, "LIST", "as in \"de; en\"; the person's when left out", "enrolment.languages"},
    {"time-zone", 0, "ZONE", "IANA name; the person's when left out", "enrolment.time_zone"},
    {"availability", 0, "LIST", "as in \"mon 18:00-20:00; sat 10:00-12:00\"",
     "enrolment.availability"},
    {"capacity", 'c', "N", "mentors: mentees at the same time", "enrolment.capacity"},
    {"conflict-tags", 0, "LIST", "two with a tag in common are not paired",
     "enrolment.conflict_tags"},
    {"excluded", 0, "LIST", "people not to be paired with", "enrolment.excluded_ids"},
    {"ranked", 0, "LIST", "people liked best, first choice first", "enrolment.ranked_ids"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_enrolment_edit_options[] = {
    {"skills", 0, "LIST", "as in \"go:5; sql:3\"", "enrolment.skills"},
    {"goals", 0, "LIST", "as in \"career-path; job-search\"", "enrolment.goals"},
    {"languages", 0, "LIST", "as in \"de; en\"; \"\" for the person's", "enrolment.languages"},
    {"time-zone", 0, "ZONE", "IANA name; \"\" for the person's", "enrolment.time_zone"},
    {"availability", 0, "LIST", "as in \"mon 18:00-20:00; sat 10:00-12:00\"",
     "enrolment.availability"},
    {"capacity", 'c', "N", "mentors: mentees at the same time", "enrolment.capacity"},
    {"conflict-tags", 0, "LIST", "two with a tag in common are not paired",
     "enrolment.conflict_tags"},
    {"excluded", 0, "LIST", "people not to be paired with", "enrolment.excluded_ids"},
    {"ranked", 0, "LIST", "people liked best, first choice first", "enrolment.ranked_ids"},
    CVN_MASK_OPTION,
    {"etag", 0, "ETAG", "only if the enrolment is still as it was with that etag", "etag"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_withdraw_options[] = {
    {"reason", 0, "TEXT", "told to those whose mentorships end by it", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_enrolments_options[] = {
    {"role", 0, "ROLE", "only mentor or mentee", "role"},
    {"waiting", 0, NULL, "only mentees who wait for a mentor", "waiting_only"},
    {"active", 0, NULL, "not those who have withdrawn", "active_only"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_enrolments_import_options[] = {
    {"format", 0, "csv|jsonl", "instead of judging by the file's name", NULL},
    {"dry-run", 0, NULL, "check everything and store nothing", "validate_only"},
    {NULL, 0, NULL, NULL, NULL},
};
