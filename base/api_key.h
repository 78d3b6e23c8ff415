/*
 * API keys as text: "cvn_", 10 characters that name the key and may be shown to anybody, and 32 of
 * secret (160 bits), all Crockford base32. The fixed beginning lets scanners for leaked secrets
 * find them.
 */
#ifndef CVN_BASE_API_KEY_H
#define CVN_BASE_API_KEY_H

#include <stdbool.h>
#include <stdint.h>

#define CVN_API_KEY_PREFIX "cvn_"

enum {
    CVN_API_KEY_PREFIX_CHARS = 4,
    CVN_API_KEY_ID_CHARS = CVN_API_KEY_PREFIX_CHARS + 10,
    CVN_API_KEY_CHARS = CVN_API_KEY_ID_CHARS + 32,
    CVN_API_KEY_ENTROPY_BYTES = 42, /* a byte for each digit, of which five bits are used */
};

/* A key in its one spelling: lower case, no O, I or L. Wipe it when it is no longer needed. */
struct cvn_api_key {
    char text[CVN_API_KEY_CHARS + 1];
};

/* What may be shown of a key, and names it: "cvn_" and 10 characters. */
struct cvn_api_key_id {
    char text[CVN_API_KEY_ID_CHARS + 1];
};

/* A key of the randomness given. Pure. */
void cvn_api_key_make(struct cvn_api_key *ret, const uint8_t random[CVN_API_KEY_ENTROPY_BYTES]);

/* Reads a whole key, in any spelling. False when it is none; *ret is untouched then. */
bool cvn_api_key_parse(struct cvn_api_key *ret, const char *text);

/* Reads the naming part alone; a whole key is not one. */
bool cvn_api_key_id_parse(struct cvn_api_key_id *ret, const char *text);

/* The naming part of a key. */
struct cvn_api_key_id cvn_api_key_id(const struct cvn_api_key *key);

#endif
