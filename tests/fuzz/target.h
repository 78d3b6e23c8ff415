/* What libFuzzer calls, and replay_main.c in its place. */
#ifndef CVN_TESTS_FUZZ_TARGET_H
#define CVN_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Tries one input; returns 0, and aborts where a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
