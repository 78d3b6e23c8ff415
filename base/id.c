#include "base/id.h"

#include "base/base32.h"

#include <string.h>

struct cvn_id cvn_id_make(int64_t time_ms, const uint8_t random[10])
{
    struct cvn_id id;
    uint64_t t = (uint64_t)time_ms;
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(t >> (40 - 8 * i));
    memcpy(id.bytes + 6, random, 10);
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f)); /* version 7 */
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f)); /* variant 10 */
    return id;
}

/* 26 digits hold 130 bits; the first digit carries the top 3 of the 128, so it is 0 to 7. */
void cvn_id_format(char text[CVN_ID_TEXT_BYTES], const char *prefix, const struct cvn_id *id)
{
    size_t at = strnlen(prefix, CVN_ID_PREFIX_MAX);
    memcpy(text, prefix, at);
    text[at++] = '_';
    unsigned __int128 value = 0;
    for (int i = 0; i < CVN_ID_BYTES; i++)
        value = value << 8 | id->bytes[i];
    for (int i = CVN_ID_DIGITS - 1; i >= 0; i--) {
        text[at + (size_t)i] = cvn_base32_digit((unsigned)value);
        value >>= 5;
    }
    text[at + CVN_ID_DIGITS] = '\0';
}

bool cvn_id_parse(struct cvn_id *ret, const char *prefix, const char *text)
{
    size_t n = strlen(prefix);
    if (strncmp(text, prefix, n) != 0 || text[n] != '_')
        return false;
    text += n + 1;
    if (strnlen(text, CVN_ID_DIGITS + 1) != CVN_ID_DIGITS || cvn_base32_value(text[0]) > 7)
        return false;
    unsigned __int128 value = 0;
    for (int i = 0; i < CVN_ID_DIGITS; i++) {
        int d = cvn_base32_value(text[i]);
        if (d < 0)
            return false;
        value = value << 5 | (unsigned)d;
    }
    for (int i = CVN_ID_BYTES - 1; i >= 0; i--) {
        ret->bytes[i] = (uint8_t)value;
        value >>= 8;
    }
    return true;
}
