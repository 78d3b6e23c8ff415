#include "client/cli/membership.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/view.h"
#include "convene/events/v1/membership.pb-c.h"

#include <stdio.h>

#define GROUPS "convene.events.v1.GroupService/"
#define SERVICE "convene.events.v1.MembershipService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_group, Convene__Events__V1__JoinRequest, group_id)
CVN_VIEW_STRING(see_name, Convene__Events__V1__JoinRequest, display_name)
CVN_VIEW_STRING(see_person, Convene__Events__V1__JoinRequest, person_id)
CVN_VIEW_STRING(see_message, Convene__Events__V1__JoinRequest, message)
CVN_VIEW_STRING(see_reason, Convene__Events__V1__JoinRequest, reason)
CVN_VIEW_INSTANT(see_asked, Convene__Events__V1__JoinRequest, create_time)
CVN_VIEW_ENUM(see_state, Convene__Events__V1__JoinRequest, state,
              convene__events__v1__join_request_state__descriptor)

static const struct cvn_view_column request_columns[] = {
    {{"Name", false, true}, see_name},     {{"State", false, false}, see_state},
    {{"Asked", false, false}, see_asked},  {{"Message", false, true}, see_message},
    {{"Reason", false, true}, see_reason}, {{"Person", false, false}, see_person},
    {{"Group", false, false}, see_group},  {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_banned_name, Convene__Events__V1__Ban, display_name)
CVN_VIEW_STRING(see_banned_id, Convene__Events__V1__Ban, person_id)
CVN_VIEW_STRING(see_ban_reason, Convene__Events__V1__Ban, reason)
CVN_VIEW_STRING(see_banned_by, Convene__Events__V1__Ban, banned_by)
CVN_VIEW_INSTANT(see_banned_since, Convene__Events__V1__Ban, create_time)

static const struct cvn_view_column ban_columns[] = {
    {{"Name", false, true}, see_banned_name},  {{"Since", false, false}, see_banned_since},
    {{"Reason", false, true}, see_ban_reason}, {{"By", false, false}, see_banned_by},
    {{"Person", false, false}, see_banned_id}, {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_member_name, Convene__Events__V1__Member, display_name)
CVN_VIEW_STRING(see_member_id, Convene__Events__V1__Member, person_id)
CVN_VIEW_INSTANT(see_member_since, Convene__Events__V1__Member, create_time)
CVN_VIEW_INSTANT(see_offered_until, Convene__Events__V1__Member, offer_expire_time)
CVN_VIEW_ENUM(see_role, Convene__Events__V1__Member, role,
              convene__events__v1__group_role__descriptor)

const struct cvn_view_column cvn_member_columns[] = {
    {{"Name", false, true}, see_member_name},
    {{"Role", false, false}, see_role},
    {{"Since", false, false}, see_member_since},
    {{"Offered until", false, false}, see_offered_until},
    {{"Person", false, false}, see_member_id},
    {{NULL, false, false}, NULL},
};

/* The person that a command's second word names. */
static enum cvn_exit second_person(struct cvn_cli *cli, char **ret)
{
    return cvn_call_person(cli, cvn_args_word(&cli->args, 1), ret);
}

/* The person that --as names; nobody: who calls. */
static enum cvn_exit as_person(struct cvn_cli *cli, char **ret)
{
    return cvn_call_person(cli, cvn_args_get(&cli->args, "as"), ret);
}

/* Does what the request says, unless code says that it is none, and shows what there is then. */
static enum cvn_exit change(struct cvn_cli *cli, enum cvn_exit code, const char *method,
                            const void *request, const struct cvn_view_column *columns)
{
    CVN_REPLY_AUTO ProtobufCMessage *reply = NULL;
    code = code ? code : cvn_call(cli, method, request, &reply);
    return code ? code : cvn_view_one(cli, columns, reply);
}

static enum cvn_exit show_joined(struct cvn_cli *cli,
                                 const Convene__Events__V1__JoinGroupResponse *joined)
{
    if (joined->result_case == CONVENE__EVENTS__V1__JOIN_GROUP_RESPONSE__RESULT_MEMBER) {
        return cvn_view_one(cli, cvn_member_columns, joined->member);
    }
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, request_columns, joined->request);
    }
    (void)printf("Asked. The organisers of %s decide; `convene groups requests` shows how it "
                 "stands.\n",
                 cvn_args_word(&cli->args, 0));
    return CVN_EXIT_DONE;
}

/* With a role, or for somebody else, it is the organisers' way, which does not ask. */
static enum cvn_exit set_member(struct cvn_cli *cli)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct cvn_error err = {""};
    const char *role = cvn_args_get(&cli->args, "role");
    request.group_id = cvn_call_word(cli, 0);
    if (role && cvn_field_set(&cli->arena, &request.base, "role", role, &err)) {
        return cvn_cli_misuse(cli, "--role %s.", err.text);
    }
    enum cvn_exit code = as_person(cli, &request.person_id);
    return change(cli, code, GROUPS "SetMember", &request, cvn_member_columns);
}

enum cvn_exit cvn_membership_run_join(struct cvn_cli *cli)
{
    Convene__Events__V1__JoinGroupRequest request = CONVENE__EVENTS__V1__JOIN_GROUP_REQUEST__INIT;
    if (cvn_args_has(&cli->args, "as") || cvn_args_has(&cli->args, "role")) {
        if (cvn_args_has(&cli->args, "message")) {
            return cvn_cli_misuse(cli, "--message goes with asking for oneself.");
        }
        return set_member(cli);
    }
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.group_id = cvn_call_word(cli, 0);
    CVN_REPLY_AUTO Convene__Events__V1__JoinGroupResponse *joined = NULL;
    code = code ? code : cvn_call(cli, SERVICE "JoinGroup", &request, &joined);
    return code ? code : show_joined(cli, joined);
}

enum cvn_exit cvn_membership_run_withdraw(struct cvn_cli *cli)
{
    Convene__Events__V1__WithdrawJoinRequestRequest request =
        CONVENE__EVENTS__V1__WITHDRAW_JOIN_REQUEST_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    enum cvn_exit code = as_person(cli, &request.person_id);
    return change(cli, code, SERVICE "WithdrawJoinRequest", &request, request_columns);
}

enum cvn_exit cvn_membership_run_requests(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListJoinRequests", request_columns,
                                              "Nobody waits for an answer.", LIST_LIMIT};
    Convene__Events__V1__ListJoinRequestsRequest request =
        CONVENE__EVENTS__V1__LIST_JOIN_REQUESTS_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    if (*request.group_id && !cvn_args_has(&cli->args, "rejected")) {
        request.state = CONVENE__EVENTS__V1__JOIN_REQUEST_STATE__JOIN_REQUEST_STATE_PENDING;
    }
    return cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit decide(struct cvn_cli *cli,
                            Convene__Events__V1__DecideJoinRequestRequest__Action action)
{
    Convene__Events__V1__DecideJoinRequestRequest request =
        CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.group_id = cvn_call_word(cli, 0);
    request.action = action;
    code = code ? code : second_person(cli, &request.person_id);
    return change(cli, code, SERVICE "DecideJoinRequest", &request, request_columns);
}

enum cvn_exit cvn_membership_run_approve(struct cvn_cli *cli)
{
    return decide(cli, CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__ACTION__ACTION_APPROVE);
}

enum cvn_exit cvn_membership_run_reject(struct cvn_cli *cli)
{
    return decide(cli, CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__ACTION__ACTION_REJECT);
}

/* Bans until no RSVP is left; each call ends as many as one transaction should. */
enum cvn_exit cvn_membership_run_ban(struct cvn_cli *cli)
{
    Convene__Events__V1__BanPersonRequest request = CONVENE__EVENTS__V1__BAN_PERSON_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.group_id = cvn_call_word(cli, 0);
    code = code ? code : second_person(cli, &request.person_id);
    int ended = 0;
    bool more = true;
    while (code == CVN_EXIT_DONE && more) {
        CVN_REPLY_AUTO Convene__Events__V1__BanPersonResponse *banned = NULL;
        code = cvn_call(cli, SERVICE "BanPerson", &request, &banned);
        if (code) {
            return code;
        }
        more = banned->more;
        ended += banned->rsvps_ended;
        if (!more) {
            code = cvn_view_one(cli, ban_columns, banned->ban);
        }
    }
    if (code == CVN_EXIT_DONE && ended > 0) {
        cvn_cli_note(cli,
                     "%d RSVP%s to events still to come ended; whoever waited for the seats "
                     "is served.",
                     ended, ended == 1 ? "" : "s");
    }
    return code;
}

enum cvn_exit cvn_membership_run_unban(struct cvn_cli *cli)
{
    Convene__Events__V1__LiftBanRequest request = CONVENE__EVENTS__V1__LIFT_BAN_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    enum cvn_exit code = second_person(cli, &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Ban *lifted = NULL;
    code = code ? code : cvn_call(cli, SERVICE "LiftBan", &request, &lifted);
    if (code || cli->format != CVN_FORMAT_TABLE) {
        return code ? code : cvn_view_one(cli, ban_columns, lifted);
    }
    (void)printf("%s may join %s again.\n", lifted->display_name, request.group_id);
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_membership_run_bans(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListBans", ban_columns, "Nobody is banned.",
                                              LIST_LIMIT};
    Convene__Events__V1__ListBansRequest request = CONVENE__EVENTS__V1__LIST_BANS_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

enum cvn_exit cvn_membership_run_transfer(struct cvn_cli *cli)
{
    Convene__Events__V1__OfferOwnershipRequest request =
        CONVENE__EVENTS__V1__OFFER_OWNERSHIP_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    enum cvn_exit code = second_person(cli, &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Member *member = NULL;
    code = code ? code : cvn_call(cli, SERVICE "OfferOwnership", &request, &member);
    code = code ? code : cvn_view_one(cli, cvn_member_columns, member);
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli, "%s takes it over with `convene groups take-over %s`.",
                     member->display_name, request.group_id);
    }
    return code;
}

enum cvn_exit cvn_membership_run_take_over(struct cvn_cli *cli)
{
    Convene__Events__V1__AcceptOwnershipRequest request =
        CONVENE__EVENTS__V1__ACCEPT_OWNERSHIP_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    enum cvn_exit code = as_person(cli, &request.person_id);
    return change(cli, code, SERVICE "AcceptOwnership", &request, cvn_member_columns);
}

enum cvn_exit cvn_membership_run_refuse_transfer(struct cvn_cli *cli)
{
    Convene__Events__V1__DeclineOwnershipRequest request =
        CONVENE__EVENTS__V1__DECLINE_OWNERSHIP_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    enum cvn_exit code = second_person(cli, &request.person_id);
    return change(cli, code, SERVICE "DeclineOwnership", &request, cvn_member_columns);
}

const struct cvn_option cvn_membership_join_options[] = {
    {"message", 0, "TEXT", "to the organisers, where they have to approve", "message"},
    {"role", 0, "ROLE", "member, organiser or owner; for owners", NULL},
    {"as", 0, "PERSON", "adds somebody else, by id or e-mail; for organisers", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_membership_as_options[] = {
    {"as", 0, "PERSON", "id or e-mail of somebody else; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_membership_requests_options[] = {
    {"rejected", 0, NULL, "those turned down, too", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_membership_reason_options[] = {
    {"reason", 0, "TEXT", "told to the person, at most 500 bytes", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_membership_page_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
