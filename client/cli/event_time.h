/* Start and end of an event as people give them, made into the contract's local times. */
#ifndef CVN_CLIENT_CLI_EVENT_TIME_H
#define CVN_CLIENT_CLI_EVENT_TIME_H

#include "base/civil.h"
#include "base/error.h"
#include "base/zone.h"

#include <stdint.h>

/* Reads "2h", "90min", "1h30m", "PT2H", "02:00" or a bare number of minutes. 0 or -EINVAL. */
int cvn_event_duration(int64_t *ret_seconds, const char *text, struct cvn_error *err);

/* Whether the text is an instant with an offset, so that a zone is needed to make it local. */
int cvn_event_time_is_instant(const char *text);

/*
 * Writes the local time: "2026-12-01T18:30", with a blank for the T or with seconds, is local as it
 * is; an instant becomes what clocks in the zone show. zone is NULL where none is known. 0, or
 * -EINVAL with a phrase in err.
 */
int cvn_event_local(char local[CVN_CIVIL_TEXT_BYTES], const char *text, const struct cvn_zone *zone,
                    struct cvn_error *err);

/* The local time so many seconds later on the same clock. 0 or -EINVAL past the last year. */
int cvn_event_later(char local[CVN_CIVIL_TEXT_BYTES], const char *start_local, int64_t seconds,
                    struct cvn_error *err);

#endif
