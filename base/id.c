#include "base/id.h"

#include "base/base32.h"

#include <endian.h>
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

/* The number that n digits are; *bad gets the highest bit where one is none. */
static uint64_t read_digits(const char *text, size_t n, int *bad)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = cvn_base32_value(text[i]);
        *bad |= digit;
        value = value << 5 | ((unsigned)digit & 31);
    }
    return value;
}

/* Digits in three parts: 3 and 45 bits, then 40 and 40. */
bool cvn_id_parse(struct cvn_id *ret, const char *prefix, const char *text)
{
    size_t n = strlen(prefix);
    if (strncmp(text, prefix, n) != 0 || text[n] != '_')
        return false;
    text += n + 1;
    if (strnlen(text, CVN_ID_DIGITS + 1) != CVN_ID_DIGITS || cvn_base32_value(text[0]) > 7)
        return false;
    int bad = 0;
    uint64_t first = read_digits(text, 10, &bad);
    uint64_t second = read_digits(text + 10, 8, &bad);
    uint64_t third = read_digits(text + 18, 8, &bad);
    if (bad < 0)
        return false;
    uint64_t halves[2] = {htobe64(first << 16 | second >> 24), htobe64(second << 40 | third)};
    memcpy(ret->bytes, halves, CVN_ID_BYTES);
    return true;
}
