/* Invitations: made by organisers, used or declined by whom they are for. */
#include "services/events/field_check.h"
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_access.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_handlers.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_check.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/row_list.h"

#include <errno.h>
#include <sodium.h>

enum { DAYS_DEFAULT = 14 };

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

static void check_addressee(struct cvn_ctx *ctx, const Convene__Events__V1__Invitation *given)
{
    struct cvn_id person;
    if (!given->person_id[0] == !given->email[0])
        cvn_problems_add(&ctx->problems, "invitation.person_id",
                         "and email are %s; one of them is right",
                         given->email[0] ? "both given" : "both empty");
    else if (given->person_id[0])
        (void)cvn_ctx_read_id(ctx, "invitation.person_id", CVN_PERSON_PREFIX, given->person_id,
                              &person);
    else if (!cvn_person_email_valid(given->email))
        cvn_problems_add(&ctx->problems, "invitation.email",
                         "must be an e-mail address in ASCII of at most %d bytes",
                         CVN_PERSON_EMAIL_MAX);
}

static void check_expiry(struct cvn_ctx *ctx, const Convene__Events__V1__Invitation *given)
{
    cvn_field_check_time(&ctx->problems, "invitation.expire_time", given->expire_time);
    if (!given->expire_time)
        return;
    int64_t in_ms = cvn_record_time_ms(given->expire_time, 0) - ctx->now_ms;
    if (in_ms <= 0 || in_ms > CVN_INVITATION_DAYS_MAX * DAY_MS)
        cvn_problems_add(&ctx->problems, "invitation.expire_time",
                         "is %s; a time within %d days is right",
                         in_ms <= 0 ? "over" : "too far ahead", CVN_INVITATION_DAYS_MAX);
}

/* Leaves the token's secret in ctx->prepared: drawn once, since run may run twice. */
int cvn_invitation_check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CreateInvitationRequest *req = request;
    const Convene__Events__V1__Invitation *given = req->invitation;
    if (!given) {
        cvn_problems_add(&ctx->problems, "invitation", "is required");
        return cvn_ctx_refuse_problems(ctx);
    }
    check_addressee(ctx, given);
    check_expiry(ctx, given);
    if (given->role != ROLE(UNSPECIFIED) && given->role != ROLE(MEMBER) &&
        given->role != ROLE(ORGANISER))
        cvn_problems_add(&ctx->problems, "invitation.role",
                         "is %d; GROUP_ROLE_MEMBER or _ORGANISER is right, and OfferOwnership is "
                         "the way to make an owner",
                         (int)given->role);
    cvn_field_check_prose(&ctx->problems, "invitation.message", given->message,
                          CVN_MEMBERSHIP_TEXT_MAX);
    uint8_t *secret = cvn_arena_alloc(ctx->arena, CVN_INVITATION_SECRET_BYTES);
    if (!secret)
        return -ENOMEM;
    randombytes_buf(secret, CVN_INVITATION_SECRET_BYTES);
    ctx->prepared = secret;
    return cvn_ctx_refuse_problems(ctx);
}

/* Deletes what expired of a group's invitations, each of which had its entry when it was made. */
static int sweep(struct cvn_ctx *ctx, const struct cvn_id *group)
{
    struct cvn_key lo, hi;
    cvn_invitation_of_group(&lo, group);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(
        &cursor, ctx->txn, &cvn_invitation_indexes[CVN_INVITATION_BY_GROUP], bounds, CVN_FORWARD);
    while (r == 0) {
        struct cvn_index_entry entry;
        struct cvn_invitation_row row;
        struct cvn_id id;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0 && !cvn_invitation_of_key(entry.primary, &id))
            r = -EUCLEAN;
        if (r == 0)
            r = cvn_invitation_get(ctx, &id, &row);
        if (r == 0 && cvn_invitation_ended(ctx, &row))
            r = cvn_invitation_delete(ctx, &row);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int make_room(struct cvn_ctx *ctx, const struct cvn_id *group)
{
    struct cvn_membership_counts counts;
    int r = cvn_membership_counts_get(ctx, group, &counts);
    if (r || counts.n_invitations < CVN_GROUP_INVITATIONS_MAX)
        return r;
    r = sweep(ctx, group);
    if (r == 0)
        r = cvn_membership_counts_get(ctx, group, &counts);
    if (r || counts.n_invitations < CVN_GROUP_INVITATIONS_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "TOO_MANY_INVITATIONS",
                                "A group has at most %d invitations that wait; revoke some first.",
                                CVN_GROUP_INVITATIONS_MAX);
}

/* A person who is named must be there, not kept out, and not in the group already. */
static int check_person(struct cvn_ctx *ctx, const Convene__Events__V1__Group *group,
                        const Convene__Events__V1__Invitation *invitation)
{
    struct cvn_member_case c;
    int r = cvn_member_case_find(ctx, group->id, invitation->person_id, &c);
    if (r == 0)
        r = cvn_member_case_require_welcome(ctx, &c);
    if (r || !c.member || c.member->role < invitation->role)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "ALREADY_MEMBER", "%s is in %s already.",
                                c.person->display_name, group->name);
}

/* An addressee's earlier invitation makes room when it has ended. */
static int put(struct cvn_ctx *ctx, const struct cvn_id *group, struct cvn_invitation_row *row)
{
    struct cvn_invitation_row earlier;
    struct cvn_key to;
    struct cvn_id person;
    if (row->message->email[0])
        cvn_invitation_to_email(&to, row->message->email);
    else if (cvn_id_parse(&person, CVN_PERSON_PREFIX, row->message->person_id))
        cvn_invitation_to_person(&to, &person);
    else
        return -EINVAL;
    int r = cvn_invitation_find(ctx, &to, group, &earlier);
    if (r == 0 && !cvn_invitation_ended(ctx, &earlier))
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "INVITED_ALREADY",
                                    "The invitation %s waits for them already; revoke it to send "
                                    "another.",
                                    earlier.message->id);
    if (r == 0)
        r = cvn_invitation_delete(ctx, &earlier);
    return r && r != CVN_STORE_ABSENT ? r : cvn_invitation_add(ctx, row);
}

/* What the client cannot set is the server's. */
static int describe(struct cvn_ctx *ctx, const Convene__Events__V1__Invitation *given,
                    const Convene__Events__V1__Group *group, struct cvn_invitation_row *row)
{
    Convene__Events__V1__Invitation *message = cvn_arena_alloc(ctx->arena, sizeof *message);
    if (!message)
        return -ENOMEM;
    convene__events__v1__invitation__init(message);
    row->id = cvn_ctx_new_id(ctx);
    row->message = message;
    message->id = cvn_ctx_id_text(ctx, CVN_INVITATION_PREFIX, &row->id);
    message->group_id = group->id;
    message->group_name = group->name;
    message->person_id = given->person_id;
    message->email = given->email;
    message->role = given->role == ROLE(UNSPECIFIED) ? ROLE(MEMBER) : given->role;
    message->message = given->message;
    if (ctx->who.kind == CVN_PRINCIPAL_PERSON)
        message->invited_by = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ctx->who.person);
    message->create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    message->expire_time = given->expire_time
                               ? given->expire_time
                               : cvn_record_time(ctx->arena, ctx->now_ms + DAYS_DEFAULT * DAY_MS);
    return message->id && message->invited_by && message->create_time && message->expire_time
               ? 0
               : -ENOMEM;
}

/* An e-mail has no hands to sign in with: its invitation gets a token. */
static int add_token(struct cvn_ctx *ctx, struct cvn_invitation_row *row,
                     Convene__Events__V1__CreateInvitationResponse *reply)
{
    char token[CVN_INVITATION_TOKEN_BYTES];
    if (!row->message->email[0])
        return 0;
    cvn_invitation_token_make(token, row->hash, &row->id, ctx->prepared);
    reply->token = cvn_arena_strdup(ctx->arena, token);
    sodium_memzero(token, sizeof token);
    return reply->token ? 0 : -ENOMEM;
}

int cvn_invitation_create(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreateInvitationRequest *req = request;
    Convene__Events__V1__CreateInvitationResponse *response = reply;
    struct cvn_invitation_row row = {0};
    Convene__Events__V1__Group *group;
    struct cvn_id group_id;
    int r =
        cvn_group_find(ctx, "invitation.group_id", req->invitation->group_id, &group_id, &group);
    if (r == 0)
        r = cvn_group_require(ctx, &group_id,
                              req->invitation->role > ROLE(MEMBER) ? ROLE(OWNER) : ROLE(ORGANISER));
    if (r == 0)
        r = cvn_group_require_active(ctx, group);
    if (r == 0)
        r = describe(ctx, req->invitation, group, &row);
    if (r == 0 && row.message->person_id[0])
        r = check_person(ctx, group, row.message);
    if (r == 0)
        r = make_room(ctx, &group_id);
    if (r == 0)
        r = add_token(ctx, &row, response);
    if (r == 0)
        r = put(ctx, &group_id, &row);
    if (r)
        return r;
    response->invitation = row.message;
    return cvn_community_note(
        ctx, "invitation.created",
        cvn_arena_printf(ctx->arena, "%s/invitations/%s", group->id, row.message->id));
}

void cvn_invitation_forget_token(void *reply)
{
    Convene__Events__V1__CreateInvitationResponse *response = reply;
    response->token_withheld = response->token[0] != '\0';
    response->token = (char *)(uintptr_t)protobuf_c_empty_string;
}

static int refuse_none(struct cvn_ctx *ctx)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND,
                          "There is no such invitation for you; it may have expired or been taken "
                          "back.");
}

/* Who answers an invitation, and which. */
struct answer {
    struct cvn_invitation_row row;
    struct cvn_id group_id;
    struct cvn_member_case c;
};

static bool is_for(const struct answer *a, bool token, const uint8_t *hash)
{
    const Convene__Events__V1__Invitation *message = a->row.message;
    if (message->person_id[0]) {
        struct cvn_id person;
        return cvn_id_parse(&person, CVN_PERSON_PREFIX, message->person_id) &&
               cvn_id_equal(&person, &a->c.person_id);
    }
    if (token)
        return sodium_memcmp(hash, a->row.hash, CVN_INVITATION_HASH_BYTES) == 0;
    struct cvn_key own, theirs;
    cvn_invitation_to_email(&own, a->c.person->email);
    cvn_invitation_to_email(&theirs, message->email);
    return cvn_invitation_email_counts(a->c.person) &&
           cvn_slice_compare(cvn_key_slice(&own), cvn_key_slice(&theirs)) == 0;
}

static int find_answer(struct cvn_ctx *ctx, const char *invitation, const char *person_id,
                       struct answer *ret)
{
    uint8_t hash[CVN_INVITATION_HASH_BYTES] = {0};
    struct cvn_id id;
    bool token;
    if (!cvn_invitation_token_read(invitation, &id, hash, &token)) {
        cvn_problems_add(&ctx->problems, "invitation",
                         "is no invitation's token or id; what the invitation says (inv_…) is "
                         "right");
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = cvn_invitation_get(ctx, &id, &ret->row);
    if (r == CVN_STORE_ABSENT || (r == 0 && cvn_invitation_ended(ctx, &ret->row)))
        return refuse_none(ctx);
    if (r == 0)
        r = cvn_member_case_find(ctx, ret->row.message->group_id, person_id, &ret->c);
    if (r == 0)
        r = cvn_member_case_require_own(ctx, &ret->c, "answer somebody else's invitation");
    if (r)
        return r;
    ret->row.message->group_name = ret->c.group->name;
    return is_for(ret, token, hash) ? 0 : refuse_none(ctx);
}

int cvn_invitation_accept(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__AcceptInvitationRequest *req = request;
    struct answer a;
    int r = find_answer(ctx, req->invitation, req->person_id, &a);
    if (r == 0)
        r = cvn_member_case_require_welcome(ctx, &a.c);
    if (r == 0)
        r = cvn_invitation_use(ctx, &a.row, "invitation.accepted");
    if (r)
        return r;
    if (!a.c.member || a.c.member->role < a.row.message->role)
        return cvn_member_case_enter(ctx, &a.c, a.row.message->role, reply);
    *(Convene__Events__V1__Member *)reply = *a.c.member;
    return 0;
}

int cvn_invitation_decline(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DeclineInvitationRequest *req = request;
    struct answer a;
    int r = find_answer(ctx, req->invitation, req->person_id, &a);
    if (r == 0)
        r = cvn_invitation_use(ctx, &a.row, "invitation.declined");
    if (r == 0)
        *(Convene__Events__V1__Invitation *)reply = *a.row.message;
    return r;
}

/* What one may not see is not there: whom it is for may see it, and so may organisers. */
int cvn_invitation_revoke(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RevokeInvitationRequest *req = request;
    Convene__Events__V1__Invitation *message = reply;
    Convene__Events__V1__GroupRole role;
    struct cvn_invitation_row row;
    struct cvn_id id, group, person;
    if (!cvn_ctx_read_id(ctx, "id", CVN_INVITATION_PREFIX, req->id, &id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_invitation_get(ctx, &id, &row);
    if (r == CVN_STORE_ABSENT)
        return refuse_none(ctx);
    if (r == 0 && !cvn_id_parse(&group, CVN_GROUP_PREFIX, row.message->group_id))
        r = -EUCLEAN;
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &group, &role);
    if (r)
        return r;
    bool own = cvn_id_parse(&person, CVN_PERSON_PREFIX, row.message->person_id) &&
               cvn_person_is_caller(ctx, &person);
    if (role < ROLE(ORGANISER))
        return own ? cvn_ctx_refuse_access(ctx, "take back this invitation; decline it instead")
                   : refuse_none(ctx);
    *message = *row.message;
    return cvn_invitation_use(ctx, &row, "invitation.revoked");
}

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    Convene__Events__V1__ListInvitationsResponse *reply = arg;
    struct cvn_invitation_row row;
    Convene__Events__V1__Group *group;
    struct cvn_id id, group_id;
    (void)value;
    if (!cvn_invitation_of_key(key, &id))
        return -EUCLEAN;
    int r = cvn_invitation_get(ctx, &id, &row);
    if (r == CVN_STORE_ABSENT ||
        (r == 0 && !cvn_id_parse(&group_id, CVN_GROUP_PREFIX, row.message->group_id)))
        return -EUCLEAN;
    *ret_taken = r == 0 && !cvn_invitation_ended(ctx, &row);
    if (!*ret_taken)
        return r;
    r = cvn_group_get(ctx, &group_id, &group);
    if (r)
        return r;
    row.message->group_name = group->name;
    reply->invitations[reply->n_invitations++] = row.message;
    return 0;
}

/* A group's invitations for those who organise it, or those to oneself, by id and by e-mail. */
static int aim(struct cvn_ctx *ctx, const char *group_id, struct cvn_row_list *list)
{
    struct cvn_id id = {{0}};
    Convene__Events__V1__Person *person;
    int r;
    list->n_prefixes = 1;
    if (group_id[0]) {
        list->index = &cvn_invitation_indexes[CVN_INVITATION_BY_GROUP];
        r = cvn_group_find(ctx, "group_id", group_id, &id, NULL);
        if (r == 0)
            r = cvn_group_require(ctx, &id, ROLE(ORGANISER));
        cvn_invitation_of_group(&list->prefixes[0], &id);
        return r;
    }
    list->index = &cvn_invitation_indexes[CVN_INVITATION_BY_ADDRESSEE];
    r = cvn_member_own_list(ctx, &id);
    if (r == 0)
        r = cvn_person_find(ctx, &id, &person);
    if (r)
        return r;
    cvn_invitation_to_person(&list->prefixes[0], &id);
    if (cvn_invitation_email_counts(person))
        cvn_invitation_to_email(&list->prefixes[list->n_prefixes++], person->email);
    return 0;
}

int cvn_invitation_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListInvitationsRequest *req = request;
    Convene__Events__V1__ListInvitationsResponse *response = reply;
    struct cvn_row_list list = {.take = take, .arg = response};
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &response->invitations);
    if (r == 0)
        r = aim(ctx, req->group_id, &list);
    if (r)
        return r;
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &response->next_page_token);
}
