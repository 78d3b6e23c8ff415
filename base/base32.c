#include "base/base32.h"

#include <string.h>

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

char cvn_base32_digit(unsigned value)
{
    return digits[value & 31];
}

int cvn_base32_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        digit = (char)(digit - 'A' + 'a');
    if (digit == 'o')
        digit = '0';
    if (digit == 'i' || digit == 'l')
        digit = '1';
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}
