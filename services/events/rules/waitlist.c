#include "services/events/rules/waitlist.h"

static uint32_t overtakes_allowed(const struct cvn_waitlist_rule *rule,
                                  const struct cvn_waiting *waiting)
{
    switch (rule->policy) {
    case CVN_WAITLIST_STRICT:
        return 0;
    case CVN_WAITLIST_FIRST_FIT:
        return UINT32_MAX;
    case CVN_WAITLIST_BOUNDED:
        return waiting->overtaken < rule->overtaken_max ? rule->overtaken_max - waiting->overtaken
                                                        : 0;
    }
    return 0;
}

static bool never_fits(const struct cvn_waitlist_rule *rule, const struct cvn_waiting *waiting)
{
    return rule->capacity && waiting->party > rule->capacity;
}

/* From the last one walked over back: each one left was passed by those picked behind it. */
static void count_overtakes(const struct cvn_waitlist_rule *rule, struct cvn_waiting *queue,
                            size_t walked)
{
    uint32_t behind = 0;
    for (size_t i = walked; i-- > 0;) {
        if (queue[i].picked)
            behind++;
        else if (!never_fits(rule, &queue[i]))
            queue[i].overtaken += behind;
    }
}

size_t cvn_waitlist_pick(const struct cvn_waitlist_rule *rule, struct cvn_waiting *queue, size_t n)
{
    uint32_t free_seats = rule->free_seats;
    size_t n_picked = 0, walked = 0;
    size_t may_pick = SIZE_MAX; /* until somebody left has been passed as often as may be */
    for (size_t i = 0; i < n; i++)
        queue[i].picked = false;
    while (walked < n && free_seats > 0 && n_picked < may_pick) {
        struct cvn_waiting *waiting = &queue[walked++];
        if (never_fits(rule, waiting))
            continue;
        if (waiting->party <= free_seats) {
            waiting->picked = true;
            n_picked++;
            if (rule->free_seats != CVN_WAITLIST_NO_LIMIT)
                free_seats -= waiting->party;
            continue;
        }
        size_t until = n_picked + overtakes_allowed(rule, waiting);
        if (until < may_pick)
            may_pick = until;
    }
    count_overtakes(rule, queue, walked);
    return n_picked;
}
