#include "client/cli/program_update.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/program_view.h"
#include "client/cli/weights.h"
#include "convene/mentoring/v1/program.pb-c.h"

#include <errno.h>
#include <string.h>

#define SERVICE "convene.mentoring.v1.ProgramService/"

enum { MASK_PATHS_MAX = 64 };

/* Adds one field, which may lie within another, once. 0 or -ENOMEM. */
static int add_path(struct cvn_cli *cli, const char *field, Google__Protobuf__FieldMask *mask)
{
    if (!mask->paths) {
        mask->paths = cvn_arena_alloc_array(&cli->arena, MASK_PATHS_MAX, sizeof(*mask->paths));
    }
    if (!mask->paths || mask->n_paths == MASK_PATHS_MAX) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < mask->n_paths; i++) {
        if (strcmp(mask->paths[i], field) == 0) {
            return 0;
        }
    }
    mask->paths[mask->n_paths] = cvn_arena_strdup(&cli->arena, field);
    return mask->paths[mask->n_paths++] ? 0 : -ENOMEM;
}

/* Of rules only those that were given change, so the fields are named to their end. */
static int add_options(struct cvn_cli *cli, Google__Protobuf__FieldMask *mask)
{
    static const char prefix[] = "program.";
    int r = 0;
    for (size_t i = 0; r == 0 && i < cli->args.n_given; i++) {
        const char *path = cli->args.given[i].option->path;
        if (path && strncmp(path, prefix, sizeof prefix - 1) == 0) {
            r = add_path(cli, path + sizeof prefix - 1, mask);
        }
    }
    return r;
}

/* The weights that an option gives, or "default" for those of the server. */
static enum cvn_exit set_weights(struct cvn_cli *cli,
                                 Convene__Mentoring__V1__UpdateProgramRequest *request,
                                 const char *option, const char *path)
{
    const char *given = cvn_args_get(&cli->args, option);
    struct cvn_weights_given weights;
    if (given && strcmp(given, "default") == 0) {
        return add_path(cli, path, request->update_mask) ? cvn_cli_no_memory(cli) : CVN_EXIT_DONE;
    }
    enum cvn_exit code = cvn_weights_set(cli, option, path, &request->program->base, &weights);
    for (size_t i = 0; code == CVN_EXIT_DONE && i < weights.n; i++) {
        if (add_path(cli, weights.fields[i], request->update_mask)) {
            code = cvn_cli_no_memory(cli);
        }
    }
    return code;
}

enum cvn_exit cvn_program_find_named(struct cvn_cli *cli, Convene__Mentoring__V1__Program *program)
{
    enum cvn_exit code = cvn_call_group(cli, program->group_id, &program->group_id);
    for (size_t i = 0; code == CVN_EXIT_DONE && i < program->n_manager_ids; i++) {
        code = cvn_call_person(cli, program->manager_ids[i], &program->manager_ids[i]);
    }
    return code;
}

enum cvn_exit cvn_program_update_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__UpdateProgramRequest request =
        CONVENE__MENTORING__V1__UPDATE_PROGRAM_REQUEST__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    request.program = &program;
    request.update_mask = &mask;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_program_find_named(cli, &program);
    code = code ? code : cvn_call_program(cli, cvn_args_word(&cli->args, 0), &program.id);
    if (code == CVN_EXIT_DONE && add_options(cli, &mask)) {
        code = cvn_cli_no_memory(cli);
    }
    code = code ? code : set_weights(cli, &request, "mentee-weights", "mentee_weights");
    code = code ? code : set_weights(cli, &request, "mentor-weights", "mentor_weights");
    if (code == CVN_EXIT_DONE && mask.n_paths == 0) {
        return cvn_cli_misuse(cli, "Nothing is to be changed; name at least one option.");
    }
    CVN_REPLY_AUTO Convene__Mentoring__V1__Program *updated = NULL;
    code = code ? code : cvn_call(cli, SERVICE "UpdateProgram", &request, &updated);
    return code ? code : cvn_view_one(cli, cvn_program_show_columns, updated);
}

CVN_VIEW_STRING(see_text, Convene__Mentoring__V1__Finding, text)
CVN_VIEW_STRING(see_code, Convene__Mentoring__V1__Finding, code)
CVN_VIEW_INT(see_count, Convene__Mentoring__V1__Finding, count)
CVN_VIEW_ENUM(see_severity, Convene__Mentoring__V1__Finding, severity,
              convene__mentoring__v1__finding__severity__descriptor)

static const struct cvn_view_column finding_columns[] = {
    {{"Severity", false, false}, see_severity},
    {{"Code", false, false}, see_code},
    {{"Count", true, false}, see_count},
    {{"Finding", false, false}, see_text},
    {{NULL, false, false}, NULL},
};

/* Sentences, one a line: a table would be wider than any terminal. */
static void print_findings(struct cvn_cli *cli,
                           const Convene__Mentoring__V1__CheckProgramResponse *reply)
{
    (void)printf("%s and %s with %s are to be paired.\n",
                 cvn_view_count(cli, reply->mentee_count, "mentee"),
                 cvn_view_count(cli, reply->mentor_count, "mentor"),
                 cvn_view_count(cli, reply->seat_count, "free seat"));
    for (size_t i = 0; i < reply->n_findings; i++) {
        (void)printf("%-8s %s\n", see_severity(cli, reply->findings[i]), reply->findings[i]->text);
    }
    if (reply->n_findings == 0) {
        (void)printf("Nothing to find fault with.\n");
    }
}

enum cvn_exit cvn_program_lint_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CheckProgramRequest request =
        CONVENE__MENTORING__V1__CHECK_PROGRAM_REQUEST__INIT;
    cvn_call_be_patient(cli);
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__CheckProgramResponse *reply = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CheckProgram", &request, &reply);
    if (code) {
        return code;
    }
    if (cli->format == CVN_FORMAT_TABLE) {
        print_findings(cli, reply);
    } else {
        code = cvn_view_rows(cli, finding_columns, (ProtobufCMessage *const *)reply->findings,
                             reply->n_findings);
    }
    bool error =
        reply->n_findings > 0 &&
        reply->findings[0]->severity == CONVENE__MENTORING__V1__FINDING__SEVERITY__SEVERITY_ERROR;
    return code ? code : error ? CVN_EXIT_FAILED : CVN_EXIT_DONE;
}

const struct cvn_option cvn_program_update_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes, unique", "program.name"},
    {"description", 0, "TEXT", "Markdown", "program.description"},
    {"group", 'g', "GROUP", "slug or id", "program.group_id"},
    {"start", 0, "DATE", "as in 2027-01-15", "program.start_date"},
    {"end", 0, "DATE", "not before the start", "program.end_date"},
    {"weeks", 0, "N", "length of a mentorship, up to 104", "program.mentorship_weeks"},
    {"acceptance-days", 0, "N", "to accept a proposal in, up to 90", "program.acceptance_days"},
    {"format", 0, "FORMAT", "one-to-one, or group: a mentor's mentees meet at one time they share",
     "program.format"},
    {"session-hours", 0, "N", "of --format group: how long a group meets, 1 to 8; 1 when left out",
     "program.session_hours"},
    {"min-hours", 0, "N", "common hours a week that a pair needs; -1 for none",
     "program.rules.min_common_hours"},
    {"allow-no-language", 0, "yes|no", "pairs need no common language",
     "program.rules.allow_no_common_language"},
    {"allow-lower-level", 0, "yes|no", "a mentor may stand no higher than the mentee",
     "program.rules.allow_lower_level"},
    {"allow-previous", 0, "yes|no", "two who were paired before may be again",
     "program.rules.allow_previous_partner"},
    {"allow-no-skill", 0, "yes|no", "a mentor may offer none of the wanted skills",
     "program.rules.allow_no_common_skill"},
    {"mentee-weights", 0, "LIST",
     "as in \"skills:400; goals:100\", the others stay; or \"default\"", NULL},
    {"mentor-weights", 0, "LIST", "the same for how mentors value mentees", NULL},
    {"manager", 0, "PERSON", "e-mail or id; may be given several times; replaces all",
     "program.manager_ids"},
    {"etag", 0, "ETAG", "only if the programme is still as it was with that etag", "etag"},
    {NULL, 0, NULL, NULL, NULL},
};
