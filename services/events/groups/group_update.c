/* Changing a group that is there, archiving it and restoring it. */
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_check.h"
#include "services/events/groups/group_handlers.h"
#include "services/events/groups/group_table.h"
#include "services/events/record.h"
#include "services/events/service.h"
#include "services/runtime/field_mask.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

static const char *const changeable[] = {"slug",      "name",    "description",
                                         "city",      "country", "location",
                                         "time_zone", "topics",  "join_mode"};

static const struct cvn_field_mask_rule mask_rule = {
    .resource = "Group",
    .example = "description is one, and location as a whole",
    .changeable = changeable,
    .n = sizeof changeable / sizeof *changeable,
};

int cvn_groups_check_update(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__UpdateGroupRequest *req = request;
    if (!req->group)
        cvn_problems_add(&ctx->problems, "group", "is required");
    cvn_field_mask_check(&ctx->problems, req->update_mask, &mask_rule);
    return cvn_ctx_refuse_problems(ctx);
}

/* What a group is called, and who lets people in, is its owners'. */
static Convene__Events__V1__GroupRole role_needed(const Google__Protobuf__FieldMask *mask)
{
    bool owners = cvn_field_mask_names(mask, "name") || cvn_field_mask_names(mask, "slug") ||
                  cvn_field_mask_names(mask, "join_mode");
    return owners ? ROLE(OWNER) : ROLE(ORGANISER);
}

static int show(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Group *group)
{
    Convene__Events__V1__GroupRole role;
    int r = cvn_group_role_of_caller(ctx, id, &role);
    return r ? r : cvn_group_show(ctx, id, role >= ROLE(ORGANISER), group);
}

static int store(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Group *group)
{
    int r = cvn_groups_stamp(ctx, id, group);
    if (r == 0)
        r = cvn_group_put(ctx, id, group);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "SLUG_TAKEN",
                                    "There is another group with the slug \"%s\".", group->slug);
    return r;
}

int cvn_groups_update(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__UpdateGroupRequest *req = request;
    struct cvn_zones *zones = ((const struct cvn_events_service *)ctx->service)->zones;
    Convene__Events__V1__Group *group = reply, *before;
    struct cvn_id id;
    int r = cvn_group_find(ctx, "group.id", req->group->id, &id, &before);
    if (r == 0)
        r = cvn_group_require(ctx, &id, role_needed(req->update_mask));
    if (r == 0)
        r = cvn_group_require_active(ctx, before);
    if (r == 0)
        r = cvn_group_require_etag(ctx, req->etag, before);
    if (r)
        return r;
    *group = *before;
    cvn_field_mask_apply(req->update_mask, &group->base, &req->group->base);
    r = cvn_group_check(&ctx->problems, "group", group, zones);
    if (r == 0)
        r = cvn_ctx_refuse_problems(ctx);
    if (r)
        return r;
    int same = cvn_record_same(ctx->arena, &group->base, &before->base);
    if (same < 0)
        return same;
    int32_t member_count = before->member_count;
    if (!same && (r = store(ctx, &id, group)) != 0)
        return r;
    group->member_count = member_count;
    return show(ctx, &id, group);
}

/* Archives the group, or takes that back; what is so already stays as it is. */
static int set_archived(struct cvn_ctx *ctx, const char *id_or_slug, bool archived,
                        Convene__Events__V1__Group *reply)
{
    Convene__Events__V1__Group *group;
    struct cvn_id id;
    int r = cvn_group_find(ctx, "id", id_or_slug, &id, &group);
    if (r == 0)
        r = cvn_group_require(ctx, &id, ROLE(OWNER));
    if (r)
        return r;
    if (archived != (group->archive_time != NULL)) {
        group->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
        group->archive_time = archived ? group->update_time : NULL;
        r = group->update_time ? cvn_group_put(ctx, &id, group) : -ENOMEM;
    }
    if (r)
        return r;
    *reply = *group;
    return show(ctx, &id, reply);
}

int cvn_groups_archive(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return set_archived(ctx, ((const Convene__Events__V1__ArchiveGroupRequest *)request)->id, true,
                        reply);
}

int cvn_groups_restore(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return set_archived(ctx, ((const Convene__Events__V1__RestoreGroupRequest *)request)->id, false,
                        reply);
}
