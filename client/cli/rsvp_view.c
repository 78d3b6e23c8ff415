#include "client/cli/rsvp_view.h"

#include "client/cli/field.h"

static const char *see_name(struct cvn_cli *cli, const void *message)
{
    const char *name = ((const Convene__Events__V1__Rsvp *)message)->display_name;
    return *name || cli->format != CVN_FORMAT_TABLE ? name : "(erased)";
}
CVN_VIEW_STRING(see_person, Convene__Events__V1__Rsvp, person_id)
CVN_VIEW_STRING(see_event, Convene__Events__V1__Rsvp, event_id)
CVN_VIEW_INT(see_guests, Convene__Events__V1__Rsvp, guests)
CVN_VIEW_INT(see_position, Convene__Events__V1__Rsvp, queue_position)
CVN_VIEW_ENUM(see_state, Convene__Events__V1__Rsvp, state,
              convene__events__v1__rsvp_state__descriptor)
CVN_VIEW_INSTANT(see_offer, Convene__Events__V1__Rsvp, offer_expire_time)
CVN_VIEW_INSTANT(see_changed, Convene__Events__V1__Rsvp, update_time)

static const char *see_way(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    switch (((const Convene__Events__V1__Rsvp *)message)->way) {
    case CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE:
        return "in the room";
    case CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE:
        return "online";
    case CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_UNSPECIFIED:
    case CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED:
    case _CONVENE__EVENTS__V1__ATTENDANCE_MODE_IS_INT_SIZE:
        break;
    }
    return NULL;
}

/* "diet=vegan; days=mon|tue" */
static const char *see_answers(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Rsvp *rsvp = message;
    const char *all = rsvp->n_answers ? "" : NULL;
    for (size_t i = 0; all && i < rsvp->n_answers; i++) {
        const Convene__Events__V1__QuestionAnswer *answer = rsvp->answers[i];
        all = cvn_arena_printf(&cli->arena, "%s%s%s=", all, i ? "; " : "", answer->question_id);
        for (size_t k = 0; all && k < answer->n_values; k++) {
            all = cvn_arena_printf(&cli->arena, "%s%s%s", all, k ? "|" : "", answer->values[k]);
        }
    }
    return all;
}

const struct cvn_view_column cvn_rsvp_list_columns[] = {
    {{"Name", false, true}, see_name},      {{"Answer", false, false}, see_state},
    {{"Guests", true, false}, see_guests},  {{"In queue", true, false}, see_position},
    {{"Way", false, false}, see_way},       {{"Answers", false, true}, see_answers},
    {{"Person", false, false}, see_person}, {{NULL, false, false}, NULL},
};

const struct cvn_view_column cvn_rsvp_show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"Answer", false, false}, see_state},
    {{"Guests", false, false}, see_guests},
    {{"Way", false, false}, see_way},
    {{"In queue", false, false}, see_position},
    {{"Held until", false, false}, see_offer},
    {{"Answers", false, false}, see_answers},
    {{"Changed", false, false}, see_changed},
    {{"Event", false, false}, see_event},
    {{"Person", false, false}, see_person},
    {{NULL, false, false}, NULL},
};

const char *cvn_rsvp_meaning(Convene__Events__V1__RsvpState state)
{
    switch (state) {
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

enum cvn_exit cvn_rsvp_tell(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp)
{
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, cvn_rsvp_list_columns, rsvp);
    }
    bool waits = rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED;
    bool before_the_draw = waits && rsvp->queue_position == 0; /* when no place means anything */
    const char *way = see_way(cli, rsvp);
    (void)printf("%s %s", *rsvp->display_name ? rsvp->display_name : rsvp->person_id,
                 before_the_draw ? "takes part in the draw of lots"
                                 : cvn_rsvp_meaning(rsvp->state));
    if (way) {
        (void)printf("%s %s", waits ? " to come" : ",", way);
    }
    if (rsvp->guests > 0) {
        (void)printf(", with %d guest%s", rsvp->guests, rsvp->guests == 1 ? "" : "s");
    }
    if (rsvp->queue_position > 0) {
        (void)printf(", at place %d", rsvp->queue_position);
    }
    if (rsvp->offer_expire_time) {
        (void)printf("; it is held until %s", cvn_view_instant(cli, rsvp->offer_expire_time));
    }
    (void)puts(".");
    return CVN_EXIT_DONE;
}

CVN_VIEW_STRING(see_result_person, Convene__Events__V1__RsvpResult, person_id)
CVN_VIEW_ENUM(see_outcome, Convene__Events__V1__RsvpResult, outcome,
              convene__events__v1__rsvp_result__outcome__descriptor)
CVN_VIEW_ENUM(see_result_state, Convene__Events__V1__RsvpResult, state,
              convene__events__v1__rsvp_state__descriptor)

static const char *see_why(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Convene__Events__V1__RsvpResult *result = message;
    return result->status ? result->status->message : NULL;
}

static const struct cvn_view_column result_columns[] = {
    {{"Person", false, false}, see_result_person},
    {{"Outcome", false, false}, see_outcome},
    {{"Answer", false, false}, see_result_state},
    {{"Why", false, true}, see_why},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_rsvp_tell_results(struct cvn_cli *cli,
                                    Convene__Events__V1__RsvpResult *const *results, size_t n,
                                    const char *const *named)
{
    size_t n_refused = 0;
    size_t n_changed = 0;
    for (size_t i = 0; i < n; i++) {
        if (cli->format == CVN_FORMAT_TABLE) {
            results[i]->person_id = (char *)(uintptr_t)named[i]; /* as people know them */
        }
        n_refused +=
            results[i]->outcome == CONVENE__EVENTS__V1__RSVP_RESULT__OUTCOME__OUTCOME_REFUSED;
        n_changed +=
            results[i]->outcome == CONVENE__EVENTS__V1__RSVP_RESULT__OUTCOME__OUTCOME_CHANGED;
    }
    enum cvn_exit code = cvn_view_rows(cli, result_columns, (ProtobufCMessage *const *)results, n);
    cvn_cli_note(cli, "%zu changed, %zu were so already, %zu refused.", n_changed,
                 n - n_changed - n_refused, n_refused);
    return code == CVN_EXIT_DONE && n_refused > 0 ? CVN_EXIT_FAILED : code;
}

enum cvn_exit cvn_rsvp_way(struct cvn_cli *cli, Convene__Events__V1__AttendanceMode *ret)
{
    bool online = cvn_args_has(&cli->args, "online");
    bool room = cvn_args_has(&cli->args, "in-person");
    if (online && room) {
        return cvn_cli_misuse(cli, "--online and --in-person exclude each other.");
    }
    if (online) {
        *ret = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    } else if (room) {
        *ret = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE;
    }
    return CVN_EXIT_DONE;
}
