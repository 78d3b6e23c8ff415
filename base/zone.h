/*
 * IANA time zones, read from the machine's tzdata (base/tzif.h says why not through libical). Each
 * zone is read once, at its first use, under a lock; what one gets is immutable, complete from 1970
 * to 2100, and asked without a lock.
 */
#ifndef CVN_BASE_ZONE_H
#define CVN_BASE_ZONE_H

#include "base/civil.h"

#include <stdint.h>

struct cvn_zones;
struct cvn_zone;

enum {
    CVN_ZONE_UNKNOWN = 1,
    CVN_ZONE_NAME_MAX = 63, /* bytes; the longest in use has 32 */
};

/*
 * The zones of the machine, made once by main. 0; -ENOENT where tzdata is not installed; -ENOMEM.
 * *ret_zones is the caller's, freed by free.
 */
int cvn_zones_new(struct cvn_zones **ret_zones);

/* Frees the zones handed out too. NULL is accepted. */
void cvn_zones_free(struct cvn_zones *zones);

/*
 * The zone of exactly that IANA name ("Europe/Berlin", "Etc/UTC", "UTC"; old names such as
 * "Europe/Kiev" too). 0, CVN_ZONE_UNKNOWN for any other text (another case, a path, "localtime"),
 * -ENOMEM, or what reading the file failed with. *ret_zone belongs to zones and lives as long. Any
 * thread; the first use of a zone waits for a lock and reads a file, every later one is a hash
 * look-up.
 */
int cvn_zones_find(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret_zone);

const char *cvn_zone_name(const struct cvn_zone *zone);

/*
 * The instant, in milliseconds since 1970 UTC, at which clocks in the zone show the civil time.
 * After RFC 5545, section 3.3.5: of a time that comes twice the first is meant, and a time that a
 * spring forward leaves out is read with the offset before the gap (02:30 becomes 03:30).
 */
int64_t cvn_zone_utc_ms(const struct cvn_zone *zone, const struct cvn_civil *civil);

/* The zone's offset at the instant, in seconds east of UTC. */
int cvn_zone_offset_s(const struct cvn_zone *zone, int64_t utc_ms);

/* When clocks in the zone change next after the instant; false where they do not by 2101. */
bool cvn_zone_next_change(const struct cvn_zone *zone, int64_t after_ms, int64_t *ret_ms);

/* What clocks in the zone show at the instant, milliseconds dropped. */
struct cvn_civil cvn_zone_civil(const struct cvn_zone *zone, int64_t utc_ms);

#endif
