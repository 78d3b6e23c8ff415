#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/view.h"
#include "convene/events/v1/rsvp.pb-c.h"

#include <errno.h>

#define SERVICE "convene.events.v1.RsvpService/"

enum { LIST_LIMIT = 200 };

CVN_VIEW_STRING(see_name, Convene__Events__V1__Rsvp, display_name)
CVN_VIEW_STRING(see_person, Convene__Events__V1__Rsvp, person_id)
CVN_VIEW_STRING(see_event, Convene__Events__V1__Rsvp, event_id)
CVN_VIEW_INT(see_guests, Convene__Events__V1__Rsvp, guests)
CVN_VIEW_INT(see_position, Convene__Events__V1__Rsvp, queue_position)
CVN_VIEW_ENUM(see_state, Convene__Events__V1__Rsvp, state,
              convene__events__v1__rsvp_state__descriptor)
CVN_VIEW_INSTANT(see_offer, Convene__Events__V1__Rsvp, offer_expire_time)
CVN_VIEW_INSTANT(see_changed, Convene__Events__V1__Rsvp, update_time)

static const struct cvn_view_column list_columns[] = {
    {{"Name", false, true}, see_name},      {{"Answer", false, false}, see_state},
    {{"Guests", true, false}, see_guests},  {{"In queue", true, false}, see_position},
    {{"Person", false, false}, see_person}, {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"Answer", false, false}, see_state},
    {{"Guests", false, false}, see_guests},
    {{"In queue", false, false}, see_position},
    {{"Held until", false, false}, see_offer},
    {{"Changed", false, false}, see_changed},
    {{"Event", false, false}, see_event},
    {{"Person", false, false}, see_person},
    {{NULL, false, false}, NULL},
};

static const char *meaning(const Convene__Events__V1__Rsvp *rsvp)
{
    switch (rsvp->state) {
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES:
        return "has a seat";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED:
        return "is on the waitlist";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_OFFERED:
        return "is offered a seat; answer yes to take it";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REQUESTED:
        return "waits for an organiser's approval";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO:
        return "does not come";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_INVITED:
        return "is invited";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_EXPIRED:
        return "let an offer pass";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REJECTED:
        return "was not approved";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REMOVED:
        return "was taken off the list";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED:
        return "came";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO_SHOW:
        return "did not show up";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_EXCUSED:
        return "is excused";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_UNSPECIFIED:
    case _CONVENE__EVENTS__V1__RSVP_STATE_IS_INT_SIZE:
        break;
    }
    return "has not answered";
}

/* One sentence on a terminal; the record itself for programs. */
static enum cvn_exit tell(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp)
{
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, list_columns, rsvp);
    }
    (void)printf("%s %s", *rsvp->display_name ? rsvp->display_name : rsvp->person_id,
                 meaning(rsvp));
    if (rsvp->guests > 0) {
        (void)printf(", with %d guest%s", rsvp->guests, rsvp->guests == 1 ? "" : "s");
    }
    if (rsvp->queue_position > 0) {
        (void)printf(", at place %d", rsvp->queue_position);
    }
    (void)puts(".");
    return CVN_EXIT_DONE;
}

static enum cvn_exit respond(struct cvn_cli *cli,
                             Convene__Events__V1__RespondRequest__Answer answer)
{
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.answer = answer;
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    code = code ? code : cvn_call(cli, SERVICE "Respond", &request, &rsvp);
    return code ? code : tell(cli, rsvp);
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
    code = code ? code : cvn_call(cli, SERVICE "GetRsvp", &request, &rsvp);
    return code ? code : cvn_view_one(cli, show_columns, rsvp);
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListRsvps", list_columns,
                                              "Nobody has answered yet.", LIST_LIMIT};
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
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

static enum cvn_exit run_decide(struct cvn_cli *cli)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    struct cvn_error err;
    if (set_action(cli, &request, cvn_args_word(&cli->args, 2), &err)) {
        return cvn_cli_misuse(cli, "The decision %s.", err.text);
    }
    enum cvn_exit code = cvn_call_person(cli, cvn_args_word(&cli->args, 1), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    code = code ? code : cvn_call(cli, SERVICE "Decide", &request, &rsvp);
    return code ? code : tell(cli, rsvp);
}

static const struct cvn_option yes_options[] = {
    {"guests", 0, "N", "people you bring, 0 to 10", "guests"},
    {"as", 0, "PERSON", "id or e-mail of whom you answer for; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option as_options[] = {
    {"as", 0, "PERSON", "id or e-mail of somebody else; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    {"state", 's', "STATE", "only yes, waitlisted, offered, requested, no, attended …", "state"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_rsvp_commands[] = {
    {"yes", "EVENT", 1, 1, "Says that you come; joins the waitlist when the event is full.", NULL,
     yes_options, false, run_yes, NULL},
    {"no", "EVENT", 1, 1, "Says that you do not come; the next in the queue moves up.", NULL,
     as_options, false, run_no, NULL},
    {"show", "EVENT", 1, 1, "Shows your answer.", NULL, as_options, false, run_show, NULL},
    {"list", "EVENT", 1, 1, "Lists the answers: the queue in its order, then the others.", NULL,
     list_options, false, run_list, NULL},
    {"decide", "EVENT PERSON DECISION", 3, 3, "Decides, as an organiser, about somebody's answer.",
     "DECISION is invite, approve, reject or remove; after the start attended, no-show or "
     "excused.",
     NULL, false, run_decide, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
