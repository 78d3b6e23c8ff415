/*
 * Groups and their members as stored: a packed Group under its id, and beneath it a packed Member
 * for each person and one row of counts, so that joining does not rewrite the group.
 */
#ifndef CVN_SERVICES_EVENTS_GROUPS_GROUP_TABLE_H
#define CVN_SERVICES_EVENTS_GROUPS_GROUP_TABLE_H

#include "base/slug.h"
#include "convene/events/v1/group.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_GROUP_PREFIX "grp"

enum {
    CVN_GROUP_SLUG_MAX = 60,
    CVN_PERSON_GROUPS_MAX = 1000, /* memberships of one person */
};

/*
 * The indexes of groups. Slug: the slug. City and topic: folded text, then the slug. Place: the
 * geohash (base/geo.h); its value is the slug. Archived: a 0, and archived groups only.
 */
enum {
    CVN_GROUP_BY_SLUG,
    CVN_GROUP_BY_CITY,
    CVN_GROUP_BY_TOPIC,
    CVN_GROUP_BY_PLACE,
    CVN_GROUP_ARCHIVED,
    CVN_GROUP_INDEXES,
};
extern const struct cvn_index cvn_group_indexes[CVN_GROUP_INDEXES];

/*
 * A city or topic as it stands in the indexes: folded, and cut, since folding can lengthen text
 * eleven times. In the arena. Results as cvn_text_fold.
 */
enum { CVN_GROUP_WORD_MAX = 200 };
int cvn_group_word(struct cvn_arena *arena, const char *word, struct cvn_slice *ret);

extern const struct cvn_table cvn_group_table;
extern const struct cvn_table cvn_member_table;

struct cvn_member_counts {
    uint32_t n_members; /* of every role */
    uint32_t n_owners;
};

void cvn_group_key(struct cvn_key *key, const struct cvn_id *group);
/* What the keys of a group's members begin with. */
void cvn_member_prefix(struct cvn_key *key, const struct cvn_id *group);
void cvn_member_key(struct cvn_key *key, const struct cvn_id *group, const struct cvn_id *person);

/*
 * Since when the group is archived, in ms since 1970; INT64_MAX while it is not. Its row is not
 * unpacked for that. 0 or a fault.
 */
int cvn_group_archived_ms(struct cvn_txn *txn, const struct cvn_id *group, int64_t *ret);

/* The groups that are archived, ascending, at most max of them. 0 or a fault. */
int cvn_group_first_archived(struct cvn_txn *txn, struct cvn_id *ids, size_t max, size_t *ret_n);

/* The group of a key of this space. False when it is none. */
bool cvn_group_of_key(struct cvn_slice key, struct cvn_id *ret_group);

/*
 * Reads one group into the arena, its counts filled in. 0; CVN_STORE_ABSENT; a fault.
 */
int cvn_group_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                  Convene__Events__V1__Group **ret_group);

/*
 * Makes a stored group what the caller is shown: the etag, and for those who organise it how many
 * have asked to join. 0 or a fault.
 */
int cvn_group_show(struct cvn_ctx *ctx, const struct cvn_id *group, bool organised,
                   Convene__Events__V1__Group *message);

/* Refuses with ABORTED when the etag is not that of the group as stored; "" passes. */
int cvn_group_require_etag(struct cvn_ctx *ctx, const char *etag,
                           const Convene__Events__V1__Group *message);

/* The id behind a slug. 0; CVN_STORE_ABSENT; a fault. */
int cvn_group_by_slug(struct cvn_ctx *ctx, const char *slug, struct cvn_id *ret_group);

/*
 * Writes a group without its counts, and notes the change in the log. 0; CVN_TABLE_DUPLICATE when
 * the slug is taken; a fault.
 */
int cvn_group_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                  const Convene__Events__V1__Group *message);

int cvn_member_counts_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                          struct cvn_member_counts *ret);

/* Reads one membership, ids and name filled in. 0; CVN_STORE_ABSENT; a fault. */
int cvn_member_get(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   Convene__Events__V1__Member **ret_member);

/* Fills in what a stored membership leaves out: ids and name. 0 or a fault. */
int cvn_member_fill(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                    Convene__Events__V1__Member *member);

/*
 * Leaves out of a membership what the caller, of that role in the group, may not see: an offer to
 * take over, but for organisers and the member.
 */
void cvn_member_show(const struct cvn_ctx *ctx, Convene__Events__V1__GroupRole caller,
                     const struct cvn_id *person, Convene__Events__V1__Member *member);

/* Makes or changes a membership, and the counts with it, and notes the change in the log. 0 or a
 * fault. */
int cvn_member_put(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   const Convene__Events__V1__Member *member);

/* Ends a membership. 0; CVN_STORE_ABSENT; a fault. */
int cvn_member_delete(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person);

/*
 * The groups a person is in, in the order of their ids; *ret_ids is an array in the arena, of at
 * most CVN_PERSON_GROUPS_MAX. 0 or a fault.
 */
int cvn_member_groups(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_id **ret_ids,
                      size_t *ret_n);

/* The first of these, at most max of them, into ids. 0 or a fault. */
int cvn_member_first_groups(struct cvn_txn *txn, const struct cvn_id *person, struct cvn_id *ids,
                            size_t max, size_t *ret_n);

#endif
