#include "client/cli/rsvp_organise.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/rsvp_view.h"
#include "client/cli/values.h"

#include <errno.h>
#include <string.h>

enum { LINE_BYTES = 512, PEOPLE_MAX = 500 };

#define ACTION(name) CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_##name

/* Fills what all decisions share, calls, and tells what became of it. */
static enum cvn_exit decide(struct cvn_cli *cli, Convene__Events__V1__DecideRequest *request)
{
    enum cvn_exit code = cvn_call_fill(cli, request);
    request->event_id = (char *)cvn_args_word(&cli->args, 0);
    code = code ? code : cvn_call_person(cli, cvn_args_word(&cli->args, 1), &request->person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    code = code ? code : cvn_call(cli, CVN_RSVP_SERVICE "Decide", request, &rsvp);
    return code ? code : cvn_rsvp_tell(cli, rsvp);
}

/* "attended" is what people say; the contract's action is "mark-attended". */
static int set_action(struct cvn_cli *cli, Convene__Events__V1__DecideRequest *request,
                      const char *word, struct cvn_error *err)
{
    struct cvn_error ignored;
    const char *marked = cvn_arena_printf(&cli->arena, "mark-%s", word);
    if (marked && cvn_field_set(&cli->arena, &request->base, "action", marked, &ignored) == 0) {
        return 0;
    }
    return cvn_field_set(&cli->arena, &request->base, "action", word, err);
}

enum cvn_exit cvn_rsvp_run_decide(struct cvn_cli *cli)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    struct cvn_error err;
    if (set_action(cli, &request, cvn_args_word(&cli->args, 2), &err)) {
        return cvn_cli_misuse(cli,
                              "The decision must be invite, approve, reject, remove, attended, "
                              "no-show, excused or unmark, not \"%.40s\".",
                              cvn_args_word(&cli->args, 2));
    }
    return decide(cli, &request);
}

enum cvn_exit cvn_rsvp_run_add(struct cvn_cli *cli)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    request.action = ACTION(ADD);
    enum cvn_exit code = cvn_rsvp_way(cli, &request.way);
    return code ? code : decide(cli, &request);
}

enum cvn_exit cvn_rsvp_run_move(struct cvn_cli *cli)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    struct cvn_error err;
    int64_t position;
    request.action = ACTION(MOVE);
    if (cvn_value_int(&position, cvn_args_word(&cli->args, 2), 1, INT32_MAX, &err)) {
        return cvn_cli_misuse(cli, "The place %s.", err.text);
    }
    request.position = (int32_t)position;
    return decide(cli, &request);
}

/* Everybody to invite, in calls of at most PEOPLE_MAX. */
struct guests {
    char *ids[PEOPLE_MAX];
    const char *named[PEOPLE_MAX]; /* as they were named */
    size_t n;
    enum cvn_exit worst;
};

static enum cvn_exit invite(struct cvn_cli *cli, struct guests *guests)
{
    Convene__Events__V1__InvitePeopleRequest request =
        CONVENE__EVENTS__V1__INVITE_PEOPLE_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.person_ids = guests->ids;
    request.n_person_ids = guests->n;
    CVN_REPLY_AUTO Convene__Events__V1__InvitePeopleResponse *reply = NULL;
    if (guests->n == 0) {
        return CVN_EXIT_DONE;
    }
    enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "InvitePeople", &request, &reply);
    guests->n = 0;
    if (code) {
        return code;
    }
    code = cvn_rsvp_tell_results(cli, reply->results, reply->n_results, guests->named);
    if (code == CVN_EXIT_FAILED) {
        guests->worst = code;
        code = CVN_EXIT_DONE;
    }
    return code;
}

static enum cvn_exit add_guest(struct cvn_cli *cli, struct guests *guests, const char *word)
{
    enum cvn_exit code = guests->n == PEOPLE_MAX ? invite(cli, guests) : CVN_EXIT_DONE;
    code = code ? code : cvn_call_person(cli, word, &guests->ids[guests->n]);
    if (code == CVN_EXIT_NOT_FOUND) { /* which was told; the others are invited */
        guests->worst = code;
        return CVN_EXIT_DONE;
    }
    if (code) {
        return code;
    }
    guests->named[guests->n] = cvn_arena_strdup(&cli->arena, word);
    return guests->named[guests->n++] ? code : cvn_cli_no_memory(cli);
}

static enum cvn_exit add_lines(struct cvn_cli *cli, struct guests *guests, FILE *file)
{
    char line[LINE_BYTES];
    enum cvn_exit code = CVN_EXIT_DONE;
    while (code == CVN_EXIT_DONE && fgets(line, sizeof line, file)) {
        char *word = line + strspn(line, " \t");
        word[strcspn(word, " \t\r\n#")] = '\0';
        if (*word) {
            code = add_guest(cli, guests, word);
        }
    }
    return code;
}

static enum cvn_exit add_file(struct cvn_cli *cli, struct guests *guests, const char *path)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(path, "re");
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", path, strerror(errno));
    }
    enum cvn_exit code = add_lines(cli, guests, file);
    if (!from_stdin) {
        (void)fclose(file);
    }
    return code;
}

enum cvn_exit cvn_rsvp_run_invite(struct cvn_cli *cli)
{
    struct guests *guests = cvn_arena_alloc(&cli->arena, sizeof *guests);
    const char *path = cvn_args_get(&cli->args, "from");
    const char *word;
    enum cvn_exit code = CVN_EXIT_DONE;
    if (!guests) {
        return cvn_cli_no_memory(cli);
    }
    if (!path && !cvn_args_word(&cli->args, 1)) {
        return cvn_cli_misuse(cli, "Say whom to invite, or give a list with --from.");
    }
    for (size_t i = 1; code == CVN_EXIT_DONE && (word = cvn_args_word(&cli->args, i)); i++) {
        code = add_guest(cli, guests, word);
    }
    if (code == CVN_EXIT_DONE && path) {
        code = add_file(cli, guests, path);
    }
    code = code ? code : invite(cli, guests);
    return code ? code : guests->worst;
}

const struct cvn_option cvn_rsvp_decide_options[] = {
    {"reason", 0, "TEXT", "why, for the history; needed to correct a mark", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_rsvp_add_options[] = {
    {"guests", 0, "N", "people they bring, 0 to 10", "guests"},
    CVN_RSVP_WAY_OPTIONS,
    {"over-capacity", 0, NULL, "a seat even where none is free; needs --reason", "over_capacity"},
    {"reason", 0, "TEXT", "why, for the history", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_rsvp_move_options[] = {
    {"reason", 0, "TEXT", "why, for the history; needed", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_rsvp_invite_options[] = {
    {"from", 0, "FILE", "with an id or e-mail on each line; - is standard input", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
