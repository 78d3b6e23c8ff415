/* A key's message, as the contract has it, read into what the runtime decides by. */
#ifndef CVN_SERVICES_RUNTIME_KEY_FACTS_H
#define CVN_SERVICES_RUNTIME_KEY_FACTS_H

#include "convene/admin/v1/key.pb-c.h"
#include "services/runtime/principal.h"

/*
 * Reads a key with checked fields, as it is stored and as VerifyKey answers it. 0, or -EBADMSG when
 * a field is not what it can be: a scope of a later version, too, so that nothing is granted that
 * was not meant.
 */
int cvn_key_facts_read(struct cvn_key_facts *ret, const Convene__Admin__V1__Key *key);

#endif
