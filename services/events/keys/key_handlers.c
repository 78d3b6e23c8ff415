#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/keys/key_access.h"
#include "services/events/keys/key_check.h"
#include "services/events/keys/key_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/service.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <sodium.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
    SCAN_MAX = 5000, /* rows looked at for one page, which may then be short */
};

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Admin__V1__CreateKeyRequest *req = request;
    cvn_key_check(&ctx->problems, req, ctx->now_ms);
    /* Drawn once: run may run twice. */
    uint8_t random[CVN_API_KEY_ENTROPY_BYTES];
    struct cvn_api_key *key = cvn_arena_alloc(ctx->arena, sizeof *key);
    if (!key)
        return -ENOMEM;
    randombytes_buf(random, sizeof random);
    cvn_api_key_make(key, random);
    sodium_memzero(random, sizeof random);
    ctx->prepared = key;
    return cvn_ctx_refuse_problems(ctx);
}

/* Whose keys a request means, and whether the caller may see to them. */
static int find_holder(struct cvn_ctx *ctx, const char *person_id, const char *service_account,
                       struct cvn_key_holder *ret)
{
    struct cvn_key_holder holder = {.service_account = service_account};
    if (service_account[0] && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "see to keys of service accounts: it is for "
                                          "administrators");
    if (!service_account[0]) {
        int r = cvn_person_meant(ctx, "person_id", person_id, &holder.person);
        if (r)
            return r;
        bool own =
            ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&holder.person, &ctx->who.person);
        if (!own && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
            return cvn_ctx_refuse_access(ctx, "see to somebody else's keys");
    }
    *ret = holder;
    return 0;
}

/* A key made by means of another lives no longer than that one. */
static int set_expiry(struct cvn_ctx *ctx, const Convene__Admin__V1__CreateKeyRequest *req,
                      Convene__Admin__V1__Key *key)
{
    int64_t least_ms = ctx->who.expire_ms;
    key->expire_time = req->expire_time;
    if (least_ms == 0)
        return 0;
    if (!req->expire_time) {
        key->expire_time = cvn_record_time(ctx->arena, least_ms);
        return key->expire_time ? 0 : -ENOMEM;
    }
    if (cvn_record_time_ms(req->expire_time, 0) > least_ms)
        cvn_problems_add(&ctx->problems, "expire_time",
                         "is later than that of the key which this call is made with; an earlier "
                         "one, or none, is right");
    return cvn_ctx_refuse_problems(ctx);
}

/* The scopes with the groups' ids in place of slugs. */
static int set_scopes(struct cvn_ctx *ctx, const Convene__Admin__V1__CreateKeyRequest *req,
                      Convene__Admin__V1__Key *key)
{
    key->scopes = cvn_arena_alloc_array(ctx->arena, req->n_scopes, sizeof *key->scopes);
    if (!key->scopes)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_scopes; i++) {
        Convene__Admin__V1__Scope *scope = cvn_arena_alloc(ctx->arena, sizeof *scope);
        size_t n = req->scopes[i]->n_group_ids;
        char **ids = cvn_arena_alloc_array(ctx->arena, n, sizeof *ids);
        if (!scope || !ids)
            return -ENOMEM;
        convene__admin__v1__scope__init(scope);
        scope->name = req->scopes[i]->name;
        scope->group_ids = ids;
        for (size_t j = 0; j < n; j++) {
            struct cvn_id id;
            int r =
                cvn_group_find(ctx, "scopes.group_ids", req->scopes[i]->group_ids[j], &id, NULL);
            if (r)
                return r;
            if (!(ids[j] = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &id)))
                return -ENOMEM;
            scope->n_group_ids++;
        }
        key->scopes[key->n_scopes++] = scope;
    }
    return 0;
}

/* Fills the key's message and finds room for it. */
static int describe(struct cvn_ctx *ctx, const Convene__Admin__V1__CreateKeyRequest *req,
                    Convene__Admin__V1__Key *key)
{
    struct cvn_key_holder holder;
    int r = find_holder(ctx, req->person_id, req->service_account, &holder);
    if (r == 0 && !req->service_account[0]) {
        r = cvn_person_find(ctx, &holder.person, NULL);
        key->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &holder.person);
    }
    if (r == 0)
        r = cvn_key_make_room(ctx, &holder);
    if (r == 0)
        r = set_expiry(ctx, req, key);
    if (r == 0)
        r = set_scopes(ctx, req, key);
    if (r)
        return r;
    struct cvn_api_key_id id = cvn_api_key_id(ctx->prepared);
    key->id = cvn_arena_strdup(ctx->arena, id.text);
    key->label = req->label;
    key->service_account = req->service_account;
    key->create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return key->id && key->person_id && key->create_time ? 0 : -ENOMEM;
}

static int create_key(struct cvn_ctx *ctx, const void *request, void *reply)
{
    Convene__Admin__V1__CreateKeyResponse *response = reply;
    const struct cvn_api_key *secret = ctx->prepared;
    struct cvn_api_key_id id = cvn_api_key_id(secret);
    struct cvn_key_row row = {0}, taken;
    row.key = cvn_arena_alloc(ctx->arena, sizeof *row.key);
    if (!row.key)
        return -ENOMEM;
    convene__admin__v1__key__init(row.key);
    int r = describe(ctx, request, row.key);
    if (r)
        return r;
    r = cvn_key_row_get(ctx->txn, ctx->arena, &id, &taken);
    if (r != CVN_STORE_ABSENT)
        return r ? r : -EAGAIN; /* one in 10^15: ids are drawn, and this one was before */
    r = cvn_key_secret_make(ctx->txn);
    if (r == 0)
        r = cvn_key_hash(ctx->txn, secret, row.hash);
    if (r == 0)
        r = cvn_key_row_put(ctx->txn, ctx->arena, &row);
    if (r)
        return r;
    response->key = row.key;
    response->secret = cvn_arena_strdup(ctx->arena, secret->text);
    return response->secret ? 0 : -ENOMEM;
}

/* A replay record holds no secret: who lost the first answer makes another key. */
static void forget_secret(void *reply)
{
    Convene__Admin__V1__CreateKeyResponse *response = reply;
    response->secret = (char *)(uintptr_t)protobuf_c_empty_string;
    response->secret_withheld = true;
}

static int check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Admin__V1__ListKeysRequest *req = request;
    if (req->service_account[0])
        cvn_key_check_service_account(&ctx->problems, req->service_account);
    if (req->service_account[0] && req->person_id[0])
        cvn_problems_add(&ctx->problems, "service_account",
                         "and person_id are both given; name one holder");
    return cvn_ctx_refuse_problems(ctx);
}

/* Fills the page; 0 when there may be more behind ret_last. */
static int fill_page(struct cvn_ctx *ctx, const Convene__Admin__V1__ListKeysRequest *req,
                     struct cvn_key_walk *walk, size_t page_size,
                     Convene__Admin__V1__ListKeysResponse *reply)
{
    struct cvn_key_row row;
    struct cvn_key at, last;
    int r;
    cvn_key_init(&last);
    for (int n = 0; (r = cvn_key_walk_next(walk, ctx->arena, &row, &at)) == 0 && n < SCAN_MAX;
         n++) {
        bool shown = req->include_ended || !cvn_key_ended(row.key, ctx->now_ms);
        if (shown && reply->n_keys == page_size)
            break;
        if (shown)
            reply->keys[reply->n_keys++] = row.key;
        last = at;
    }
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    reply->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
    return reply->next_page_token ? 0 : -ENOMEM;
}

static int list_keys(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Admin__V1__ListKeysRequest *req = request;
    Convene__Admin__V1__ListKeysResponse *response = reply;
    struct cvn_slice after = {NULL, 0};
    struct cvn_key_holder holder;
    bool everybodys =
        ctx->who.kind == CVN_PRINCIPAL_ADMIN && !req->person_id[0] && !req->service_account[0];
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &req->base, &after);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r == 0 && !everybodys)
        r = find_holder(ctx, req->person_id, req->service_account, &holder);
    if (r)
        return r;
    response->keys = cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->keys);
    if (!response->keys)
        return -ENOMEM;
    struct cvn_key_walk walk = {0};
    r = cvn_key_walk_init(&walk, ctx->txn, everybodys ? NULL : &holder, after);
    if (r == 0)
        r = fill_page(ctx, req, &walk, page_size, response);
    cvn_key_walk_deinit(&walk);
    return r;
}

/* What was given is not repeated: it may be a whole key. */
static int check_revoke(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Admin__V1__RevokeKeyRequest *req = request;
    struct cvn_api_key_id id;
    if (!cvn_api_key_id_parse(&id, req->id))
        cvn_problems_add(&ctx->problems, "id",
                         "is not the name of a key; its first %d characters, as in "
                         "cvn_01h2xcejqt, are right",
                         CVN_API_KEY_ID_CHARS);
    return cvn_ctx_refuse_problems(ctx);
}

static bool is_callers(const struct cvn_ctx *ctx, const Convene__Admin__V1__Key *key)
{
    struct cvn_id person;
    return ctx->who.kind == CVN_PRINCIPAL_ADMIN ||
           (ctx->who.kind == CVN_PRINCIPAL_PERSON &&
            cvn_id_parse(&person, CVN_PERSON_PREFIX, key->person_id) &&
            cvn_id_equal(&person, &ctx->who.person));
}

/* Somebody else's key is as good as none: who may not see it is not told that it is there. */
static int revoke_key(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Admin__V1__RevokeKeyRequest *req = request;
    struct cvn_api_key_id id;
    struct cvn_key_row row;
    if (!cvn_api_key_id_parse(&id, req->id))
        return check_revoke(ctx, request);
    int r = cvn_key_row_get(ctx->txn, ctx->arena, &id, &row);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    if (r == CVN_STORE_ABSENT || !is_callers(ctx, row.key))
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no key %s that you may revoke.",
                              id.text);
    if (!row.key->revoke_time) {
        row.key->revoke_time = cvn_record_time(ctx->arena, ctx->now_ms);
        r = row.key->revoke_time ? cvn_key_row_put(ctx->txn, ctx->arena, &row) : -ENOMEM;
    } else {
        r = 0;
    }
    if (r == 0)
        *(Convene__Admin__V1__Key *)reply = *row.key;
    return r;
}

static int verify_key(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Admin__V1__VerifyKeyRequest *req = request;
    struct cvn_events_service *service = ctx->service;
    struct cvn_api_key key;
    Convene__Admin__V1__Key *found;
    if (!cvn_api_key_parse(&key, req->key)) {
        cvn_problems_add(&ctx->problems, "key",
                         "is malformed; %d characters that begin with " CVN_API_KEY_PREFIX
                         " are right",
                         CVN_API_KEY_CHARS);
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = cvn_key_find(ctx, &key, &found);
    sodium_memzero(&key, sizeof key);
    if (r)
        return r;
    cvn_key_note_use(&service->key_uses, ctx, found);
    *(Convene__Admin__V1__Key *)reply = *found;
    return 0;
}

const struct cvn_service_method cvn_key_methods[4] = {
    {.name = "CreateKey",
     .kind = CVN_METHOD_WRITE,
     .access = CVN_ACCESS_SIGNED_IN,
     .prepare = check_create,
     .run = create_key,
     .forget = forget_secret},
    {"ListKeys", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, check_list, list_keys, NULL},
    {"RevokeKey", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_revoke, revoke_key, NULL},
    {"VerifyKey", CVN_METHOD_READ, CVN_ACCESS_ADMIN, NULL, verify_key, NULL, CVN_SCOPE_PEOPLE_READ},
};
