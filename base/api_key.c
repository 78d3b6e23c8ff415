#include "base/api_key.h"

#include "base/base32.h"

#include <string.h>

/* Writes the one spelling of a text of exactly n_chars; to has room for a NUL more. */
static bool read_chars(char *to, const char *text, size_t n_chars)
{
    if (strncmp(text, CVN_API_KEY_PREFIX, CVN_API_KEY_PREFIX_CHARS) != 0)
        return false;
    memcpy(to, CVN_API_KEY_PREFIX, CVN_API_KEY_PREFIX_CHARS);
    for (size_t i = CVN_API_KEY_PREFIX_CHARS; i < n_chars; i++) {
        int value = cvn_base32_value(text[i]);
        if (value < 0)
            return false; /* which the text's end is, too */
        to[i] = cvn_base32_digit((unsigned)value);
    }
    to[n_chars] = '\0';
    return text[n_chars] == '\0';
}

void cvn_api_key_make(struct cvn_api_key *ret, const uint8_t random[CVN_API_KEY_ENTROPY_BYTES])
{
    memcpy(ret->text, CVN_API_KEY_PREFIX, CVN_API_KEY_PREFIX_CHARS);
    for (int i = 0; i < CVN_API_KEY_ENTROPY_BYTES; i++)
        ret->text[CVN_API_KEY_PREFIX_CHARS + i] = cvn_base32_digit(random[i]);
    ret->text[CVN_API_KEY_CHARS] = '\0';
}

bool cvn_api_key_parse(struct cvn_api_key *ret, const char *text)
{
    struct cvn_api_key key;
    if (!read_chars(key.text, text, CVN_API_KEY_CHARS))
        return false;
    *ret = key;
    return true;
}

bool cvn_api_key_id_parse(struct cvn_api_key_id *ret, const char *text)
{
    struct cvn_api_key_id id;
    if (!read_chars(id.text, text, CVN_API_KEY_ID_CHARS))
        return false;
    *ret = id;
    return true;
}

struct cvn_api_key_id cvn_api_key_id(const struct cvn_api_key *key)
{
    struct cvn_api_key_id id;
    memcpy(id.text, key->text, CVN_API_KEY_ID_CHARS);
    id.text[CVN_API_KEY_ID_CHARS] = '\0';
    return id;
}
