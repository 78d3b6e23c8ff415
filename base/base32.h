/* Digits of Crockford's base32 (https://www.crockford.com/base32.html), in lower case. */
#ifndef CVN_BASE_BASE32_H
#define CVN_BASE_BASE32_H

#include <stdint.h>

/* The digit of the value's low five bits. */
char cvn_base32_digit(unsigned value);

/* One more than the value of a digit, or of one that is taken for it; 0 for what is none. */
extern const uint8_t cvn_base32_values[256];

/* The digit's value, in either case, O read as 0 and I and L as 1; -1 when it is none. */
static inline int cvn_base32_value(char digit)
{
    return (int)cvn_base32_values[(uint8_t)digit] - 1;
}

#endif
