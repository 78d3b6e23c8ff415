#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/enrolments.h"
#include "client/cli/field.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/program.pb-c.h"

#define SERVICE "convene.mentoring.v1.ProgramService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_name, Convene__Mentoring__V1__Program, name)
CVN_VIEW_STRING(see_id, Convene__Mentoring__V1__Program, id)
CVN_VIEW_STRING(see_start, Convene__Mentoring__V1__Program, start_date)
CVN_VIEW_STRING(see_end, Convene__Mentoring__V1__Program, end_date)
CVN_VIEW_STRING(see_group, Convene__Mentoring__V1__Program, group_id)
CVN_VIEW_STRING(see_description, Convene__Mentoring__V1__Program, description)
CVN_VIEW_INT(see_mentors, Convene__Mentoring__V1__Program, mentor_count)
CVN_VIEW_INT(see_mentees, Convene__Mentoring__V1__Program, mentee_count)
CVN_VIEW_INT(see_weeks, Convene__Mentoring__V1__Program, mentorship_weeks)
CVN_VIEW_ENUM(see_state, Convene__Mentoring__V1__Program, state,
              convene__mentoring__v1__program__state__descriptor)

static const struct cvn_view_column list_columns[] = {
    {{"Name", false, true}, see_name},
    {{"State", false, false}, see_state},
    {{"Mentors", true, false}, see_mentors},
    {{"Mentees", true, false}, see_mentees},
    {{"Start", false, false}, see_start},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"State", false, false}, see_state},
    {{"Mentors", false, false}, see_mentors},
    {{"Mentees", false, false}, see_mentees},
    {{"Start", false, false}, see_start},
    {{"End", false, false}, see_end},
    {{"Weeks", false, false}, see_weeks},
    {{"Group", false, false}, see_group},
    {{"Id", false, false}, see_id},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListPrograms", list_columns,
        "There is no programme yet. Begin with `convene programs create --name NAME`.", LIST_LIMIT};
    Convene__Mentoring__V1__ListProgramsRequest request =
        CONVENE__MENTORING__V1__LIST_PROGRAMS_REQUEST__INIT;
    return cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetProgramRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REQUEST__INIT;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Program *program = NULL;
    code = code ? code : cvn_call(cli, SERVICE "GetProgram", &request, &program);
    return code ? code : cvn_view_one(cli, show_columns, program);
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CreateProgramRequest request =
        CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    request.program = &program;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Program *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateProgram", &request, &made);
    if (code == CVN_EXIT_DONE) {
        code = cvn_view_one(cli, show_columns, made);
        cvn_cli_note(cli, "Next: convene programs import \"%s\" FILE.csv", made->name);
    }
    return code;
}

static enum cvn_exit set_state(struct cvn_cli *cli, Convene__Mentoring__V1__Program__State state)
{
    Convene__Mentoring__V1__SetProgramStateRequest request =
        CONVENE__MENTORING__V1__SET_PROGRAM_STATE_REQUEST__INIT;
    request.state = state;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Program *program = NULL;
    code = code ? code : cvn_call(cli, SERVICE "SetProgramState", &request, &program);
    return code ? code : cvn_view_one(cli, show_columns, program);
}

static enum cvn_exit run_open(struct cvn_cli *cli)
{
    return set_state(cli, CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_OPEN);
}

static enum cvn_exit run_close(struct cvn_cli *cli)
{
    return set_state(cli, CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_CLOSED);
}

static const struct cvn_option list_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option create_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes, unique; required", "program.name"},
    {"description", 0, "TEXT", "Markdown", "program.description"},
    {"group", 'g', "GROUP", "grp_…; the whole instance when left out", "program.group_id"},
    {"start", 0, "DATE", "as in 2027-01-15", "program.start_date"},
    {"end", 0, "DATE", "not before the start", "program.end_date"},
    {"weeks", 0, "N", "length of a mentorship, up to 104", "program.mentorship_weeks"},
    {"min-hours", 0, "N", "common hours a week that a pair needs; 1 when left out, -1 for none",
     "program.rules.min_common_hours"},
    {"allow-no-language", 0, NULL, "pairs need no common language",
     "program.rules.allow_no_common_language"},
    {"allow-lower-level", 0, NULL, "a mentor may stand no higher than the mentee",
     "program.rules.allow_lower_level"},
    {"allow-previous", 0, NULL, "two who were paired before may be again",
     "program.rules.allow_previous_partner"},
    {"allow-no-skill", 0, NULL, "a mentor may offer none of the wanted skills",
     "program.rules.allow_no_common_skill"},
    {"manager", 0, "PERSON", "per_…; may be given several times", "program.manager_ids"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_programs_commands[] = {
    {"list", "", 0, 0, "Lists programmes, newest first.", NULL, list_options, false, run_list,
     NULL},
    {"show", "PROGRAM", 1, 1, "Shows one programme, by name or id.", NULL, NULL, false, run_show,
     NULL},
    {"create", "", 0, 0, "Begins a programme, open for enrolment.",
     "convene programs create --name \"Spring mentoring\" --start 2027-03-01 --weeks 12",
     create_options, false, run_create, NULL},
    {"enrol", "PROGRAM PERSON", 2, 2, "Enrols one person as mentor or mentee.",
     "convene programs enrol \"Spring mentoring\" ada@example.org --role mentor \\\n"
     "    --skills \"go:5; sql:3\" --availability \"mon 18:00-20:00\" --capacity 2",
     cvn_enrol_options, false, cvn_enrol_run, NULL},
    {"enrolments", "PROGRAM", 1, 1, "Lists who takes part.", NULL, cvn_enrolments_options, false,
     cvn_enrolments_run, NULL},
    {"withdraw", "ENROLMENT", 1, 1, "Takes somebody out of matching from now on.", NULL, NULL,
     false, cvn_withdraw_run, NULL},
    {"import", "PROGRAM FILE", 2, 2,
     "Enrols many from CSV or JSON lines, with a report for each refused row; safe to run again.",
     NULL, cvn_enrolments_import_options, false, cvn_enrolments_import_run, &cvn_enrolments_import},
    {"open", "PROGRAM", 1, 1, "Opens enrolment.", NULL, NULL, false, run_open, NULL},
    {"close", "PROGRAM", 1, 1, "Closes enrolment.", NULL, NULL, false, run_close, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
