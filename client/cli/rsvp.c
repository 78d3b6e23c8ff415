#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/rsvp_agenda.h"
#include "client/cli/rsvp_check_in.h"
#include "client/cli/rsvp_draw.h"
#include "client/cli/rsvp_organise.h"
#include "client/cli/rsvp_view.h"
#include "client/cli/rsvp_waitlist.h"

#include <errno.h>
#include <string.h>

enum { LIST_LIMIT = 200, ANSWERS_MAX = 16 };

/* Reads "diet=vegan" or, of several, "days=mon|tue"; the same question again adds to its values. */
static enum cvn_exit read_answer(struct cvn_cli *cli, const char *text,
                                 Convene__Events__V1__RespondRequest *request)
{
    size_t len = strcspn(text, "=");
    if (text[len] != '=' || len == 0) {
        return cvn_cli_misuse(cli, "--answer must be QUESTION=TEXT, not \"%.40s\".", text);
    }
    if (request->n_answers == ANSWERS_MAX) {
        return cvn_cli_misuse(cli, "--answer was given %d times; an event asks at most 10.",
                              ANSWERS_MAX + 1);
    }
    Convene__Events__V1__QuestionAnswer *answer = cvn_arena_alloc(&cli->arena, sizeof *answer);
    char *copy = cvn_arena_strdup(&cli->arena, text);
    size_t n = 1;
    for (const char *c = text; *c; c++) {
        n += *c == '|';
    }
    char **values = cvn_arena_alloc_array(&cli->arena, n, sizeof *values);
    if (!answer || !copy || !values) {
        return cvn_cli_no_memory(cli);
    }
    convene__events__v1__question_answer__init(answer);
    copy[len] = '\0';
    answer->question_id = copy;
    answer->values = values;
    for (char *at = copy + len + 1, *end = at; end; at = end + 1) {
        end = strchr(at, '|');
        if (end) {
            *end = '\0';
        }
        values[answer->n_values++] = at;
    }
    request->answers[request->n_answers++] = answer;
    return CVN_EXIT_DONE;
}

static enum cvn_exit read_answers(struct cvn_cli *cli, Convene__Events__V1__RespondRequest *request)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    request->answers = cvn_arena_alloc_array(&cli->arena, ANSWERS_MAX, sizeof *request->answers);
    if (!request->answers) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; code == CVN_EXIT_DONE && i < cli->args.n_given; i++) {
        if (strcmp(cli->args.given[i].option->name, "answer") == 0) {
            code = read_answer(cli, cli->args.given[i].value, request);
        }
    }
    return code;
}

static enum cvn_exit respond(struct cvn_cli *cli,
                             Convene__Events__V1__RespondRequest__Answer answer)
{
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    code = code ? code : cvn_rsvp_way(cli, &request.way);
    code = code ? code : read_answers(cli, &request);
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.answer = answer;
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    code = code ? code : cvn_call(cli, CVN_RSVP_SERVICE "Respond", &request, &rsvp);
    code = code ? code : cvn_rsvp_tell(cli, rsvp);
    if (code == CVN_EXIT_DONE &&
        answer == CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES) {
        cvn_rsvp_warn_of_clashes(cli, rsvp);
    }
    return code;
}

static enum cvn_exit run_yes(struct cvn_cli *cli)
{
    return respond(cli, CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES);
}

static enum cvn_exit run_no(struct cvn_cli *cli)
{
    return respond(cli, CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_NO);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetRsvpRequest request = CONVENE__EVENTS__V1__GET_RSVP_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    code = code ? code : cvn_call(cli, CVN_RSVP_SERVICE "GetRsvp", &request, &rsvp);
    return code ? code : cvn_view_one(cli, cvn_rsvp_show_columns, rsvp);
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {CVN_RSVP_SERVICE "ListRsvps", cvn_rsvp_list_columns,
                                              "Nobody has answered yet.", LIST_LIMIT};
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

static const struct cvn_option yes_options[] = {
    {"guests", 0, "N", "people you bring, 0 to 10", "guests"},
    CVN_RSVP_WAY_OPTIONS,
    {"answer", 0, "QUESTION=TEXT", "to a question of the event; may be given several times", NULL},
    {"as", 0, "PERSON", "id or e-mail of whom you answer for; for organisers", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option as_options[] = {
    {"as", 0, "PERSON", "id or e-mail of somebody else; for organisers", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    {"state", 's', "STATE", "only yes, waitlisted, offered, requested, no, attended …", "state"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_rsvp_commands[] = {
    {"yes", "EVENT", 1, 1, "Says that you come; joins the waitlist when the event is full.",
     "convene events show EVENT lists what it asks; answer with --answer diet=vegan, of several\n"
     "choices with --answer days=mon|tue.",
     yes_options, false, run_yes, NULL},
    {"no", "EVENT", 1, 1, "Says that you do not come; the next in the queue moves up.", NULL,
     as_options, false, run_no, NULL},
    {"show", "EVENT", 1, 1, "Shows your answer.", NULL, as_options, false, run_show, NULL},
    {"agenda", "", 0, 0, "Lists what you go to, wait for or are invited to, and what clashes.",
     NULL, cvn_rsvp_agenda_options, false, cvn_rsvp_run_agenda, NULL},
    {"list", "EVENT", 1, 1, "Lists the answers: the queue in its order, then the others.", NULL,
     list_options, false, run_list, NULL},
    {"waitlist", "EVENT", 1, 1, "Shows the queue and what became of it, or your own place.",
     "--verify replays the history, in which each step is chained to the one before it by a hash,\n"
     "and finds what is missing, altered or out of order. Exits with 1 when something is.",
     cvn_rsvp_waitlist_options, false, cvn_rsvp_run_waitlist, NULL},
    {"draw", "EVENT", 1, 1, "Draws the lots of an event whose waitlist is a lottery.",
     "--verify checks, on this machine, that the seed is the one that was promised, that the "
     "order\n"
     "follows from it and that your own ticket took part. Anybody may.",
     cvn_rsvp_draw_options, false, cvn_rsvp_run_draw, NULL},
    {"decide", "EVENT PERSON DECISION", 3, 3, "Decides, as an organiser, about somebody's answer.",
     "DECISION is invite, approve, reject or remove; after the start attended, no-show or\n"
     "excused, and unmark takes such a mark back.",
     cvn_rsvp_decide_options, false, cvn_rsvp_run_decide, NULL},
    {"add", "EVENT PERSON", 2, 2, "Adds somebody as an organiser, whatever the RSVP window says.",
     "Where no seat is free the person waits; with --over-capacity there is one more.",
     cvn_rsvp_add_options, false, cvn_rsvp_run_add, NULL},
    {"move", "EVENT PERSON PLACE", 3, 3, "Moves somebody in the queue; 1 is next to be served.",
     NULL, cvn_rsvp_move_options, false, cvn_rsvp_run_move, NULL},
    {"invite", "EVENT [PERSON ...]", 1, 16, "Invites people, by id or e-mail.",
     "convene rsvp invite evt_… ada@example.org grace@example.org\n"
     "convene rsvp invite evt_… --from people.txt",
     cvn_rsvp_invite_options, false, cvn_rsvp_run_invite, NULL},
    {"check-in", "EVENT [PERSON ...]", 1, 16, "Records who is there, as an organiser or host.",
     "--list takes a CSV file with the columns person and nonce, and, where wanted, walk_in,\n"
     "guests, way, undo and reason. A line whose nonce was seen changes nothing, so that a list "
     "which\n"
     "was kept without a network can be sent twice.",
     cvn_rsvp_check_in_options, false, cvn_rsvp_run_check_in, NULL},
    {"close", "EVENT", 1, 1, "After the end, marks those who were not checked in as no-shows.",
     NULL, NULL, false, cvn_rsvp_run_close, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
