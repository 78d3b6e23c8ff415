#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/enrolments.h"
#include "client/cli/program_report.h"
#include "client/cli/program_update.h"
#include "client/cli/program_view.h"
#include "convene/mentoring/v1/program.pb-c.h"

#define SERVICE "convene.mentoring.v1.ProgramService/"

enum { LIST_LIMIT = 50 };

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListPrograms", cvn_program_list_columns,
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
    return code ? code : cvn_view_one(cli, cvn_program_show_columns, program);
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CreateProgramRequest request =
        CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    request.program = &program;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_program_find_named(cli, &program);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Program *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateProgram", &request, &made);
    if (code == CVN_EXIT_DONE) {
        code = cvn_view_one(cli, cvn_program_show_columns, made);
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
    return code ? code : cvn_view_one(cli, cvn_program_show_columns, program);
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
    {"group", 'g', "GROUP", "slug or id; the whole instance when left out", "program.group_id"},
    {"start", 0, "DATE", "as in 2027-01-15", "program.start_date"},
    {"end", 0, "DATE", "not before the start", "program.end_date"},
    {"weeks", 0, "N", "length of a mentorship, up to 104", "program.mentorship_weeks"},
    {"acceptance-days", 0, "N", "to accept a proposal in, up to 90; 14 when left out",
     "program.acceptance_days"},
    {"format", 0, "FORMAT", "one-to-one, or group: a mentor's mentees meet at one time they share",
     "program.format"},
    {"session-hours", 0, "N", "of --format group: how long a group meets, 1 to 8; 1 when left out",
     "program.session_hours"},
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
    {"manager", 0, "PERSON", "e-mail or id; may be given several times", "program.manager_ids"},
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
    {"edit", "ENROLMENT", 1, 1, "Changes what somebody is enrolled with; lists are replaced.",
     "convene programs edit enr_… --capacity 3", cvn_enrolment_edit_options, false,
     cvn_enrolment_edit_run, NULL},
    {"withdraw", "ENROLMENT", 1, 1,
     "Takes somebody out of matching from now on, and ends their mentorships.", NULL,
     cvn_withdraw_options, false, cvn_withdraw_run, NULL},
    {"import", "PROGRAM FILE", 2, 2,
     "Enrols many from CSV or JSON lines, with a report for each refused row; safe to run again.",
     NULL, cvn_enrolments_import_options, false, cvn_enrolments_import_run, &cvn_enrolments_import},
    {"export", "PROGRAM [FILE]", 1, 2,
     "Writes the enrolments as CSV or JSON lines, as import reads them.",
     "convene programs export \"Spring mentoring\" backup.csv", cvn_enrolments_export_options,
     false, cvn_enrolments_export_run, NULL},
    {"update", "PROGRAM", 1, 1, "Changes a programme, its rules or its weights.",
     "convene programs update \"Spring mentoring\" --min-hours 2 --mentee-weights \"skills:400\"",
     cvn_program_update_options, false, cvn_program_update_run, NULL},
    {"lint", "PROGRAM", 1, 1,
     "Says what in the rules and weights would keep people from being paired well.", NULL, NULL,
     false, cvn_program_lint_run, NULL},
    {"report", "PROGRAM", 1, 1,
     "Says what has become of a programme: matched, accepted, sessions, satisfaction, by topic.",
     NULL, cvn_program_report_options, false, cvn_program_report_run, NULL},
    {"feedback", "PROGRAM", 1, 1, "Lists what people say of their mentorships; for managers.", NULL,
     cvn_program_feedback_options, false, cvn_program_feedback_run, NULL},
    {"open", "PROGRAM", 1, 1, "Opens enrolment.", NULL, NULL, false, run_open, NULL},
    {"close", "PROGRAM", 1, 1, "Closes enrolment.", NULL, NULL, false, run_close, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
