/*
 * Which local times a repeating event has (RFC 5545, sections 3.3.10 and 3.8.5). Everything is
 * reckoned in local time, so that a meetup keeps its weekday and hour across clock changes; whoever
 * needs an instant asks base/zone. libical steps through the rule, guarded: rules below a day are
 * refused, and steps, years and results have limits. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_RULES_RECURRENCE_H
#define CVN_SERVICES_EVENTS_RULES_RECURRENCE_H

#include "base/civil.h"
#include "base/zone.h"

#include <stddef.h>

enum {
    CVN_RECURRENCE_RULE_MAX = 500,    /* bytes */
    CVN_RECURRENCE_DATES_MAX = 500,   /* of RDATE, and of EXDATE */
    CVN_RECURRENCE_STEPS_MAX = 20000, /* of a rule; with a COUNT from its start: 54 years of days */
    CVN_RECURRENCE_RESULTS_MAX = 2000,
};

struct cvn_recurrence {
    struct cvn_civil start;      /* the first occurrence, whether the rule gives it or not */
    const char *rule;            /* "FREQ=WEEKLY;…" without "RRULE:"; "" for none */
    const struct cvn_zone *zone; /* in which an UNTIL in UTC is read */
    const struct cvn_civil *dates, *except;
    size_t n_dates, n_except; /* at most CVN_RECURRENCE_DATES_MAX each */
};

enum cvn_recurrence_refusal {
    CVN_RECURRENCE_OK = 0,
    CVN_RECURRENCE_REFUSED_LONG,     /* over CVN_RECURRENCE_RULE_MAX */
    CVN_RECURRENCE_REFUSED_SYNTAX,   /* no RRULE */
    CVN_RECURRENCE_REFUSED_OFTEN,    /* FREQ below a day */
    CVN_RECURRENCE_REFUSED_CALENDAR, /* RSCALE or SKIP of RFC 7529 */
    CVN_RECURRENCE_REFUSED_NEVER,    /* there is no such day */
    CVN_RECURRENCE_REFUSED_STEPS,    /* over CVN_RECURRENCE_STEPS_MAX before the window's end */
    CVN_RECURRENCE_REFUSED_MOVED,    /* a BY part that would stay where it is */
};

/* Whether the rule by itself is one that is accepted. Cheap: nothing is expanded. */
enum cvn_recurrence_refusal cvn_recurrence_check(const char *rule);

/* Where to look, and how much to give back: local times in [from, before). */
struct cvn_recurrence_window {
    struct cvn_civil from, before;
    size_t max; /* at most CVN_RECURRENCE_RESULTS_MAX */
};

/*
 * Fills times with the first window->max occurrences in the window, ascending, none twice; *ret_n
 * is how many. A refusal as for check, or REFUSED_STEPS, with nothing to be read in times.
 */
enum cvn_recurrence_refusal cvn_recurrence_expand(const struct cvn_recurrence *recurrence,
                                                  const struct cvn_recurrence_window *window,
                                                  struct cvn_civil *times, size_t *ret_n);

/* A rule from one of the occurrences on. */
struct cvn_recurrence_rest {
    char rule[CVN_RECURRENCE_RULE_MAX + 1]; /* with a COUNT, of those that are left; "": none are */
    /*
     * From where it counts: that occurrence, or, where that is a single date or none, the next time
     * of the rule. A rule that began at a single date would take its weekday, hour and weeks.
     */
    struct cvn_civil start;
};

/*
 * The rule as it goes on from one of its occurrences, when that and what follows moves by so many
 * seconds of local time; an UNTIL moves along. A refusal as for check, or REFUSED_STEPS, LONG or
 * MOVED, with nothing to be read in *ret.
 */
enum cvn_recurrence_refusal cvn_recurrence_rest(const struct cvn_recurrence *recurrence,
                                                const struct cvn_civil *from, int64_t by_s,
                                                struct cvn_recurrence_rest *ret);

/* The refusal as a phrase behind a field's name, with what would be right; "" for OK. */
const char *cvn_recurrence_refusal_text(enum cvn_recurrence_refusal refusal);

#endif
