/* Digits of Crockford's base32 (https://www.crockford.com/base32.html), in lower case. */
#ifndef CVN_BASE_BASE32_H
#define CVN_BASE_BASE32_H

/* The digit of the value's low five bits. */
char cvn_base32_digit(unsigned value);

/* The digit's value, in either case, O read as 0 and I and L as 1; -1 when it is none. */
int cvn_base32_value(char digit);

#endif
