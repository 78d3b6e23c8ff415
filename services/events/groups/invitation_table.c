#include "services/events/groups/invitation_table.h"

#include "services/events/groups/group_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { TO_PERSON = 0, TO_EMAIL = 1 };

const struct cvn_index cvn_invitation_indexes[CVN_INVITATION_INDEXES] = {
    [CVN_INVITATION_BY_ADDRESSEE] = {"invitation_addressee", CVN_INDEX_INVITATION_ADDRESSEE, true},
    [CVN_INVITATION_BY_GROUP] = {"invitation_group", CVN_INDEX_INVITATION_GROUP, false},
};

void cvn_invitation_to_person(struct cvn_key *key, const struct cvn_id *person)
{
    cvn_key_init(key);
    cvn_key_put_u8(key, TO_PERSON);
    cvn_key_put_id(key, person);
}

void cvn_invitation_to_email(struct cvn_key *key, const char *email)
{
    cvn_key_init(key);
    cvn_key_put_u8(key, TO_EMAIL);
    cvn_person_put_email(key, email);
}

void cvn_invitation_of_group(struct cvn_key *key, const struct cvn_id *group)
{
    cvn_key_init(key);
    cvn_key_put_id(key, group);
}

/* A row's bytes: the hash, and the message packed. */
static int read_row(struct cvn_arena *arena, struct cvn_slice value, struct cvn_invitation_row *ret)
{
    const uint8_t *bytes = value.data;
    if (value.len < CVN_INVITATION_HASH_BYTES)
        return -EBADMSG;
    struct cvn_slice packed =
        cvn_slice(bytes + CVN_INVITATION_HASH_BYTES, value.len - CVN_INVITATION_HASH_BYTES);
    int r = cvn_record_unpack(arena, &convene__events__v1__invitation__descriptor, packed,
                              &ret->message);
    if (r == 0)
        memcpy(ret->hash, bytes, CVN_INVITATION_HASH_BYTES);
    return r;
}

static bool ids_of(const Convene__Events__V1__Invitation *message, struct cvn_id *ret_group,
                   struct cvn_key *ret_addressee)
{
    struct cvn_id person;
    if (!cvn_id_parse(ret_group, CVN_GROUP_PREFIX, message->group_id))
        return false;
    if (message->email[0]) {
        cvn_invitation_to_email(ret_addressee, message->email);
        return true;
    }
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, message->person_id))
        return false;
    cvn_invitation_to_person(ret_addressee, &person);
    return true;
}

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    struct cvn_invitation_row row;
    struct cvn_id group;
    struct cvn_key addressee, of_group;
    int r = read_row(cvn_index_sink_arena(sink), value, &row);
    if (r)
        return r;
    if (!ids_of(row.message, &group, &addressee))
        return -EBADMSG;
    cvn_key_put_id(&addressee, &group);
    cvn_invitation_of_group(&of_group, &group);
    r = cvn_index_emit(sink, CVN_INDEX_INVITATION_ADDRESSEE, cvn_key_slice(&addressee),
                       cvn_slice(NULL, 0));
    return r ? r
             : cvn_index_emit(sink, CVN_INDEX_INVITATION_GROUP, cvn_key_slice(&of_group),
                              cvn_slice(NULL, 0));
}

const struct cvn_table cvn_invitation_table = {
    .name = "invitations",
    .space = CVN_SPACE_INVITATIONS,
    .indexes = cvn_invitation_indexes,
    .n_indexes = CVN_INVITATION_INDEXES,
    .derive = derive,
};

static void row_key(struct cvn_key *key, const struct cvn_id *id)
{
    cvn_key_begin(key, CVN_SPACE_INVITATIONS);
    cvn_key_put_id(key, id);
}

bool cvn_invitation_of_key(struct cvn_slice key, struct cvn_id *ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    struct cvn_id id = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader) || space != CVN_SPACE_INVITATIONS)
        return false;
    *ret = id;
    return true;
}

int cvn_invitation_get(struct cvn_ctx *ctx, const struct cvn_id *id, struct cvn_invitation_row *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_invitation_row row = {.id = *id};
    row_key(&key, id);
    int r = cvn_table_get(ctx->txn, &cvn_invitation_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = read_row(ctx->arena, value, &row);
    if (r)
        return r;
    row.message->id = cvn_ctx_id_text(ctx, CVN_INVITATION_PREFIX, id);
    if (!row.message->id)
        return -ENOMEM;
    *ret = row;
    return 0;
}

int cvn_invitation_find(struct cvn_ctx *ctx, const struct cvn_key *addressee,
                        const struct cvn_id *group, struct cvn_invitation_row *ret)
{
    struct cvn_key key = *addressee;
    struct cvn_slice primary;
    struct cvn_id id;
    cvn_key_put_id(&key, group);
    int r = cvn_index_lookup(ctx->txn, &cvn_invitation_indexes[CVN_INVITATION_BY_ADDRESSEE],
                             cvn_key_slice(&key), &primary);
    if (r)
        return r;
    return cvn_invitation_of_key(primary, &id) ? cvn_invitation_get(ctx, &id, ret) : -EUCLEAN;
}

static int count(struct cvn_ctx *ctx, const Convene__Events__V1__Invitation *message, int by)
{
    struct cvn_membership_counts counts;
    struct cvn_id group;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, message->group_id))
        return -EUCLEAN;
    int r = cvn_membership_counts_get(ctx, &group, &counts);
    counts.n_invitations += (uint32_t)by;
    return r ? r : cvn_membership_counts_put(ctx, &group, &counts);
}

int cvn_invitation_add(struct cvn_ctx *ctx, const struct cvn_invitation_row *row)
{
    Convene__Events__V1__Invitation stored = *row->message;
    stored.id = stored.group_name = (char *)(uintptr_t)protobuf_c_empty_string;
    size_t len = protobuf_c_message_get_packed_size(&stored.base);
    uint8_t *bytes = cvn_arena_alloc(ctx->arena, CVN_INVITATION_HASH_BYTES + len);
    if (!bytes)
        return -ENOMEM;
    memcpy(bytes, row->hash, CVN_INVITATION_HASH_BYTES);
    (void)protobuf_c_message_pack(&stored.base, bytes + CVN_INVITATION_HASH_BYTES);
    struct cvn_key key;
    row_key(&key, &row->id);
    int r = cvn_table_put(ctx->txn, &cvn_invitation_table, cvn_key_slice(&key),
                          cvn_slice(bytes, CVN_INVITATION_HASH_BYTES + len));
    return r ? r : count(ctx, row->message, 1);
}

int cvn_invitation_delete(struct cvn_ctx *ctx, const struct cvn_invitation_row *row)
{
    struct cvn_key key;
    row_key(&key, &row->id);
    int r = cvn_table_delete(ctx->txn, &cvn_invitation_table, cvn_key_slice(&key));
    return r ? r : count(ctx, row->message, -1);
}

void cvn_invitation_token_make(char text[CVN_INVITATION_TOKEN_BYTES],
                               uint8_t hash[CVN_INVITATION_HASH_BYTES], const struct cvn_id *id,
                               const uint8_t secret[CVN_INVITATION_SECRET_BYTES])
{
    cvn_id_format(text, CVN_INVITATION_PREFIX, id);
    size_t len = strlen(text);
    text[len++] = '.';
    (void)sodium_bin2hex(text + len, 2 * CVN_INVITATION_SECRET_BYTES + 1, secret,
                         CVN_INVITATION_SECRET_BYTES);
    (void)crypto_generichash(hash, CVN_INVITATION_HASH_BYTES, (const uint8_t *)text, strlen(text),
                             NULL, 0);
}

bool cvn_invitation_token_read(const char *text, struct cvn_id *ret_id,
                               uint8_t ret_hash[CVN_INVITATION_HASH_BYTES], bool *ret_token)
{
    char id_text[CVN_ID_TEXT_BYTES], whole[CVN_INVITATION_TOKEN_BYTES];
    uint8_t secret[CVN_INVITATION_SECRET_BYTES];
    size_t id_len = strcspn(text, "."), secret_len = 0;
    struct cvn_id id;
    if (id_len >= sizeof id_text)
        return false;
    memcpy(id_text, text, id_len);
    id_text[id_len] = '\0';
    if (!cvn_id_parse(&id, CVN_INVITATION_PREFIX, id_text))
        return false;
    bool token = text[id_len] == '.';
    if (token) {
        const char *hex = text + id_len + 1;
        if (strlen(hex) != (size_t)2 * sizeof secret ||
            sodium_hex2bin(secret, sizeof secret, hex, strlen(hex), NULL, &secret_len, NULL) != 0 ||
            secret_len != sizeof secret)
            return false;
        cvn_invitation_token_make(whole, ret_hash, &id, secret);
        sodium_memzero(whole, sizeof whole);
        sodium_memzero(secret, sizeof secret);
    }
    *ret_id = id;
    *ret_token = token;
    return true;
}
