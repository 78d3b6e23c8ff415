/* What a request for a key may say. Notes every problem under its field. */
#ifndef CVN_SERVICES_EVENTS_KEYS_KEY_CHECK_H
#define CVN_SERVICES_EVENTS_KEYS_KEY_CHECK_H

#include "base/problems.h"
#include "convene/admin/v1/key.pb-c.h"

#include <stdint.h>

/* 1 to CVN_SERVICE_ACCOUNT_BYTES_MAX lower-case letters, digits and hyphens, a letter first. */
void cvn_key_check_service_account(struct cvn_problems *problems, const char *text);

/* All of a CreateKeyRequest that can be told without the store. Pure. */
void cvn_key_check(struct cvn_problems *problems, const Convene__Admin__V1__CreateKeyRequest *req,
                   int64_t now_ms);

#endif
