/* Numbers that look random and are the same for the same seed, on any machine. */
#ifndef CVN_TESTS_DICE_H
#define CVN_TESTS_DICE_H

#include <stdbool.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014). Any seed will do; begin by setting it. */
static inline uint64_t dice_roll(uint64_t *dice)
{
    uint64_t z = (*dice += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint32_t dice_below(uint64_t *dice, uint32_t n)
{
    return (uint32_t)((dice_roll(dice) >> 32) * n >> 32);
}

/* True once in n times. */
static inline bool dice_once_in(uint64_t *dice, uint32_t n)
{
    return dice_below(dice, n) == 0;
}

#endif
