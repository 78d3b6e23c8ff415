#include "base/base32.h"

#include <stdint.h>

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

char cvn_base32_digit(unsigned value)
{
    return digits[value & 31];
}

/* One more than the value of a digit, or of one that is taken for it; 0 for what is none. */
static const uint8_t values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['A'] = 11, ['b'] = 12, ['B'] = 12, ['c'] = 13, ['C'] = 13,
    ['d'] = 14, ['D'] = 14, ['e'] = 15, ['E'] = 15, ['f'] = 16, ['F'] = 16, ['g'] = 17, ['G'] = 17,
    ['h'] = 18, ['H'] = 18, ['j'] = 19, ['J'] = 19, ['k'] = 20, ['K'] = 20, ['m'] = 21, ['M'] = 21,
    ['n'] = 22, ['N'] = 22, ['p'] = 23, ['P'] = 23, ['q'] = 24, ['Q'] = 24, ['r'] = 25, ['R'] = 25,
    ['s'] = 26, ['S'] = 26, ['t'] = 27, ['T'] = 27, ['v'] = 28, ['V'] = 28, ['w'] = 29, ['W'] = 29,
    ['x'] = 30, ['X'] = 30, ['y'] = 31, ['Y'] = 31, ['z'] = 32, ['Z'] = 32, ['o'] = 1,  ['O'] = 1,
    ['i'] = 2,  ['I'] = 2,  ['l'] = 2,  ['L'] = 2};

int cvn_base32_value(char digit)
{
    return (int)values[(uint8_t)digit] - 1;
}
