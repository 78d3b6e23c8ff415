#include "client/cli/match_solve.h"

#include "client/cli/call.h"
#include "client/cli/explain.h"
#include "client/cli/field.h"
#include "client/cli/match_sensitivity.h"
#include "client/cli/match_view.h"
#include "client/cli/mentor_groups.h"
#include "client/cli/progress.h"
#include "client/cli/roster.h"
#include "client/cli/view.h"
#include "client/cli/weights.h"
#include "cohort/groups.h"
#include "cohort/report.h"
#include "cohort/sensitivity.h"
#include "matching/matching.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

static const size_t arena_bytes = (size_t)16 << 30; /* of a million people on each side */

/* One matching from the files to the answer. */
struct solve {
    struct cvn_cli *cli;
    struct cvn_arena arena;
    struct cvn_roster mentors, mentees;
    Convene__Mentoring__V1__Program program;
    Convene__Mentoring__V1__CreateMatchRunRequest request; /* the options of a run */
    struct cvn_cohort cohort;
    struct cvn_groups groups; /* with --format group */
    struct cvn_match_result *result;
    struct cvn_report report;
};

static bool show(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    cvn_progress_show_keys(context, cvn_match_phase_name(phase), done, total);
    return true;
}

/* What a run on a server is asked for, from the options of the same names. */
static enum cvn_exit read_run(struct solve *solve)
{
    static const struct {
        const char *option, *field;
    } rows[] = {{"mode", "mode"}, {"candidates", "candidates_per_mentee"}, {"seed", "seed"}};
    struct cvn_cli *cli = solve->cli;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *value = cvn_args_get(&cli->args, rows[i].option);
        struct cvn_error err = {""};
        int r = value ? cvn_field_set(&cli->arena, &solve->request.base, rows[i].field, value, &err)
                      : 0;
        if (r) {
            return r == -ENOMEM ? cvn_cli_no_memory(cli)
                                : cvn_cli_misuse(cli, "--%s %s.", rows[i].option, err.text);
        }
    }
    return CVN_EXIT_DONE;
}

/* The programme's rules and weights; what is not given is as in a programme that says nothing. */
static enum cvn_exit read_program(struct solve *solve)
{
    struct cvn_cli *cli = solve->cli;
    struct cvn_weights_given given;
    convene__mentoring__v1__program__init(&solve->program);
    enum cvn_exit code = cvn_call_fill(cli, &solve->program);
    int32_t hours = solve->program.session_hours;
    if (code == CVN_EXIT_DONE && (hours < 0 || hours > CVN_GROUPS_SESSION_HOURS_MAX)) {
        return cvn_cli_misuse(cli, "--session-hours is %d; 1 to %d is right.", hours,
                              CVN_GROUPS_SESSION_HOURS_MAX);
    }
    code = code ? code
                : cvn_weights_set(cli, "mentee-weights", "mentee_weights", &solve->program.base,
                                  &given);
    return code ? code
                : cvn_weights_set(cli, "mentor-weights", "mentor_weights", &solve->program.base,
                                  &given);
}

static enum cvn_exit read_files(struct solve *solve)
{
    struct cvn_cli *cli = solve->cli;
    const char *mentors = cvn_args_get(&cli->args, "mentors");
    const char *mentees = cvn_args_get(&cli->args, "mentees");
    if (!mentors || !mentees) {
        return cvn_cli_misuse(cli, "--mentors and --mentees each name a file.");
    }
    enum cvn_exit code =
        cvn_roster_read(cli, &solve->arena, mentors, ROLE(MENTOR), &solve->mentors);
    return code ? code
                : cvn_roster_read(cli, &solve->arena, mentees, ROLE(MENTEE), &solve->mentees);
}

static enum cvn_exit build(struct solve *solve)
{
    const Convene__Mentoring__V1__CreateMatchRunRequest *request = &solve->request;
    struct cvn_cli *cli = solve->cli;
    struct cvn_error err = {""};
    long n_threads = sysconf(_SC_NPROCESSORS_ONLN);
    struct cvn_cohort_input input = {
        .program = &solve->program,
        .mentors = solve->mentors.members,
        .n_mentors = solve->mentors.n,
        .mentees = solve->mentees.members,
        .n_mentees = solve->mentees.n,
        .mode = request->mode ? (enum cvn_match_mode)(request->mode - 1) : CVN_MATCH_STABLE,
        .candidates_per_mentee = request->candidates_per_mentee ? request->candidates_per_mentee
                                                                : CVN_MATCH_CANDIDATES_DEFAULT,
        .all_pairs = !cvn_args_has(&cli->args, "candidates-only"),
        .seed = request->seed,
        .now_ms = cli->now_ms,
    };
    int r = cvn_cohort_build(&solve->cohort, &solve->arena, cli->zones, &input, &err);
    solve->cohort.problem.n_threads = n_threads < 1                       ? 1
                                      : n_threads < CVN_MATCH_THREADS_MAX ? (int32_t)n_threads
                                                                          : CVN_MATCH_THREADS_MAX;
    if (r == CVN_COHORT_UNKNOWN) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s", err.text);
    }
    return r ? cvn_cli_no_memory(cli) : CVN_EXIT_DONE;
}

static enum cvn_exit refuse_problem(struct solve *solve)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, &solve->arena);
    (void)cvn_match_validate(&solve->cohort.problem, &problems);
    return cvn_cli_fail(solve->cli, CVN_EXIT_FAILED, "%s", cvn_problems_sentence(&problems));
}

/* Chooses when groups meet; nobody is locked. */
static int arrange(struct solve *solve, const struct cvn_match_progress *progress)
{
    size_t apart;
    if (solve->cohort.session_hours == 0) {
        return 0;
    }
    int r = cvn_groups_arrange(&solve->cohort.problem, solve->cohort.session_hours, &solve->arena,
                               progress, &solve->groups, &apart);
    solve->cohort.own = solve->groups.before.mentors;
    return r;
}

/* Nothing is told that has not passed the check. */
static enum cvn_exit run(struct solve *solve)
{
    struct cvn_match_progress progress = {show, solve->cli};
    struct cvn_error err = {""};
    int r = arrange(solve, &progress);
    if (r == 0) {
        r = cvn_match_solve(&solve->cohort.problem, &progress, &solve->result);
    }
    if (r == 0) {
        r = cvn_match_check(&solve->cohort.problem, cvn_match_result_answer(solve->result),
                            CVN_MATCH_CHECK_CANDIDATES, &progress, &err);
    }
    if (r == 0 && solve->cohort.session_hours > 0) {
        r = cvn_match_check_times(&solve->groups.before, solve->groups.n_hours, solve->groups.times,
                                  cvn_match_result_answer(solve->result), &err);
    }
    cvn_progress_clear(solve->cli);
    if (r == CVN_MATCH_INVALID) {
        return refuse_problem(solve);
    }
    if (r == CVN_MATCH_VIOLATION) {
        return cvn_cli_fail(solve->cli, CVN_EXIT_FAILED, "The check refuted the result: %s.",
                            err.text);
    }
    if (r == 0) {
        r = cvn_report_init(&solve->report, &solve->cohort, solve->result, "", &solve->arena);
    }
    return r ? cvn_cli_no_memory(solve->cli) : CVN_EXIT_DONE;
}

/* The place of a person among the mentees of the answer, or SIZE_MAX. */
static size_t find_mentee(const struct solve *solve, const struct cvn_id *id)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(solve->result);
    size_t i = 0;
    while (i < answer->n_mentees && !cvn_id_equal(&answer->mentee_ids[i], id)) {
        i++;
    }
    return i < answer->n_mentees ? i : SIZE_MAX;
}

/* Finds the mentee whom an option names. */
static enum cvn_exit find_named(struct solve *solve, const char *person, size_t *ret)
{
    struct cvn_id id;
    if (cvn_roster_id(&solve->arena, person, &id) != 0) {
        return cvn_cli_no_memory(solve->cli);
    }
    *ret = find_mentee(solve, &id);
    if (*ret == SIZE_MAX) {
        return cvn_cli_fail(solve->cli, CVN_EXIT_NOT_FOUND, "There is no mentee \"%s\".", person);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit explain(struct solve *solve, const char *person)
{
    size_t i;
    Convene__Mentoring__V1__ExplainMatchResponse *reply;
    enum cvn_exit code = find_named(solve, person, &i);
    if (code) {
        return code;
    }
    if (cvn_report_mentee(&solve->report, i, &solve->arena, &reply) != 0) {
        return cvn_cli_no_memory(solve->cli);
    }
    return cvn_explain_print(solve->cli, reply);
}

static int name_mentor(void *context, const struct cvn_id *mentor, char **ret_id, char **ret_name)
{
    const struct solve *solve = context;
    const struct cvn_cohort_member *member =
        bsearch(mentor, solve->mentors.members, solve->mentors.n, sizeof *member,
                cvn_cohort_compare_member);
    *ret_id = member->enrolment->person_id;
    *ret_name = member->enrolment->display_name;
    return 0;
}

static enum cvn_exit weigh(struct solve *solve, const char *person)
{
    struct cvn_match_progress progress = {show, solve->cli};
    struct cvn_sensitivity_names names = {name_mentor, solve};
    Convene__Mentoring__V1__MatchSensitivity reply =
        CONVENE__MENTORING__V1__MATCH_SENSITIVITY__INIT;
    struct cvn_match_sensitivity found;
    size_t i;
    enum cvn_exit code = find_named(solve, person, &i);
    if (code) {
        return code;
    }
    const struct cvn_cohort_member *mentee = &solve->mentees.members[i];
    int r = cvn_match_find_turns(&solve->cohort.problem, &mentee->person, &progress, &found);
    cvn_progress_clear(solve->cli);
    reply.mentee_id = mentee->enrolment->person_id;
    reply.mentee_name = mentee->enrolment->display_name;
    if (r == 0 && found.matched) {
        r = name_mentor(solve, &found.mentor_id, &reply.mentor_id, &reply.mentor_name);
    }
    if (r == 0) {
        r = cvn_sensitivity_fill(&reply, &solve->arena, &solve->cohort.problem, &found, &names);
    }
    return r ? cvn_cli_no_memory(solve->cli) : cvn_match_sensitivity_print(solve->cli, &reply);
}

/* One row for each mentee, in the order of their names. */
static int compare_matches(const void *a, const void *b)
{
    const Convene__Mentoring__V1__Match *const *x = a, *const *y = b;
    int r = strcmp((*x)->mentee_name, (*y)->mentee_name);
    return r ? r : strcmp((*x)->mentee_id, (*y)->mentee_id);
}

static enum cvn_exit print_pairs(struct solve *solve)
{
    size_t n = cvn_match_result_answer(solve->result)->n_mentees;
    Convene__Mentoring__V1__Match **matches =
        cvn_arena_alloc_array(&solve->arena, n, sizeof(Convene__Mentoring__V1__Match *));
    for (size_t i = 0; matches && i < n; i++) {
        if (cvn_report_match(&solve->report, i, &solve->arena, &matches[i]) != 0) {
            return cvn_cli_no_memory(solve->cli);
        }
        /* The files know no enrolments and no ids of ours. */
        const Convene__Mentoring__V1__Enrolment *mentee = solve->mentees.members[i].enrolment;
        matches[i]->mentee_id = mentee->person_id;
    }
    if (!matches) {
        return cvn_cli_no_memory(solve->cli);
    }
    if (cvn_args_has(&solve->cli->args, "groups")) {
        return cvn_mentor_groups_print(solve->cli, matches, n);
    }
    if (n > 0) {
        qsort(matches, n, sizeof(Convene__Mentoring__V1__Match *), compare_matches);
    }
    return cvn_view_rows(
        solve->cli, solve->cohort.session_hours > 0 ? cvn_match_group_columns : cvn_match_columns,
        (ProtobufCMessage *const *)matches, n);
}

static void tell_sum(const struct solve *solve)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(solve->result);
    const struct cvn_match_stats *stats = &answer->stats;
    struct cvn_cli *cli = solve->cli;
    enum cvn_match_mode mode = solve->cohort.problem.mode;
    (void)printf("\nPaired %" PRId64 " of %s with %s (%s), total score %" PRId64 ".\n",
                 stats->n_matched, cvn_view_count(cli, (int64_t)answer->n_mentees, "mentee"),
                 cvn_view_count(cli, (int64_t)answer->n_mentors, "mentor"),
                 cvn_view_count(cli, stats->n_seats, "seat"),
                 stats->mentee_score + stats->mentor_score);
    bool is_open = solve->cohort.problem.all_pairs && mode == CVN_MATCH_STABLE &&
                   answer->gap.n_tempted == 0 && answer->n_unmatched > 0;
    (void)printf("Checked: %s over %s%s.\n",
                 mode == CVN_MATCH_STABLE ? "stable, no blocking pair" : cvn_match_mode_name(mode),
                 cvn_view_count(cli, stats->n_candidates, "candidate"),
                 is_open ? "; no other mentor would take who has none" : "");
    if (solve->cohort.session_hours > 0) {
        (void)printf("That is so with the groups' times as they are, at which everybody is free; "
                     "they were chosen\nfor each mentor first, and others might serve the whole "
                     "better.\n");
    }
    if (solve->cohort.problem.all_pairs && mode != CVN_MATCH_STABLE) {
        const char *text = cvn_match_gap_text(cli, answer->gap.worth, answer->gap.bound);
        (void)printf("%s%s", text ? text : "", text && *text ? "\n" : "");
    }
    (void)printf("Input %.16s…, seed %" PRIu64 ": the same files, options and day give the same "
                 "pairs.\n",
                 solve->cohort.digest, solve->cohort.problem.seed);
}

static enum cvn_exit print(struct solve *solve)
{
    const char *person = cvn_args_get(&solve->cli->args, "explain");
    if (person) {
        return explain(solve, person);
    }
    person = cvn_args_get(&solve->cli->args, "sensitivity");
    if (person) {
        return weigh(solve, person);
    }
    enum cvn_exit code = print_pairs(solve);
    if (code == CVN_EXIT_DONE && solve->cli->format == CVN_FORMAT_TABLE) {
        tell_sum(solve);
    }
    return code;
}

enum cvn_exit cvn_match_solve_run(struct cvn_cli *cli)
{
    struct solve *solve = cvn_arena_alloc(&cli->arena, sizeof *solve);
    if (!solve) {
        return cvn_cli_no_memory(cli);
    }
    solve->cli = cli;
    cvn_arena_init(&solve->arena, arena_bytes);
    convene__mentoring__v1__create_match_run_request__init(&solve->request);
    enum cvn_exit code = read_run(solve);
    code = code ? code : read_program(solve);
    code = code ? code : read_files(solve);
    code = code ? code : build(solve);
    code = code ? code : run(solve);
    code = code ? code : print(solve);
    cvn_report_deinit(&solve->report);
    cvn_match_result_free(solve->result);
    cvn_arena_deinit(&solve->arena);
    return code;
}

const struct cvn_option cvn_match_solve_options[] = {
    {"mentors", 0, "FILE", "CSV or .jsonl with the columns of `convene programs import`; required",
     NULL},
    {"mentees", 0, "FILE", "likewise; required", NULL},
    {"mode", 0, "MODE", "stable, which is the default, optimal, most-placed or fair", NULL},
    {"candidates", 0, "N", "mentors kept for each mentee; 32 when left out, at most 256", NULL},
    {"seed", 0, "N", "breaks ties; the same seed gives the same pairs", NULL},
    {"candidates-only", 0, NULL, "do not go on from these to all mentors: faster, and pairs fewer",
     NULL},
    {"explain", 0, "PERSON", "say why this mentee was paired as they were, or was not", NULL},
    {"sensitivity", 0, "PERSON", "say which weights would give this mentee another mentor", NULL},
    {"format", 0, "FORMAT", "one-to-one, or group: a mentor's mentees meet at one time they share",
     "format"},
    {"session-hours", 0, "N", "of --format group: how long a group meets, 1 to 8; 1 when left out",
     "session_hours"},
    {"groups", 0, NULL, "show the groups and when they meet, in place of the pairs", NULL},
    {"min-hours", 0, "N", "common hours a week that a pair needs; -1 for none",
     "rules.min_common_hours"},
    {"allow-no-language", 0, NULL, "pairs need no common language",
     "rules.allow_no_common_language"},
    {"allow-lower-level", 0, NULL, "a mentor may stand no higher than the mentee",
     "rules.allow_lower_level"},
    {"allow-no-skill", 0, NULL, "a mentor may offer none of the wanted skills",
     "rules.allow_no_common_skill"},
    {"mentee-weights", 0, "LIST",
     "how mentees value mentors, as in \"skills:400; goals:100\"; what "
     "is not named counts nothing",
     NULL},
    {"mentor-weights", 0, "LIST", "the same for how mentors value mentees", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
