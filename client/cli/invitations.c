#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/membership.h"
#include "client/cli/view.h"
#include "convene/events/v1/membership.pb-c.h"

#include <stdio.h>
#include <string.h>

#define SERVICE "convene.events.v1.MembershipService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_id, Convene__Events__V1__Invitation, id)
CVN_VIEW_STRING(see_group, Convene__Events__V1__Invitation, group_name)
CVN_VIEW_STRING(see_message, Convene__Events__V1__Invitation, message)
CVN_VIEW_INSTANT(see_expires, Convene__Events__V1__Invitation, expire_time)
CVN_VIEW_ENUM(see_role, Convene__Events__V1__Invitation, role,
              convene__events__v1__group_role__descriptor)

static const char *see_addressee(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Invitation *invitation = message;
    (void)cli;
    return *invitation->email ? invitation->email : invitation->person_id;
}

static const struct cvn_view_column columns[] = {
    {{"Invitation", false, false}, see_id}, {{"Group", false, true}, see_group},
    {{"For", false, true}, see_addressee},  {{"As", false, false}, see_role},
    {{"Until", false, false}, see_expires}, {{"Message", false, true}, see_message},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit tell_token(struct cvn_cli *cli,
                                const Convene__Events__V1__CreateInvitationResponse *made)
{
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, columns,
                            cli->format == CVN_FORMAT_JSON ? (const void *)made
                                                           : (const void *)made->invitation);
    }
    enum cvn_exit code = cvn_view_one(cli, columns, made->invitation);
    if (code == CVN_EXIT_DONE && made->token_withheld) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The answer with the token got lost. Revoke the invitation and make "
                            "another: convene groups revoke %s",
                            made->invitation->id);
    }
    if (code == CVN_EXIT_DONE && *made->token) {
        (void)printf("Token          %s\n", made->token);
        cvn_cli_note(cli,
                     "Send the token to %s; it is shown only now. They join with\n"
                     "  convene groups accept TOKEN",
                     made->invitation->email);
    } else if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli, "They join with `convene groups accept %s`.", made->invitation->id);
    }
    return code;
}

/* An address is invited as it is, so that inviting does not tell who is registered. */
enum cvn_exit cvn_invitation_run_invite(struct cvn_cli *cli)
{
    Convene__Events__V1__CreateInvitationRequest request =
        CONVENE__EVENTS__V1__CREATE_INVITATION_REQUEST__INIT;
    Convene__Events__V1__Invitation invitation = CONVENE__EVENTS__V1__INVITATION__INIT;
    Google__Protobuf__Timestamp expire_time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    request.invitation = &invitation;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_fill_time(cli, "expires", &expire_time, &invitation.expire_time);
    invitation.group_id = cvn_call_word(cli, 0);
    if (strchr(cvn_call_word(cli, 1), '@')) {
        invitation.email = cvn_call_word(cli, 1);
    } else {
        invitation.person_id = cvn_call_word(cli, 1);
    }
    CVN_REPLY_AUTO Convene__Events__V1__CreateInvitationResponse *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateInvitation", &request, &made);
    return code ? code : tell_token(cli, made);
}

enum cvn_exit cvn_invitation_run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListInvitations", columns,
                                              "No invitation waits.", LIST_LIMIT};
    Convene__Events__V1__ListInvitationsRequest request =
        CONVENE__EVENTS__V1__LIST_INVITATIONS_REQUEST__INIT;
    request.group_id = cvn_call_word(cli, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

enum cvn_exit cvn_invitation_run_accept(struct cvn_cli *cli)
{
    Convene__Events__V1__AcceptInvitationRequest request =
        CONVENE__EVENTS__V1__ACCEPT_INVITATION_REQUEST__INIT;
    request.invitation = cvn_call_word(cli, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Member *member = NULL;
    code = code ? code : cvn_call(cli, SERVICE "AcceptInvitation", &request, &member);
    return code ? code : cvn_view_one(cli, cvn_member_columns, member);
}

static enum cvn_exit show_ended(struct cvn_cli *cli,
                                const Convene__Events__V1__Invitation *invitation, const char *how)
{
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, columns, invitation);
    }
    (void)printf("The invitation %s is %s.\n", invitation->id, how);
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_invitation_run_decline(struct cvn_cli *cli)
{
    Convene__Events__V1__DeclineInvitationRequest request =
        CONVENE__EVENTS__V1__DECLINE_INVITATION_REQUEST__INIT;
    request.invitation = cvn_call_word(cli, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Invitation *invitation = NULL;
    code = code ? code : cvn_call(cli, SERVICE "DeclineInvitation", &request, &invitation);
    return code ? code : show_ended(cli, invitation, "declined");
}

enum cvn_exit cvn_invitation_run_revoke(struct cvn_cli *cli)
{
    Convene__Events__V1__RevokeInvitationRequest request =
        CONVENE__EVENTS__V1__REVOKE_INVITATION_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Invitation *invitation = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "RevokeInvitation", &request, &invitation);
    return code ? code : show_ended(cli, invitation, "taken back");
}

const struct cvn_option cvn_invitation_invite_options[] = {
    {"role", 0, "ROLE", "member or organiser", "invitation.role"},
    {"message", 0, "TEXT", "told with the invitation, at most 500 bytes", "invitation.message"},
    {"expires", 0, "WHEN", "as in +7d; 14 days when left out", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
