/*
 * Invitations as stored: a packed Invitation and the hash of its token under its id, found by whom
 * it is for and by its group.
 */
#ifndef CVN_SERVICES_EVENTS_GROUPS_INVITATION_TABLE_H
#define CVN_SERVICES_EVENTS_GROUPS_INVITATION_TABLE_H

#include "convene/events/v1/membership.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_INVITATION_PREFIX "inv"

enum {
    CVN_GROUP_INVITATIONS_MAX = 1000, /* of one group; expired ones go when room is needed */
    CVN_INVITATION_DAYS_MAX = 90,     /* until it expires */
    CVN_INVITATION_HASH_BYTES = 32,
    CVN_INVITATION_SECRET_BYTES = 16,
    /* "inv_…", a point and the secret in hexadecimal digits */
    CVN_INVITATION_TOKEN_BYTES = CVN_ID_TEXT_BYTES + 1 + 2 * CVN_INVITATION_SECRET_BYTES + 1,
};

/*
 * To whom: the addressee (cvn_invitation_to_person, _to_email), then the group; so each has one
 * invitation of a group. Of which group: the group, in the order of making.
 */
enum {
    CVN_INVITATION_BY_ADDRESSEE,
    CVN_INVITATION_BY_GROUP,
    CVN_INVITATION_INDEXES,
};
extern const struct cvn_index cvn_invitation_indexes[CVN_INVITATION_INDEXES];
extern const struct cvn_table cvn_invitation_table;

/* A row, in the arena. */
struct cvn_invitation_row {
    struct cvn_id id;
    uint8_t hash[CVN_INVITATION_HASH_BYTES]; /* all 0 where there is no token */
    Convene__Events__V1__Invitation *message;
};

/* The beginning of the addressee's index keys, whatever the case of the e-mail. */
void cvn_invitation_to_person(struct cvn_key *key, const struct cvn_id *person);
void cvn_invitation_to_email(struct cvn_key *key, const char *email);
void cvn_invitation_of_group(struct cvn_key *key, const struct cvn_id *group);

/* The id in a row's key. False when it is none. */
bool cvn_invitation_of_key(struct cvn_slice key, struct cvn_id *ret);

/* Reads one, id filled in, the group's name not. 0; CVN_STORE_ABSENT; a fault. */
int cvn_invitation_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                       struct cvn_invitation_row *ret);

/* The invitation of the addressee's key to the group. Results as for get. */
int cvn_invitation_find(struct cvn_ctx *ctx, const struct cvn_key *addressee,
                        const struct cvn_id *group, struct cvn_invitation_row *ret);

/*
 * Adds one, and counts it. 0; CVN_TABLE_DUPLICATE when the addressee has one of that group; a
 * fault.
 */
int cvn_invitation_add(struct cvn_ctx *ctx, const struct cvn_invitation_row *row);

/* Deletes one, and counts it no more. 0; CVN_STORE_ABSENT; a fault. */
int cvn_invitation_delete(struct cvn_ctx *ctx, const struct cvn_invitation_row *row);

/* Writes a token of the id and a secret, and its hash. Pure. */
void cvn_invitation_token_make(char text[CVN_INVITATION_TOKEN_BYTES],
                               uint8_t hash[CVN_INVITATION_HASH_BYTES], const struct cvn_id *id,
                               const uint8_t secret[CVN_INVITATION_SECRET_BYTES]);

/*
 * Reads an id, or a token, which has the id and a secret; *ret_token says which, and the hash is
 * the token's. False when it is neither. Pure.
 */
bool cvn_invitation_token_read(const char *text, struct cvn_id *ret_id,
                               uint8_t ret_hash[CVN_INVITATION_HASH_BYTES], bool *ret_token);

#endif
