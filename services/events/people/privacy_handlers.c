#include "services/events/people/privacy_handlers.h"

#include "services/events/handlers.h"
#include "services/events/people/erasure.h"
#include "services/events/people/person_table.h"

#include <string.h>

/* Who is meant: oneself, or somebody whom an administrator names. Whether they are there is not
 * asked. */
static int find_person(struct cvn_ctx *ctx, const Convene__Events__V1__ErasePersonRequest *req,
                       struct cvn_id *ret)
{
    struct cvn_id again;
    int r = cvn_person_meant(ctx, "person_id", req->person_id, ret);
    if (r)
        return r;
    if (!cvn_person_is_caller(ctx, ret) && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "erase somebody else");
    if (!cvn_id_parse(&again, CVN_PERSON_PREFIX, req->confirm_id) || !cvn_id_equal(&again, ret))
        cvn_problems_add(&ctx->problems, "confirm_id",
                         "is not the id of the person; give it once more, since there is no way "
                         "back");
    return cvn_ctx_refuse_problems(ctx);
}

static int erase_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct cvn_id person;
    int r = find_person(ctx, request, &person);
    if (r)
        return r;
    r = cvn_erasure_step(ctx, &person, reply);
    if (r != CVN_STORE_ABSENT)
        return r;
    r = cvn_erasure_begin(ctx, &person);
    return r ? r : cvn_erasure_step(ctx, &person, reply);
}

const struct cvn_service_method cvn_privacy_methods[2] = {
    {"ExportPerson", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_privacy_export, NULL,
     CVN_SCOPE_NONE},
    {"ErasePerson", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, erase_person, NULL,
     CVN_SCOPE_NONE},
};
