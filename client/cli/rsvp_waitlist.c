#include "client/cli/rsvp_waitlist.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/rsvp_view.h"

#include <inttypes.h>
#include <string.h>

enum { QUEUE_LIMIT = 200, HISTORY_LIMIT = 1000, PERMISSION_DENIED = 7 };

typedef Convene__Events__V1__RsvpMove move_type;

CVN_VIEW_INT(see_number, move_type, number)
CVN_VIEW_INSTANT(see_when, move_type, move_time)
CVN_VIEW_STRING(see_by, move_type, principal)
CVN_VIEW_STRING(see_why, move_type, reason)

static const char *who(const move_type *move)
{
    return *move->display_name ? move->display_name : move->person_id;
}

static const char *seats_text(struct cvn_cli *cli, int32_t capacity)
{
    return capacity ? cvn_arena_printf(&cli->arena, "%d", capacity) : "unlimited";
}

/* "Seats: 20; waitlist auto, strict" */
static const char *see_seats_set(struct cvn_cli *cli, const move_type *move)
{
    const char *online = move->virtual_capacity ? cvn_arena_printf(&cli->arena, " and %d online",
                                                                   move->virtual_capacity)
                                                : "";
    return cvn_arena_printf(
        &cli->arena, "Seats are %s%s; the waitlist is %s, %s", seats_text(cli, move->capacity),
        online ? online : "",
        cvn_field_enum_text(&cli->arena, &convene__events__v1__waitlist_mode__descriptor,
                            (int)move->waitlist_mode),
        cvn_field_enum_text(&cli->arena, &convene__events__v1__party_policy__descriptor,
                            (int)move->party_policy));
}

static const char *verb_of(const move_type *move)
{
    bool yes = move->party > 0;
    switch (move->kind) {
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_ANSWERED:
        return yes ? "said yes" : "said no";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_INVITED:
        return "was invited";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_APPROVED:
        return "was approved";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_REJECTED:
        return "was turned down";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_REMOVED:
        return "was taken off the list";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_PROMOTED:
        return "was next";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_OFFER_EXPIRED:
        return "let the offer pass";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_MARKED:
        return "was marked";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_ADDED:
        return "was added";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_WALKED_IN:
        return "walked in";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_MARK_TAKEN_BACK:
        return "is not marked any more";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_REORDERED:
        return "was moved in the queue";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_DRAWN:
        return "was drawn";
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_SEATS_SET:
    case CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_UNSPECIFIED:
    case _CONVENE__EVENTS__V1__RSVP_MOVE_KIND_IS_INT_SIZE:
        break;
    }
    return "changed";
}

/* Behind the verb: what it came to, where that does not go without saying. */
static const char *outcome_of(struct cvn_cli *cli, const move_type *move)
{
    switch (move->state) {
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES:
        return ": has a seat";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED:
        return cvn_arena_printf(&cli->arena, ": waits as number %" PRId64, move->queue_number);
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_OFFERED:
        return ": is offered a seat";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REQUESTED:
        return ": waits for approval";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED:
        return ": came";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO_SHOW:
        return ": did not show up";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_EXCUSED:
        return ": is excused";
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO:
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_INVITED:
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_EXPIRED:
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REJECTED:
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REMOVED:
    case CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_UNSPECIFIED:
    case _CONVENE__EVENTS__V1__RSVP_STATE_IS_INT_SIZE:
        break;
    }
    return "";
}

static const char *see_what(struct cvn_cli *cli, const void *message)
{
    const move_type *move = message;
    if (move->kind == CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_SEATS_SET) {
        return see_seats_set(cli, move);
    }
    const char *with =
        move->party > 1 ? cvn_arena_printf(&cli->arena, ", %d in all", move->party) : "";
    const char *online =
        move->way == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE ? ", online" : "";
    return cvn_arena_printf(&cli->arena, "%s %s%s%s%s%s", who(move), verb_of(move),
                            outcome_of(cli, move), with ? with : "", online,
                            move->over_capacity ? ", over the capacity" : "");
}

static const struct cvn_view_column history_columns[] = {
    {{"Step", true, false}, see_number}, {{"When", false, false}, see_when},
    {{"What", false, true}, see_what},   {{"By", false, false}, see_by},
    {{"Why", false, true}, see_why},     {{NULL, false, false}, NULL},
};

/* In human words to a person: their own place. */
static enum cvn_exit show_own_place(struct cvn_cli *cli)
{
    Convene__Events__V1__GetRsvpRequest request = CONVENE__EVENTS__V1__GET_RSVP_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Rsvp *rsvp = NULL;
    enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "GetRsvp", &request, &rsvp);
    return code ? code : cvn_rsvp_tell(cli, rsvp);
}

/* Whether the server shows the caller the whole queue; it says no to all but organisers. */
static enum cvn_exit may_see_all(struct cvn_cli *cli, bool *ret)
{
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED;
    request.page_size = 1;
    CVN_REPLY_AUTO Convene__Events__V1__ListRsvpsResponse *reply = NULL;
    int r = cvn_call_quietly(cli, CVN_RSVP_SERVICE "ListRsvps", &request, &reply, &status);
    *ret = r == 0 || (int)status.code != PERMISSION_DENIED;
    convene_status_clear(&status);
    return CVN_EXIT_DONE;
}

static enum cvn_exit show_queue(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {CVN_RSVP_SERVICE "ListRsvps", cvn_rsvp_list_columns,
                                              "Nobody waits.", QUEUE_LIMIT};
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED;
    return cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit show_history(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {CVN_RSVP_SERVICE "ListRsvpMoves", history_columns,
                                              "Nothing has happened yet.", HISTORY_LIMIT};
    Convene__Events__V1__ListRsvpMovesRequest request =
        CONVENE__EVENTS__V1__LIST_RSVP_MOVES_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

CVN_VIEW_INT(see_fault_number, Convene__Events__V1__RsvpMoveFault, number)
CVN_VIEW_STRING(see_fault_text, Convene__Events__V1__RsvpMoveFault, text)

static const struct cvn_view_column fault_columns[] = {
    {{"Step", true, false}, see_fault_number},
    {{"What is wrong", false, false}, see_fault_text},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit verify(struct cvn_cli *cli)
{
    Convene__Events__V1__VerifyRsvpMovesRequest request =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__VerifyRsvpMovesResponse *report = NULL;
    enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "VerifyRsvpMoves", &request, &report);
    if (code) {
        return code;
    }
    if (cli->format == CVN_FORMAT_JSON) {
        code = cvn_view_one(cli, fault_columns, report);
    } else if (report->n_faults > 0 || cli->format == CVN_FORMAT_CSV) {
        code = cvn_view_rows(cli, fault_columns, (ProtobufCMessage *const *)report->faults,
                             report->n_faults);
    }
    if (cli->format == CVN_FORMAT_TABLE && report->fault_count == 0 && report->move_count == 0) {
        (void)puts("Nothing has happened yet.");
    } else if (cli->format == CVN_FORMAT_TABLE && report->fault_count == 0) {
        (void)printf("All %" PRId64 " steps follow from one another and lead to what there is.\n"
                     "The last has the hash %s.\n",
                     report->move_count, report->head_hash);
        cvn_cli_note(cli, "Keep that hash somewhere else: as long as a later check shows it among "
                          "the steps, nothing before it was changed.");
    }
    if (report->fault_count > 0) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The history is not what was written: %" PRId64 " fault%s.",
                            report->fault_count, report->fault_count == 1 ? "" : "s");
    }
    return code;
}

enum cvn_exit cvn_rsvp_run_waitlist(struct cvn_cli *cli)
{
    bool all = true;
    if (cvn_args_has(&cli->args, "verify")) {
        return verify(cli);
    }
    bool history = cvn_args_has(&cli->args, "history");
    enum cvn_exit code = may_see_all(cli, &all);
    if (history) {
        return show_history(cli);
    }
    if (code || !all) {
        return code ? code : show_own_place(cli);
    }
    code = show_queue(cli);
    if (code || cli->format != CVN_FORMAT_TABLE) {
        return code;
    }
    (void)putchar('\n');
    return show_history(cli);
}

const struct cvn_option cvn_rsvp_waitlist_options[] = {
    {"history", 0, NULL, "only what happened; of an event you do not organise, to you", NULL},
    {"verify", 0, NULL, "check that the history is complete and true; for organisers", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
