/* The API key that a client sends: found in its options or the environment, and fit to be sent. */
#ifndef CVN_CLIENT_LIB_CREDENTIALS_H
#define CVN_CLIENT_LIB_CREDENTIALS_H

#include "base/api_key.h"
#include "convene/convene.h"

enum { CVN_CREDENTIALS_BYTES = 7 + CVN_API_KEY_CHARS + 1 }; /* "Bearer ", a key, NUL */

/*
 * Writes "Bearer cvn_…", or "" where no key is given. 0; CONVENE_INVALID_ARGUMENT with the sentence
 * in status when the key is malformed, its file cannot be read, or the url would carry it readably
 * over a network. No sentence has any of the key in it. Wipe ret when it is no longer needed.
 */
int cvn_credentials_read(char ret[CVN_CREDENTIALS_BYTES], const struct convene_options *options,
                         const char *url, struct convene_status *status);

#endif
