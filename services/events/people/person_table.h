/* People as stored: a packed Person under its id, found by e-mail too. */
#ifndef CVN_SERVICES_EVENTS_PEOPLE_PERSON_TABLE_H
#define CVN_SERVICES_EVENTS_PEOPLE_PERSON_TABLE_H

#include "convene/events/v1/person.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_PERSON_PREFIX "per"

extern const struct cvn_table cvn_person_table;

/*
 * Reads one person into the arena, the e-mail included: show only what cvn_person_show leaves.
 * 0; CVN_STORE_ABSENT; a fault.
 */
int cvn_person_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                   Convene__Events__V1__Person **ret_person);

/* As get, but refuses with NOT_FOUND where there is none. ret_person may be NULL. */
int cvn_person_find(struct cvn_ctx *ctx, const struct cvn_id *id,
                    Convene__Events__V1__Person **ret_person);

/* The display name only, in the arena; "" for who was erased. 0 or a fault. */
int cvn_person_name(struct cvn_ctx *ctx, const struct cvn_id *id, char **ret_name);

/* The id behind an e-mail, whatever its case. 0; CVN_STORE_ABSENT; a fault. */
int cvn_person_by_email(struct cvn_ctx *ctx, const char *email, struct cvn_id *ret_id);

/*
 * Writes a person under the id. 0; CVN_TABLE_DUPLICATE when somebody else has the e-mail; a fault.
 */
int cvn_person_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                   const Convene__Events__V1__Person *person);

/*
 * Makes a stored person what the caller is shown: the e-mail, the etag and where exactly they are
 * at home are left out unless they are the caller's own or the caller administers. 0 or a fault.
 */
int cvn_person_show(struct cvn_ctx *ctx, const struct cvn_id *id,
                    Convene__Events__V1__Person *person);

/* Whether the person is who calls. */
bool cvn_person_is_caller(const struct cvn_ctx *ctx, const struct cvn_id *id);

/* Refuses with PERMISSION_DENIED a call on behalf of somebody who is not there. 0; a fault. */
int cvn_person_require_subject(struct cvn_ctx *ctx);

/*
 * Whom a request means by its person_id: empty or "me" is who calls. 0; CVN_REFUSED when it is
 * malformed, or when an administrator, who is nobody in particular, leaves it empty. Whether there
 * is such a person is not asked.
 */
int cvn_person_meant(struct cvn_ctx *ctx, const char *field, const char *text,
                     struct cvn_id *ret_id);

/* Appends an e-mail to a key in its one spelling, since its case does not count. */
void cvn_person_put_email(struct cvn_key *key, const char *email);

/* The person's key. */
void cvn_person_key(struct cvn_key *key, const struct cvn_id *id);

#endif
