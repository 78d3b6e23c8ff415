#include "services/mentoring/enrolment_update.h"

#include "cohort/enrolment_check.h"
#include "services/mentoring/enrolment_find.h"
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/tables.h"
#include "services/runtime/field_mask.h"
#include "storage/store.h"

#include <errno.h>
#include <string.h>

#define STATE(name) CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_##name

static const char *const changeable[] = {"skills",       "goals",         "languages",
                                         "time_zone",    "availability",  "capacity",
                                         "excluded_ids", "conflict_tags", "ranked_ids"};

static int refuse_withdrawn(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Enrolment *e)
{
    if (e->state == STATE(ACTIVE))
        return 0;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "WITHDRAWN",
                                "%s has withdrawn from the programme; enrol them again instead.",
                                e->display_name);
}

/* The enrolment as it is now, in a snapshot of its own. */
static int find_now(struct cvn_ctx *ctx, const char *id, Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_enrolment_place place;
    int r = cvn_store_snapshot(ctx->store, &ctx->txn);
    if (r)
        return r;
    r = cvn_enrolment_find(ctx, "enrolment.id", id, &place, ret);
    if (r == 0)
        r = refuse_withdrawn(ctx, *ret);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = NULL;
    return r;
}

/* Whether the events service has to be asked: for people, or for what a person's profile says. */
static bool needs_people(const Google__Protobuf__FieldMask *mask,
                         const Convene__Mentoring__V1__Enrolment *e)
{
    return (cvn_field_mask_names(mask, "excluded_ids") && e->n_excluded_ids > 0) ||
           (cvn_field_mask_names(mask, "ranked_ids") && e->n_ranked_ids > 0) ||
           e->n_languages == 0 || !e->time_zone[0];
}

int cvn_enrolment_prepare_update(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__UpdateEnrolmentRequest *req = request;
    const struct cvn_field_mask_rule rule = {
        .resource = "Enrolment",
        .example = "capacity is one, and skills as a whole",
        .changeable = changeable,
        .n = sizeof changeable / sizeof *changeable,
    };
    Convene__Mentoring__V1__Enrolment *asked;
    if (!req->enrolment)
        cvn_problems_add(&ctx->problems, "enrolment", "is missing");
    cvn_field_mask_check(&ctx->problems, req->update_mask, &rule);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r == 0)
        r = find_now(ctx, req->enrolment->id, &asked);
    if (r)
        return r;
    cvn_field_mask_apply(req->update_mask, &asked->base, &req->enrolment->base);
    struct cvn_enrolment_draft *draft = cvn_arena_alloc(ctx->arena, sizeof *draft);
    if (!draft)
        return -ENOMEM;
    draft->path = "enrolment";
    draft->asked = asked;
    draft->enrolment = *asked;
    r = needs_people(req->update_mask, asked) ? cvn_enrolment_resolve(ctx, draft, 1)
                                              : cvn_enrolment_check_draft(ctx, draft);
    if (r == 0 && draft->refused) {
        *ctx->status = *draft->refused;
        return CVN_REFUSED;
    }
    cvn_enrolment_set_levels(&draft->enrolment);
    ctx->prepared = draft;
    return r;
}

static int refuse_stale(struct cvn_ctx *ctx)
{
    return cvn_ctx_refuse_state(ctx, CVN_ABORTED, "ETAG_STALE",
                                "The enrolment was changed meanwhile; get it again and make your "
                                "change from what it is now.");
}

int cvn_enrolment_update(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__UpdateEnrolmentRequest *req = request;
    const struct cvn_enrolment_draft *draft = ctx->prepared;
    struct cvn_enrolment_place place;
    Convene__Mentoring__V1__Enrolment *before, after;
    int r = cvn_enrolment_find(ctx, "enrolment.id", req->enrolment->id, &place, &before);
    if (r == 0)
        r = refuse_withdrawn(ctx, before);
    if (r == 0)
        r = cvn_enrolment_show(ctx, before);
    if (r == 0 && req->etag[0] && strcmp(req->etag, before->etag) != 0)
        r = refuse_stale(ctx);
    if (r)
        return r;
    after = *before;
    cvn_field_mask_apply(req->update_mask, &after.base, &draft->enrolment.base);
    r = cvn_enrolment_show(ctx, &after);
    if (r == 0 && strcmp(after.etag, before->etag) != 0) {
        after.update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
        r = after.update_time
                ? cvn_enrolment_replace(ctx, &place.program, &place.person, before, &after)
                : -ENOMEM;
        if (r == 0)
            r = cvn_enrolment_show(ctx, &after);
    }
    if (r == 0)
        *(Convene__Mentoring__V1__Enrolment *)reply = after;
    return r;
}
