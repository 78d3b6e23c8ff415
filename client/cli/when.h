/* Times as people say them: "tomorrow", "this-week", "+7d", "2026-12-01". Pure: now is given. */
#ifndef CVN_CLIENT_CLI_WHEN_H
#define CVN_CLIENT_CLI_WHEN_H

#include "base/error.h"
#include "base/zone.h"

#include <stdint.h>

/* Instants from and before, in milliseconds since 1970, UTC; equal for a point in time. */
struct cvn_when {
    int64_t from_ms;
    int64_t before_ms;
};

/*
 * Reads a phrase; days, weeks and months are those of clocks in the zone:
 *   now; today, tomorrow, yesterday; this-week, next-week (Monday to Sunday), this-weekend
 *   (Saturday and Sunday), this-month, next-month; +7d, -2w, +36h, +90min from now; a weekday, as
 *   in "friday", for the next one from today on; 2026-12-01; 2026-12; 2026-12-01T18:30 on clocks
 *   in the zone; the same with an offset.
 * 0, or -EINVAL with a phrase in err that follows the option's name.
 */
int cvn_when_parse(struct cvn_when *ret, const char *text, int64_t now_ms,
                   const struct cvn_zone *zone, struct cvn_error *err);

/* "Tue 1 Dec 18:30" for the civil time; the year is added when it is not the one given. */
enum { CVN_WHEN_TEXT_BYTES = 64 };
void cvn_when_format(char text[CVN_WHEN_TEXT_BYTES], const struct cvn_civil *civil, int this_year);

#endif
