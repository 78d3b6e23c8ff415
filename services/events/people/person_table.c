#include "services/events/people/person_table.h"

#include "services/events/etag.h"
#include "services/events/people/person_check.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { ROW_BYTES_MAX = 1 << 20 }; /* unpacked; the checks allow a twentieth */

static const struct cvn_index person_indexes[] = {
    {"person_email", CVN_INDEX_PERSON_EMAIL, true},
};

/* An address is ASCII (person_check.h), so that letters are the only ones with a case. */
void cvn_person_put_email(struct cvn_key *key, const char *email)
{
    char folded[CVN_PERSON_EMAIL_MAX + 1];
    size_t n = strnlen(email, CVN_PERSON_EMAIL_MAX);
    for (size_t i = 0; i < n; i++)
        folded[i] = (char)tolower((unsigned char)email[i]);
    cvn_key_put_text(key, cvn_slice(folded, n));
}

static void email_key(struct cvn_key *key, const char *email)
{
    cvn_key_init(key);
    cvn_person_put_email(key, email);
}

static int derive_person(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    Convene__Events__V1__Person *person;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__person__descriptor,
                              value, &person);
    if (r != 0 || !person->email[0])
        return r;
    struct cvn_key email;
    email_key(&email, person->email);
    return cvn_index_emit(sink, CVN_INDEX_PERSON_EMAIL, cvn_key_slice(&email), cvn_slice(NULL, 0));
}

const struct cvn_table cvn_person_table = {
    .name = "people",
    .space = CVN_SPACE_PEOPLE,
    .indexes = person_indexes,
    .n_indexes = 1,
    .derive = derive_person,
};

void cvn_person_key(struct cvn_key *key, const struct cvn_id *id)
{
    cvn_key_begin(key, CVN_SPACE_PEOPLE);
    cvn_key_put_id(key, id);
}

int cvn_person_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                   Convene__Events__V1__Person **ret_person)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_person_key(&key, id);
    int r = cvn_table_get(ctx->txn, &cvn_person_table, cvn_key_slice(&key), &value);
    if (r != 0)
        return r;
    return cvn_ctx_unpack(ctx, &convene__events__v1__person__descriptor, value, ret_person);
}

int cvn_person_find(struct cvn_ctx *ctx, const struct cvn_id *id,
                    Convene__Events__V1__Person **ret_person)
{
    Convene__Events__V1__Person *person;
    int r = cvn_person_get(ctx, id, &person);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no person %s.",
                              cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, id));
    if (r == 0 && ret_person)
        *ret_person = person;
    return r;
}

int cvn_person_name(struct cvn_ctx *ctx, const struct cvn_id *id, char **ret_name)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, ROW_BYTES_MAX);
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Person *person;
    cvn_person_key(&key, id);
    int r = cvn_table_get(ctx->txn, &cvn_person_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_record_unpack(&scratch, &convene__events__v1__person__descriptor, value, &person);
    if (r == CVN_STORE_ABSENT) {
        *ret_name = (char *)(uintptr_t)protobuf_c_empty_string;
        return 0;
    }
    if (r != 0)
        return r;
    char *name = cvn_arena_strdup(ctx->arena, person->display_name);
    if (!name)
        return -ENOMEM;
    *ret_name = name;
    return 0;
}

int cvn_person_by_email(struct cvn_ctx *ctx, const char *email, struct cvn_id *ret_id)
{
    if (!cvn_person_email_valid(email))
        return CVN_STORE_ABSENT;
    struct cvn_key key;
    struct cvn_slice primary;
    email_key(&key, email);
    int r = cvn_index_lookup(ctx->txn, &person_indexes[0], cvn_key_slice(&key), &primary);
    if (r != 0)
        return r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, primary);
    cvn_key_get_u8(&reader);
    struct cvn_id id = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret_id = id;
    return 0;
}

int cvn_person_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                   const Convene__Events__V1__Person *person)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_person_key(&key, id);
    Convene__Events__V1__Person stored = *person;
    stored.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    int r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r != 0)
        return r;
    return cvn_table_put(ctx->txn, &cvn_person_table, cvn_key_slice(&key), value);
}

bool cvn_person_is_caller(const struct cvn_ctx *ctx, const struct cvn_id *id)
{
    return ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, id);
}

int cvn_person_show(struct cvn_ctx *ctx, const struct cvn_id *id,
                    Convene__Events__V1__Person *person)
{
    if (cvn_person_is_caller(ctx, id) || ctx->who.kind == CVN_PRINCIPAL_ADMIN)
        return cvn_etag_make(ctx, &person->base, &person->etag);
    person->email = (char *)(uintptr_t)protobuf_c_empty_string;
    person->email_unconfirmed = false;
    if (person->place)
        person->place->location = NULL;
    return 0;
}

int cvn_person_require_subject(struct cvn_ctx *ctx)
{
    struct cvn_key key;
    if (!ctx->who.delegated)
        return 0;
    cvn_person_key(&key, &ctx->who.person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    return r == CVN_STORE_ABSENT
               ? cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "SUBJECT_UNKNOWN",
                                      "Who this is asked on behalf of is not registered any more.")
               : r;
}

int cvn_person_meant(struct cvn_ctx *ctx, const char *field, const char *text,
                     struct cvn_id *ret_id)
{
    if (text[0] && strcmp(text, "me") != 0) {
        if (cvn_ctx_read_id(ctx, field, CVN_PERSON_PREFIX, text, ret_id))
            return 0;
        return cvn_ctx_refuse_problems(ctx);
    }
    switch (ctx->who.kind) {
    case CVN_PRINCIPAL_PERSON:
        *ret_id = ctx->who.person;
        return 0;
    case CVN_PRINCIPAL_ADMIN:
        cvn_problems_add(&ctx->problems, field,
                         "is empty or \"me\", and an administrator is nobody in particular; an id "
                         "like per_… is right");
        return cvn_ctx_refuse_problems(ctx);
    case CVN_PRINCIPAL_SERVICE:
        cvn_problems_add(&ctx->problems, field,
                         "is empty or \"me\", and a service account is no person; an id like "
                         "per_… is right");
        return cvn_ctx_refuse_problems(ctx);
    case CVN_PRINCIPAL_ANONYMOUS:
        break;
    }
    return cvn_ctx_refuse_access(ctx, "act as a person");
}
