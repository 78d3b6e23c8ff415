#include "services/events/people/person_update.h"

#include "services/events/etag.h"
#include "services/events/groups/community_note.h"
#include "services/events/people/person_check.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/service.h"
#include "services/runtime/field_mask.h"

#include <errno.h>
#include <string.h>

static const char *const changeable[] = {"display_name", "email", "time_zone", "languages",
                                         "skills",       "links", "place"};

static const struct cvn_field_mask_rule mask_rule = {
    .resource = "Person",
    .example = "display_name is one, and place as a whole",
    .changeable = changeable,
    .n = sizeof changeable / sizeof *changeable,
};

int cvn_person_stamp(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Person *person)
{
    person->base.n_unknown_fields = 0;
    if (person->place) {
        person->place->base.n_unknown_fields = 0;
        if (person->place->location)
            person->place->location->base.n_unknown_fields = 0;
    }
    person->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    person->id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, id);
    person->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return person->id && person->update_time ? 0 : -ENOMEM;
}

int cvn_person_check_update(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__UpdatePersonRequest *req = request;
    if (!req->person)
        cvn_problems_add(&ctx->problems, "person", "is required");
    cvn_field_mask_check(&ctx->problems, req->update_mask, &mask_rule);
    return cvn_ctx_refuse_problems(ctx);
}

/* An account that may register people may change what it registered. */
static int require_right(struct cvn_ctx *ctx, const struct cvn_id *id)
{
    if (cvn_person_is_caller(ctx, id) || ctx->who.kind == CVN_PRINCIPAL_ADMIN ||
        (ctx->who.kind == CVN_PRINCIPAL_SERVICE && ctx->who.granted && !ctx->who.of_groups))
        return 0;
    return cvn_ctx_refuse_access(ctx, "change somebody else's profile");
}

/* An address that people give themselves is theirs as far as they say. */
static void note_email(const struct cvn_ctx *ctx, Convene__Events__V1__Person *person,
                       const Convene__Events__V1__Person *before)
{
    if (ctx->who.kind != CVN_PRINCIPAL_PERSON || !person->email[0])
        person->email_unconfirmed = false;
    else if (strcmp(person->email, before->email) != 0)
        person->email_unconfirmed = true;
}

static int store(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Person *person)
{
    int r = cvn_person_stamp(ctx, id, person);
    if (r == 0)
        r = cvn_person_put(ctx, id, person);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EMAIL_TAKEN",
                                    "Somebody else is registered with that e-mail address.");
    return r == 0 ? cvn_community_note(ctx, "person.updated", person->id) : r;
}

int cvn_person_update(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__UpdatePersonRequest *req = request;
    struct cvn_zones *zones = ((const struct cvn_events_service *)ctx->service)->zones;
    Convene__Events__V1__Person *person = reply, *before;
    struct cvn_id id;
    int r = cvn_person_meant(ctx, "person.id", req->person->id, &id);
    if (r == 0)
        r = cvn_person_find(ctx, &id, &before);
    if (r == 0)
        r = require_right(ctx, &id);
    if (r == 0)
        r = cvn_etag_require(ctx, req->etag, &before->base, "person");
    if (r)
        return r;
    *person = *before;
    cvn_field_mask_apply(req->update_mask, &person->base, &req->person->base);
    r = cvn_person_check(&ctx->problems, "person", person, zones);
    if (r == 0)
        r = cvn_ctx_refuse_problems(ctx);
    if (r)
        return r;
    if (cvn_field_mask_names(req->update_mask, "email"))
        note_email(ctx, person, before);
    int same = cvn_record_same(ctx->arena, &person->base, &before->base);
    if (same < 0)
        return same;
    if (!same && (r = store(ctx, &id, person)) != 0)
        return r;
    return cvn_person_show(ctx, &id, person);
}
