#include "tests/unit/community/people.h"

#include "services/events/groups/group_access.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

static const ProtobufCMessageDescriptor *input_of(int method)
{
    return convene__events__v1__membership_service__descriptor.methods[method].input;
}

static void set_text(void *message, const ProtobufCMessageDescriptor *type, const char *name,
                     char *text)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(type, name);
    if (field)
        memcpy((char *)message + field->offset, &text, sizeof text);
}

void *membership_call(struct client *client, int method, struct cvn_id group, struct cvn_id person)
{
    _Alignas(16) char request[256];
    const ProtobufCMessageDescriptor *type = input_of(method);
    struct id_text group_id = id_text("grp", group), person_id = id_text("per", person);
    assert_true(type->sizeof_message <= sizeof request);
    protobuf_c_message_init(type, request);
    set_text(request, type, "group_id", group_id.text);
    set_text(request, type, "person_id", person_id.text);
    return client_call(client, &cvn_membership_methods[method], request);
}

int join(struct client *client, struct cvn_id group)
{
    Convene__Events__V1__JoinGroupRequest request = CONVENE__EVENTS__V1__JOIN_GROUP_REQUEST__INIT;
    struct id_text group_id = id_text("grp", group);
    request.group_id = group_id.text;
    const Convene__Events__V1__JoinGroupResponse *reply =
        client_call(client, &cvn_membership_methods[JOIN], &request);
    if (!reply)
        return -1;
    return reply->result_case == CONVENE__EVENTS__V1__JOIN_GROUP_RESPONSE__RESULT_MEMBER
               ? (int)reply->member->role
               : 0;
}

void set_join_mode(struct harness *harness, struct cvn_id group, Convene__Events__V1__JoinMode mode)
{
    CLIENT admin = client_admin(harness);
    Convene__Events__V1__UpdateGroupRequest request =
        CONVENE__EVENTS__V1__UPDATE_GROUP_REQUEST__INIT;
    Convene__Events__V1__Group message = CONVENE__EVENTS__V1__GROUP__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    struct id_text id = id_text("grp", group);
    char *path = (char *)"join_mode";
    message.id = id.text;
    message.join_mode = mode;
    mask.paths = &path;
    mask.n_paths = 1;
    request.group = &message;
    request.update_mask = &mask;
    assert_non_null(client_call(&admin, &cvn_group_methods[7], &request));
}

void set_role(struct harness *harness, struct cvn_id group, struct cvn_id person, int role)
{
    CLIENT admin = client_admin(harness);
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct id_text group_id = id_text("grp", group), person_id = id_text("per", person);
    request.group_id = group_id.text;
    request.person_id = person_id.text;
    request.role = (Convene__Events__V1__GroupRole)role;
    assert_non_null(client_call(&admin, &cvn_group_methods[4], &request));
}

struct role_asked {
    struct cvn_id group, person;
    Convene__Events__V1__GroupRole role;
};

static int read_role(struct cvn_ctx *ctx, void *arg)
{
    struct role_asked *asked = arg;
    return cvn_group_role(ctx, &asked->group, &asked->person, &asked->role);
}

int role_of(struct harness *harness, struct cvn_id group, struct cvn_id person)
{
    struct role_asked asked = {group, person, 0};
    assert_int_equal(harness_read(harness, read_role, &asked), 0);
    return (int)asked.role;
}

static const Convene__Events__V1__CreateInvitationResponse *
send(struct client *client, struct cvn_id group, Convene__Events__V1__Invitation invitation)
{
    Convene__Events__V1__CreateInvitationRequest request =
        CONVENE__EVENTS__V1__CREATE_INVITATION_REQUEST__INIT;
    struct id_text group_id = id_text("grp", group);
    invitation.group_id = group_id.text;
    request.invitation = &invitation;
    return client_call(client, &cvn_membership_methods[INVITE], &request);
}

struct id_text invite(struct client *client, struct cvn_id group, struct cvn_id person, int role)
{
    Convene__Events__V1__Invitation invitation = CONVENE__EVENTS__V1__INVITATION__INIT;
    struct id_text person_id = id_text("per", person), id = {""};
    invitation.person_id = person_id.text;
    invitation.role = (Convene__Events__V1__GroupRole)role;
    const Convene__Events__V1__CreateInvitationResponse *made = send(client, group, invitation);
    if (made) {
        assert_string_equal(made->token, "");
        strcpy(id.text, made->invitation->id);
    }
    return id;
}

struct token_text invite_email(struct client *client, struct cvn_id group, const char *email)
{
    Convene__Events__V1__Invitation invitation = CONVENE__EVENTS__V1__INVITATION__INIT;
    struct token_text token = {""};
    invitation.email = (char *)email;
    const Convene__Events__V1__CreateInvitationResponse *made = send(client, group, invitation);
    if (made)
        (void)snprintf(token.text, sizeof token.text, "%s", made->token);
    return token;
}

int accept_invitation(struct client *client, const char *invitation)
{
    Convene__Events__V1__AcceptInvitationRequest request =
        CONVENE__EVENTS__V1__ACCEPT_INVITATION_REQUEST__INIT;
    request.invitation = (char *)invitation;
    const Convene__Events__V1__Member *member =
        client_call(client, &cvn_membership_methods[ACCEPT], &request);
    return member ? (int)member->role : -1;
}

static void fail_finding(void *arg, const struct cvn_verify_finding *finding)
{
    (void)arg;
    fail_msg("index %s does not fit", finding->index ? finding->index->name : "?");
}

static int verify(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_verify_totals totals;
    (void)arg;
    return cvn_table_verify(ctx->txn, cvn_events_tables, fail_finding, NULL, &totals);
}

void verify_store(struct harness *harness)
{
    assert_int_equal(harness_read(harness, verify, NULL), 0);
}
