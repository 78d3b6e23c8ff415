#include "services/events/group_access.h"
#include "services/events/group_handlers.h"
#include "services/events/group_table.h"
#include "services/events/person_table.h"
#include "services/events/record.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
};

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* Everything that decides about one membership. */
struct case_of_member {
    struct cvn_id group_id;
    struct cvn_id person_id;
    Convene__Events__V1__Group *group;
    Convene__Events__V1__Person *person;
    Convene__Events__V1__Member *member;   /* as it is; NULL for none */
    Convene__Events__V1__GroupRole caller; /* what the caller is in the group */
    bool own;                              /* the caller acts for themselves */
};

static int look_up(struct cvn_ctx *ctx, const char *group, const char *person,
                   struct case_of_member *ret)
{
    int r = cvn_group_find(ctx, "group_id", group, &ret->group_id, &ret->group);
    if (r == 0)
        r = cvn_person_meant(ctx, "person_id", person, &ret->person_id);
    if (r == 0)
        r = cvn_person_find(ctx, &ret->person_id, &ret->person);
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &ret->group_id, &ret->caller);
    if (r != 0)
        return r;
    ret->own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, &ret->person_id);
    r = cvn_member_get(ctx, &ret->group_id, &ret->person_id, &ret->member);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* A group that has an owner keeps one. */
static int refuse_last_owner(struct cvn_ctx *ctx, const struct case_of_member *c)
{
    struct cvn_member_counts counts;
    if (!c->member || c->member->role != ROLE(OWNER))
        return 0;
    int r = cvn_member_counts_get(ctx, &c->group_id, &counts);
    if (r != 0 || counts.n_owners > 1)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "LAST_OWNER",
                                "%s is the only owner of %s. Make somebody else an owner first.",
                                c->person->display_name, c->group->name);
}

int cvn_members_check_set(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__SetMemberRequest *req = request;
    const ProtobufCEnumDescriptor *roles = &convene__events__v1__group_role__descriptor;
    if (!protobuf_c_enum_descriptor_get_value(roles, (int)req->role))
        cvn_problems_add(&ctx->problems, "role",
                         "is %d; GROUP_ROLE_MEMBER, _ORGANISER and _OWNER are the ones there are",
                         (int)req->role);
    return cvn_ctx_refuse_problems(ctx);
}

/* May the caller make the person a member with that role? */
static int may_join(struct cvn_ctx *ctx, const struct case_of_member *c,
                    Convene__Events__V1__GroupRole role)
{
    if (role > ROLE(MEMBER))
        return cvn_group_require(ctx, &c->group_id, ROLE(OWNER));
    if (!c->own)
        return cvn_group_require(ctx, &c->group_id, ROLE(ORGANISER));
    if (c->group->join_mode == CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_CLOSED)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "GROUP_CLOSED",
                                    "%s is closed: ask one of its organisers to add you.",
                                    c->group->name);
    return 0;
}

/* Everybody may take a lesser role themselves; all other changes are the owners'. */
static int may_change(struct cvn_ctx *ctx, const struct case_of_member *c,
                      Convene__Events__V1__GroupRole role)
{
    if (!c->own || role > c->member->role) {
        int r = cvn_group_require(ctx, &c->group_id, ROLE(OWNER));
        if (r != 0)
            return r;
    }
    return role < ROLE(OWNER) ? refuse_last_owner(ctx, c) : 0;
}

static int put_member(struct cvn_ctx *ctx, const struct case_of_member *c,
                      Convene__Events__V1__GroupRole role, Convene__Events__V1__Member *reply)
{
    Convene__Events__V1__Member member = CONVENE__EVENTS__V1__MEMBER__INIT;
    member.role = role;
    member.create_time =
        c->member ? c->member->create_time : cvn_record_time(ctx->arena, ctx->now_ms);
    if (!member.create_time)
        return -ENOMEM;
    int r = cvn_member_put(ctx, &c->group_id, &c->person_id, &member);
    if (r == 0)
        r = cvn_member_fill(ctx, &c->group_id, &c->person_id, &member);
    if (r == 0)
        *reply = member;
    return r;
}

int cvn_members_set(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__SetMemberRequest *req = request;
    struct case_of_member c = {0};
    int r = look_up(ctx, req->group_id, req->person_id, &c);
    if (r != 0)
        return r;
    Convene__Events__V1__GroupRole role = req->role;
    if (role == ROLE(UNSPECIFIED))
        role = c.member ? c.member->role : ROLE(MEMBER);
    if (!c.member) {
        r = may_join(ctx, &c, role);
        if (r == 0)
            r = cvn_member_require_room(ctx, &c.person_id);
    } else if (role != c.member->role) {
        r = may_change(ctx, &c, role);
    } else if (!c.own) {
        r = cvn_group_require(ctx, &c.group_id, ROLE(ORGANISER));
    }
    if (r != 0)
        return r;
    if (!c.member || role != c.member->role)
        return put_member(ctx, &c, role, reply);
    *(Convene__Events__V1__Member *)reply = *c.member;
    return 0;
}

int cvn_members_remove(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RemoveMemberRequest *req = request;
    struct case_of_member c = {0};
    int r = look_up(ctx, req->group_id, req->person_id, &c);
    if (r == 0 && !c.own)
        r = cvn_group_require(ctx, &c.group_id,
                              c.member && c.member->role > ROLE(MEMBER) ? ROLE(OWNER)
                                                                        : ROLE(ORGANISER));
    if (r != 0)
        return r;
    if (!c.member)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "%s is no member of %s.", c.person->display_name,
                              c.group->name);
    r = refuse_last_owner(ctx, &c);
    if (r == 0)
        r = cvn_member_delete(ctx, &c.group_id, &c.person_id);
    if (r == 0)
        *(Convene__Events__V1__Member *)reply = *c.member;
    return r;
}

/* The person of a member's key. */
static int read_row(struct cvn_ctx *ctx, const struct cvn_id *group, struct cvn_slice key,
                    struct cvn_slice value, Convene__Events__V1__Member **ret)
{
    struct cvn_key prefix;
    cvn_member_prefix(&prefix, group);
    if (key.len != prefix.len + CVN_ID_BYTES)
        return -EUCLEAN;
    struct cvn_id person;
    memcpy(person.bytes, (const uint8_t *)key.data + prefix.len, CVN_ID_BYTES);
    int r = cvn_ctx_unpack(ctx, &convene__events__v1__member__descriptor, value, ret);
    return r == 0 ? cvn_member_fill(ctx, group, &person, *ret) : r;
}

static int list_page(struct cvn_ctx *ctx, struct cvn_cursor *cursor, const struct cvn_id *group,
                     size_t page_size, Convene__Events__V1__ListMembersResponse *reply)
{
    struct cvn_slice key, value;
    int r;
    reply->members = cvn_arena_alloc_array(ctx->arena, page_size + 1, sizeof(void *));
    if (!reply->members)
        return -ENOMEM;
    while (reply->n_members <= page_size && (r = cvn_cursor_next(cursor, &key, &value)) == 0) {
        r = read_row(ctx, group, key, value, &reply->members[reply->n_members]);
        if (r != 0)
            return r;
        reply->n_members++;
    }
    return reply->n_members > page_size ? 0 : r;
}

/* Drops the member that was read only to see that there is a further page, and points to it. */
static int finish_page(struct cvn_ctx *ctx, const struct cvn_id *group,
                       const Convene__Events__V1__ListMembersRequest *req,
                       Convene__Events__V1__ListMembersResponse *reply)
{
    struct cvn_id last;
    struct cvn_key key;
    reply->n_members--;
    if (!cvn_id_parse(&last, CVN_PERSON_PREFIX, reply->members[reply->n_members - 1]->person_id))
        return -EUCLEAN;
    cvn_member_key(&key, group, &last);
    reply->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&key));
    return reply->next_page_token ? 0 : -ENOMEM;
}

int cvn_members_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListMembersRequest *req = request;
    struct cvn_id group;
    struct cvn_slice after = {NULL, 0};
    struct cvn_key lo, hi;
    int32_t page_size = cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &req->base, &after);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    int r = cvn_group_find(ctx, "group_id", req->group_id, &group, NULL);
    if (r == 0)
        r = cvn_group_require(ctx, &group, ROLE(MEMBER));
    if (r != 0)
        return r;
    cvn_member_prefix(&lo, &group);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    if (r == 0)
        r = list_page(ctx, &cursor, &group, (size_t)page_size, reply);
    if (r == CVN_STORE_ABSENT)
        return 0;
    return r == 0 ? finish_page(ctx, &group, req, reply) : r;
}
