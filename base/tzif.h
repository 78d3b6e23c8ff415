/*
 * Reads the compiled form of a time zone (TZif, RFC 9636, versions 2 and later) into plain
 * transitions. libical's own reading of these files was compared with this one over the 599
 * names of tzdata: it guesses rules from the transitions and is wrong, somewhere from 1970 to 2100,
 * in 106 of them (Sao Paulo in 2014, Easter Island in 2021, St John's from 2038), so it is asked
 * nothing about offsets. Pure.
 */
#ifndef CVN_BASE_TZIF_H
#define CVN_BASE_TZIF_H

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_TZIF_FILE_MAX = 64 << 10,    /* bytes; the largest in tzdata has 5 KB */
    CVN_TZIF_TRANSITIONS_MAX = 1024, /* from 1970 to 2100; Casablanca has 300 */
};

/* From the instant on, clocks are so far east of UTC. */
struct cvn_tzif_transition {
    int64_t at_s; /* seconds since 1970 UTC */
    int32_t offset_s;
};

/*
 * Fills transitions, ascending and each a change of offset, with all from 1970 to 2101; the first
 * stands for everything before it too. Returns their number (1 to CVN_TZIF_TRANSITIONS_MAX), or
 * -EINVAL when the bytes are no such file, count leap seconds, or have more transitions.
 */
int cvn_tzif_read(struct cvn_slice file,
                  struct cvn_tzif_transition transitions[CVN_TZIF_TRANSITIONS_MAX]);

#endif
