#include "client/cli/match_pairs.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/mentor_groups.h"
#include "client/cli/values.h"
#include "client/cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "convene.mentoring.v1.MatchService/"

enum { LIST_LIMIT = 200, DIFF_LIMIT = 100, PAGE_SIZE = 500, PAIRS_MAX = 128 };

#define KIND(name) CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_##name

CVN_VIEW_STRING(see_mentee, Convene__Mentoring__V1__PairRule, mentee_name)
CVN_VIEW_STRING(see_mentor, Convene__Mentoring__V1__PairRule, mentor_name)
CVN_VIEW_STRING(see_note, Convene__Mentoring__V1__PairRule, note)
CVN_VIEW_STRING(see_mentee_id, Convene__Mentoring__V1__PairRule, mentee_id)
CVN_VIEW_STRING(see_mentor_id, Convene__Mentoring__V1__PairRule, mentor_id)
CVN_VIEW_INSTANT(see_since, Convene__Mentoring__V1__PairRule, create_time)
CVN_VIEW_ENUM(see_kind, Convene__Mentoring__V1__PairRule, kind,
              convene__mentoring__v1__pair_rule__kind__descriptor)

static const struct cvn_view_column pair_columns[] = {
    {{"Mentee", false, true}, see_mentee},
    {{"Mentor", false, true}, see_mentor},
    {{"Pair is", false, false}, see_kind},
    {{"Since", false, false}, see_since},
    {{"Note", false, true}, see_note},
    {{"Mentee id", false, false}, see_mentee_id},
    {{"Mentor id", false, false}, see_mentor_id},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit find_pair(struct cvn_cli *cli, char **program, char **mentee, char **mentor)
{
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), program);
    code = code ? code : cvn_call_person(cli, cvn_args_word(&cli->args, 1), mentee);
    return code ? code : cvn_call_person(cli, cvn_args_word(&cli->args, 2), mentor);
}

static enum cvn_exit set_pair(struct cvn_cli *cli, Convene__Mentoring__V1__PairRule__Kind kind)
{
    Convene__Mentoring__V1__SetPairRuleRequest request =
        CONVENE__MENTORING__V1__SET_PAIR_RULE_REQUEST__INIT;
    Convene__Mentoring__V1__PairRule rule = CONVENE__MENTORING__V1__PAIR_RULE__INIT;
    request.pair_rule = &rule;
    rule.kind = kind;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : find_pair(cli, &request.program_id, &rule.mentee_id, &rule.mentor_id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__PairRule *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "SetPairRule", &request, &made);
    if (code || cli->format != CVN_FORMAT_TABLE) {
        return code ? code : cvn_view_one(cli, pair_columns, made);
    }
    (void)printf("%s and the mentor %s are paired in %s run from now on.\n", made->mentee_name,
                 made->mentor_name, kind == KIND(LOCKED) ? "every" : "no");
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_match_lock_run(struct cvn_cli *cli)
{
    return set_pair(cli, KIND(LOCKED));
}

enum cvn_exit cvn_match_forbid_run(struct cvn_cli *cli)
{
    return set_pair(cli, KIND(FORBIDDEN));
}

enum cvn_exit cvn_match_unlock_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__DeletePairRuleRequest request =
        CONVENE__MENTORING__V1__DELETE_PAIR_RULE_REQUEST__INIT;
    enum cvn_exit code =
        find_pair(cli, &request.program_id, &request.mentee_id, &request.mentor_id);
    CVN_REPLY_AUTO ProtobufCMessage *reply = NULL;
    code = code ? code : cvn_call(cli, SERVICE "DeletePairRule", &request, &reply);
    if (code == CVN_EXIT_DONE && cli->format == CVN_FORMAT_TABLE) {
        (void)printf("The two are left to the runs again.\n");
    }
    return code;
}

enum cvn_exit cvn_match_pairs_run(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListPairRules", pair_columns,
        "No pair is locked or forbidden. See `convene match lock --help`.", LIST_LIMIT};
    Convene__Mentoring__V1__ListPairRulesRequest request =
        CONVENE__MENTORING__V1__LIST_PAIR_RULES_REQUEST__INIT;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.program_id);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

/* "ada@example.org=bob@example.org", by e-mail or id. */
static enum cvn_exit read_pair(struct cvn_cli *cli, const char *text,
                               Convene__Mentoring__V1__PairRule *rule)
{
    char *mentee = cvn_arena_strdup(&cli->arena, text);
    char *equals = mentee ? strchr(mentee, '=') : NULL;
    if (!mentee) {
        return cvn_cli_no_memory(cli);
    }
    if (!equals || equals == mentee || !equals[1]) {
        return cvn_cli_misuse(cli, "A pair is written MENTEE=MENTOR, not \"%.60s\".", text);
    }
    *equals = '\0';
    enum cvn_exit code = cvn_call_person(cli, mentee, &rule->mentee_id);
    return code ? code : cvn_call_person(cli, equals + 1, &rule->mentor_id);
}

enum cvn_exit cvn_match_fill_pairs(struct cvn_cli *cli,
                                   Convene__Mentoring__V1__CreateMatchRunRequest *request)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    request->pair_rules =
        cvn_arena_alloc_array(&cli->arena, PAIRS_MAX, sizeof(*request->pair_rules));
    Convene__Mentoring__V1__PairRule *rules =
        cvn_arena_alloc_array(&cli->arena, PAIRS_MAX, sizeof *rules);
    if (!request->pair_rules || !rules) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; code == CVN_EXIT_DONE && i < cli->args.n_given; i++) {
        const char *name = cli->args.given[i].option->name;
        bool lock = strcmp(name, "lock") == 0;
        if ((!lock && strcmp(name, "forbid") != 0) || request->n_pair_rules == PAIRS_MAX) {
            continue;
        }
        Convene__Mentoring__V1__PairRule *rule = &rules[request->n_pair_rules];
        convene__mentoring__v1__pair_rule__init(rule);
        rule->kind = lock ? KIND(LOCKED) : KIND(FORBIDDEN);
        code = read_pair(cli, cli->args.given[i].value, rule);
        request->pair_rules[request->n_pair_rules++] = rule;
    }
    return code;
}

CVN_VIEW_STRING(see_change_mentee, Convene__Mentoring__V1__MatchChange, mentee_name)
CVN_VIEW_STRING(see_first, Convene__Mentoring__V1__MatchChange, first_mentor_name)
CVN_VIEW_STRING(see_second, Convene__Mentoring__V1__MatchChange, second_mentor_name)
CVN_VIEW_STRING(see_change_id, Convene__Mentoring__V1__MatchChange, mentee_id)
CVN_VIEW_INT(see_first_score, Convene__Mentoring__V1__MatchChange, first_score)
CVN_VIEW_INT(see_second_score, Convene__Mentoring__V1__MatchChange, second_score)
CVN_VIEW_ENUM(see_change, Convene__Mentoring__V1__MatchChange, kind,
              convene__mentoring__v1__match_change__kind__descriptor)

static const struct cvn_view_column change_columns[] = {
    {{"Change", false, false}, see_change},         {{"Mentee", false, true}, see_change_mentee},
    {{"In the first run", false, true}, see_first}, {{"In the second", false, true}, see_second},
    {{"Score", true, false}, see_first_score},      {{"Then", true, false}, see_second_score},
    {{"Person", false, false}, see_change_id},      {{NULL, false, false}, NULL},
};

static const char *see_first_meeting(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchChange *change = message;
    return cvn_meeting_here(cli, change->first_meeting);
}

static const char *see_second_meeting(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchChange *change = message;
    return cvn_meeting_here(cli, change->second_meeting);
}

static const struct cvn_view_column group_change_columns[] = {
    {{"Change", false, false}, see_change},
    {{"Mentee", false, true}, see_change_mentee},
    {{"In the first run", false, true}, see_first},
    {{"Meets here", false, false}, see_first_meeting},
    {{"In the second", false, true}, see_second},
    {{"Then meets here", false, false}, see_second_meeting},
    {{"Score", true, false}, see_first_score},
    {{"Then", true, false}, see_second_score},
    {{"Person", false, false}, see_change_id},
    {{NULL, false, false}, NULL},
};

/* With the groups' times where there are any. */
static const struct cvn_view_column *columns_of(ProtobufCMessage *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Convene__Mentoring__V1__MatchChange *change =
            (const Convene__Mentoring__V1__MatchChange *)rows[i];
        if (change->first_meeting || change->second_meeting) {
            return group_change_columns;
        }
    }
    return change_columns;
}

/* The pages of a diff, which own the changes. */
struct changes {
    Convene__Mentoring__V1__DiffMatchRunsResponse **pages;
    size_t n_pages;
    ProtobufCMessage **rows;
    size_t n_rows;
};

static void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->n_pages; i++) {
        convene_message_free(&changes->pages[i]->base);
    }
    free(changes->pages);
    free(changes->rows);
}

/* Takes the page over. */
static enum cvn_exit add_page(struct cvn_cli *cli, struct changes *changes,
                              Convene__Mentoring__V1__DiffMatchRunsResponse *page)
{
    void *pages = reallocarray(changes->pages, changes->n_pages + 1, sizeof(*changes->pages));
    if (!pages) {
        convene_message_free(&page->base);
        return cvn_cli_no_memory(cli);
    }
    changes->pages = pages;
    changes->pages[changes->n_pages++] = page;
    void *rows =
        reallocarray(changes->rows, changes->n_rows + page->n_changes + 1, sizeof(*changes->rows));
    if (!rows) {
        return cvn_cli_no_memory(cli);
    }
    changes->rows = rows;
    for (size_t i = 0; i < page->n_changes; i++) {
        changes->rows[changes->n_rows++] = &page->changes[i]->base;
    }
    return CVN_EXIT_DONE;
}

static void print_totals(struct cvn_cli *cli,
                         const Convene__Mentoring__V1__DiffMatchRunsResponse *first)
{
    static const char ending[][2] = {"s", ""};
    (void)printf("%s keep%s the same mentor, ", cvn_view_count(cli, first->same_count, "mentee"),
                 ending[first->same_count != 1]);
    if (first->moved_count > 0) {
        (void)printf("%d of them at another time, ", first->moved_count);
    }
    (void)printf("%d change%s, %d gain%s one, %d lose%s theirs; ", first->changed_count,
                 ending[first->changed_count != 1], first->gained_count,
                 ending[first->gained_count != 1], first->lost_count,
                 ending[first->lost_count != 1]);
    if (first->score_change == 0) {
        (void)printf("the total score stays as it is.\n");
    } else {
        (void)printf("the total score %s by %" PRId64 ".\n",
                     first->score_change < 0 ? "falls" : "rises",
                     first->score_change < 0 ? -first->score_change : first->score_change);
    }
}

enum cvn_exit cvn_match_print_diff(struct cvn_cli *cli, const char *first, const char *second,
                                   size_t limit)
{
    Convene__Mentoring__V1__DiffMatchRunsRequest request =
        CONVENE__MENTORING__V1__DIFF_MATCH_RUNS_REQUEST__INIT;
    struct changes changes = {0};
    enum cvn_exit code = CVN_EXIT_DONE;
    request.first_run_id = (char *)(uintptr_t)first;
    request.second_run_id = (char *)(uintptr_t)second;
    do {
        size_t left = limit ? limit - changes.n_rows : PAGE_SIZE;
        request.page_size = (int32_t)(left < PAGE_SIZE ? left : PAGE_SIZE);
        Convene__Mentoring__V1__DiffMatchRunsResponse *page = NULL;
        code = cvn_call(cli, SERVICE "DiffMatchRuns", &request, &page);
        code = code ? code : add_page(cli, &changes, page);
        request.page_token = code ? request.page_token : page->next_page_token;
    } while (code == CVN_EXIT_DONE && *request.page_token && (!limit || changes.n_rows < limit));
    bool table = cli->format == CVN_FORMAT_TABLE;
    if (code == CVN_EXIT_DONE && table) {
        print_totals(cli, changes.pages[0]);
    }
    if (code == CVN_EXIT_DONE && (!table || changes.n_rows > 0)) {
        code = cvn_view_rows(cli, columns_of(changes.rows, changes.n_rows), changes.rows,
                             changes.n_rows);
    }
    if (code == CVN_EXIT_DONE && *request.page_token) {
        cvn_cli_note(cli, "There are more: --all shows them.");
    }
    changes_free(&changes);
    return code;
}

enum cvn_exit cvn_match_diff_run(struct cvn_cli *cli)
{
    int64_t limit = DIFF_LIMIT;
    const char *asked = cvn_args_get(&cli->args, "limit");
    struct cvn_error err;
    if (asked && cvn_value_int(&limit, asked, 1, INT32_MAX, &err)) {
        return cvn_cli_misuse(cli, "--limit %s.", err.text);
    }
    cvn_call_be_patient(cli);
    return cvn_match_print_diff(cli, cvn_args_word(&cli->args, 0), cvn_args_word(&cli->args, 1),
                                cvn_args_has(&cli->args, "all") ? 0 : (size_t)limit);
}

const struct cvn_option cvn_match_pair_options[] = {
    {"note", 0, "TEXT", "why, for the managers", "pair_rule.note"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_match_diff_options[] = {
    {"limit", 'n', "N", "show at most so many mentees; 100 when left out", NULL},
    {"all", 'a', NULL, "show all", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
