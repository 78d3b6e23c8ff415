/* Recurrence against the expansions that RFC 5545, section 3.8.5.3, prints for its own examples. */
#include "services/events/rules/recurrence.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/dice.h"

#include <stdio.h>
#include <string.h>

enum { MAX = 64 };

static struct cvn_civil civil(const char *text)
{
    struct cvn_civil ret = {0};
    assert_true(cvn_civil_parse(&ret, text));
    return ret;
}

static const struct cvn_recurrence_window always = {
    .from = {1970, 1, 1, 0, 0, 0}, .before = {2100, 1, 1, 0, 0, 0}, .max = MAX};

/* The dates of a rule, as "1997-09-02 1997-09-03 …". */
static const char *dates(const struct cvn_recurrence *recurrence, size_t max)
{
    static char text[MAX * 12];
    struct cvn_civil times[MAX];
    struct cvn_recurrence_window window = always;
    size_t n = 0;
    window.max = max;
    assert_int_equal(cvn_recurrence_expand(recurrence, &window, times, &n), CVN_RECURRENCE_OK);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char one[CVN_CIVIL_TEXT_BYTES];
        cvn_civil_format(one, &times[i]);
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.10s", i ? " " : "",
                       one);
    }
    return text;
}

struct example {
    const char *start, *rule, *dates;
    size_t max;
};

/* All start at 09:00 in New York. */
static const struct example examples[] = {
    {"1997-09-02", "FREQ=DAILY;COUNT=4", "1997-09-02 1997-09-03 1997-09-04 1997-09-05", MAX},
    {"1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5",
     "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12", MAX},
    {"1997-09-02", "FREQ=DAILY;UNTIL=19970905T130000Z",
     "1997-09-02 1997-09-03 1997-09-04 1997-09-05", MAX},
    {"1997-09-02", "FREQ=WEEKLY;COUNT=10",
     "1997-09-02 1997-09-09 1997-09-16 1997-09-23 1997-09-30 1997-10-07 1997-10-14 1997-10-21 "
     "1997-10-28 1997-11-04",
     MAX},
    {"1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02 1997-09-16 1997-09-30 1997-10-14",
     4},
    {"1997-09-02", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
     "1997-09-02 1997-09-04 1997-09-09 1997-09-11 1997-09-16 1997-09-18 1997-09-23 1997-09-25 "
     "1997-09-30 1997-10-02",
     MAX},
    {"1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
     "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16",
     MAX},
    {"1997-09-05", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05 1997-10-03 1997-11-07 1997-12-05",
     MAX},
    {"1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
     "1997-09-07 1997-09-28 1997-11-02 1997-11-30 1998-01-04 1998-01-25 1998-03-01 1998-03-29 "
     "1998-05-03 1998-05-31",
     MAX},
    {"1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
     "1997-09-22 1997-10-20 1997-11-17 1997-12-22 1998-01-19 1998-02-16", MAX},
    {"1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3",
     "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29 1998-02-26", 6},
    {"1997-09-02", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
     "1997-09-02 1997-09-15 1997-10-02 1997-10-15 1997-11-02 1997-11-15 1997-12-02 1997-12-15 "
     "1998-01-02 1998-01-15",
     MAX},
    {"1997-09-30", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
     "1997-09-30 1997-10-01 1997-10-31 1997-11-01 1997-11-30 1997-12-01 1997-12-31 1998-01-01 "
     "1998-01-31 1998-02-01",
     MAX},
    {"1997-06-10", "FREQ=YEARLY;COUNT=6;BYMONTH=6,7",
     "1997-06-10 1997-07-10 1998-06-10 1998-07-10 1999-06-10 1999-07-10", MAX},
    {"1997-01-01", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
     "1997-01-01 1997-04-10 1997-07-19 2000-01-01 2000-04-09 2000-07-18 2003-01-01 2003-04-10 "
     "2003-07-19 2006-01-01",
     MAX},
    {"1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17", 3},
    {"1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 1998-05-11 1999-05-17", 3},
    {"1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
     "1997-03-13 1997-03-20 1997-03-27 1998-03-05 1998-03-12 1998-03-19 1998-03-26", 7},
    {"1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
     "1997-09-13 1997-10-11 1997-11-08 1997-12-13 1998-01-10 1998-02-07", 6},
    {"1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
     "1996-11-05 2000-11-07 2004-11-02", 3},
    {"1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
     "1997-09-04 1997-10-07 1997-11-06", MAX},
    {"1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
     "1997-09-29 1997-10-30 1997-11-27 1997-12-30 1998-01-29 1998-02-26 1998-03-30", 7},
    {"1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
     "1997-08-05 1997-08-10 1997-08-19 1997-08-24", MAX},
    {"1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
     "1997-08-05 1997-08-17 1997-08-19 1997-08-31", MAX},
    {"2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
     "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30", MAX},
};

static void test_expand_when_the_rule_is_one_of_the_rfc(void **state)
{
    struct cvn_zones *zones;
    const struct cvn_zone *new_york;
    assert_int_equal(cvn_zones_new(&zones), 0);
    assert_int_equal(cvn_zones_find(zones, "America/New_York", &new_york), 0);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct cvn_recurrence recurrence = {.rule = examples[i].rule, .zone = new_york};
        char start[CVN_CIVIL_TEXT_BYTES];
        (void)snprintf(start, sizeof start, "%sT09:00:00", examples[i].start);
        recurrence.start = civil(start);
        assert_string_equal(dates(&recurrence, examples[i].max), examples[i].dates);
    }
    cvn_zones_free(zones);
}

static void test_expand_when_dates_are_added_and_taken_out(void **state)
{
    const struct cvn_civil added[] = {civil("2026-01-09T18:00"), civil("2026-01-01T18:00"),
                                      civil("2026-01-08T18:00")};
    const struct cvn_civil out[] = {civil("2026-01-15T18:00")};
    struct cvn_recurrence recurrence = {.start = civil("2026-01-01T18:00"),
                                        .rule = "FREQ=WEEKLY;COUNT=4",
                                        .dates = added,
                                        .n_dates = 3,
                                        .except = out,
                                        .n_except = 1};
    assert_string_equal(dates(&recurrence, MAX), "2026-01-01 2026-01-08 2026-01-09 2026-01-22");
    recurrence.rule = "";
    assert_string_equal(dates(&recurrence, MAX), "2026-01-01 2026-01-08 2026-01-09");
    assert_string_equal(dates(&recurrence, 2), "2026-01-01 2026-01-08");
}

static void test_expand_when_the_window_bounds_it(void **state)
{
    struct cvn_recurrence recurrence = {.start = civil("2026-01-01T18:00"), .rule = "FREQ=DAILY"};
    struct cvn_recurrence_window window = {
        .from = civil("2026-02-01T18:00"), .before = civil("2026-02-03T18:00"), .max = MAX};
    struct cvn_civil times[MAX];
    size_t n = 0;
    assert_int_equal(cvn_recurrence_expand(&recurrence, &window, times, &n), CVN_RECURRENCE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(times[0].day, 1);
    assert_int_equal(times[1].day, 2);
}

static void test_check_when_the_rule_is_hostile(void **state)
{
    static const struct {
        const char *rule;
        enum cvn_recurrence_refusal refusal;
    } rules[] = {
        {"FREQ=SECONDLY", CVN_RECURRENCE_REFUSED_OFTEN},
        {"FREQ=MINUTELY;BYMONTH=2", CVN_RECURRENCE_REFUSED_OFTEN},
        {"FREQ=HOURLY;BYMONTHDAY=30;BYMONTH=2", CVN_RECURRENCE_REFUSED_OFTEN},
        {"FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2", CVN_RECURRENCE_REFUSED_NEVER},
        {"FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=4,6,9,11", CVN_RECURRENCE_REFUSED_NEVER},
        {"FREQ=MONTHLY;RSCALE=CHINESE", CVN_RECURRENCE_REFUSED_CALENDAR},
        {"FREQ=SOMETIMES", CVN_RECURRENCE_REFUSED_SYNTAX},
        {"BYDAY=MO", CVN_RECURRENCE_REFUSED_SYNTAX},
        {"FREQ=DAILY\nSUMMARY:x", CVN_RECURRENCE_REFUSED_SYNTAX},
        {"FREQ=DAILY;INTERVAL=0", CVN_RECURRENCE_REFUSED_SYNTAX},
        {"FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2", CVN_RECURRENCE_OK},
        {"", CVN_RECURRENCE_OK},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_int_equal(cvn_recurrence_check(rules[i].rule), rules[i].refusal);
    char longest[CVN_RECURRENCE_RULE_MAX + 2];
    memset(longest, '1', sizeof longest);
    memcpy(longest, "FREQ=DAILY;COUNT=", 17);
    longest[CVN_RECURRENCE_RULE_MAX + 1] = '\0';
    assert_int_equal(cvn_recurrence_check(longest), CVN_RECURRENCE_REFUSED_LONG);
}

static enum cvn_recurrence_refusal expand_from(const char *rule, const char *from,
                                               const char *before, size_t *ret_n)
{
    struct cvn_recurrence recurrence = {.start = civil("1970-01-01T09:00"), .rule = rule};
    struct cvn_recurrence_window window = {
        .from = civil(from), .before = civil(before), .max = MAX};
    struct cvn_civil times[MAX];
    return cvn_recurrence_expand(&recurrence, &window, times, ret_n);
}

static void test_expand_when_a_rule_began_long_ago_begins_near_the_window(void **state)
{
    size_t n = 0;
    assert_int_equal(expand_from("FREQ=DAILY", "2090-01-01T00:00", "2090-01-31T00:00", &n),
                     CVN_RECURRENCE_OK);
    assert_int_equal(n, 30);
    assert_int_equal(expand_from("FREQ=WEEKLY", "2090-01-01T00:00", "2090-01-31T00:00", &n),
                     CVN_RECURRENCE_OK);
    assert_int_equal(n, 4);
}

/* Where steps are counted from the start, there are as many as may be. */
static void test_expand_when_a_rule_takes_too_many_steps_is_refused(void **state)
{
    size_t n = 0;
    struct cvn_civil last = civil("1970-01-01T09:00");
    char before[CVN_CIVIL_TEXT_BYTES], from[CVN_CIVIL_TEXT_BYTES];
    for (int over = 0; over <= 1; over++) {
        struct cvn_civil end = cvn_civil_of_seconds(
            cvn_civil_seconds(&last) + INT64_C(86400) * (CVN_RECURRENCE_STEPS_MAX - 1 + over));
        struct cvn_civil begin = cvn_civil_of_seconds(cvn_civil_seconds(&end) - 86400);
        cvn_civil_format(before, &end);
        cvn_civil_format(from, &begin);
        assert_int_equal(expand_from("FREQ=DAILY;COUNT=32000", from, before, &n),
                         over ? CVN_RECURRENCE_REFUSED_STEPS : CVN_RECURRENCE_OK);
    }
    assert_int_equal(expand_from("FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,15,30,45;"
                                 "BYSECOND=0,10,20,30,40,50",
                                 "2090-01-01T00:00", "2099-01-01T00:00", &n),
                     CVN_RECURRENCE_OK); /* which is full long before */
    assert_int_equal(expand_from("FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,"
                                 "TH,FR,SA,SU",
                                 "2090-01-01T00:00", "2099-01-01T00:00", &n),
                     CVN_RECURRENCE_REFUSED_STEPS);
}

/* One of the parts of a rule, or none. */
static void add_part(char *rule, size_t room, uint64_t *dice, const char *const *parts, size_t n)
{
    size_t which = dice_below(dice, 2 * (uint32_t)n);
    if (which < n)
        (void)snprintf(rule + strlen(rule), room - strlen(rule), ";%s", parts[which]);
}

static void make_rule(char *rule, size_t room, uint64_t *dice)
{
    static const char *const freqs[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    static const char *const days[] = {"BYDAY=MO",    "BYDAY=TU,TH",       "BYDAY=SU,MO,FR",
                                       "BYDAY=SA,SU", "BYDAY=MO,TU,WE,TH", "BYDAY=WE"};
    static const char *const nths[] = {"BYDAY=1MO",
                                       "BYDAY=-1FR",
                                       "BYDAY=2TU,4TU",
                                       "BYDAY=5WE",
                                       "BYDAY=SU",
                                       "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                                       "BYDAY=SA,SU;BYSETPOS=2,3"};
    static const char *const month_days[] = {"BYMONTHDAY=1", "BYMONTHDAY=31", "BYMONTHDAY=-1",
                                             "BYMONTHDAY=13,14,15", "BYMONTHDAY=29,30"};
    static const char *const months[] = {"BYMONTH=1", "BYMONTH=2,7,12", "BYMONTH=3,4,5,6,7"};
    static const char *const ends[] = {"UNTIL=20101231", "UNTIL=20050704T120000", "COUNT=40",
                                       "COUNT=1500"};
    static const char *const weeks[] = {"WKST=SU", "WKST=MO", "WKST=TH"};
    static const char *const hours[] = {"BYHOUR=8,20"};
    size_t freq = dice_below(dice, 4);
    (void)snprintf(rule, room, "FREQ=%s;INTERVAL=%d", freqs[freq], 1 + (int)dice_below(dice, 9));
    /* Not both at once, as few days are both and libical looks for them for ages. */
    if (freq < 2)
        add_part(rule, room, dice, days, sizeof days / sizeof *days);
    else if (dice_once_in(dice, 2))
        add_part(rule, room, dice, nths, sizeof nths / sizeof *nths);
    else
        add_part(rule, room, dice, month_days, sizeof month_days / sizeof *month_days);
    if (freq != 2) /* nor months, which every nth may never be */
        add_part(rule, room, dice, months, sizeof months / sizeof *months);
    add_part(rule, room, dice, weeks, sizeof weeks / sizeof *weeks);
    if (dice_once_in(dice, 4))
        add_part(rule, room, dice, ends, sizeof ends / sizeof *ends);
    if (dice_once_in(dice, 8))
        add_part(rule, room, dice, hours, 1);
}

/* Whatever window is asked for: what stepping through all of the rule gives in it. */
static void test_expand_when_the_window_is_late_gives_what_all_of_the_rule_does(void **state)
{
    enum { RULES = 600 };
    static struct cvn_civil all[CVN_RECURRENCE_RESULTS_MAX], some[CVN_RECURRENCE_RESULTS_MAX];
    uint64_t dice = 1;
    size_t n_compared = 0, n_dates = 0;
    for (int i = 0; i < RULES; i++) {
        char rule[200];
        struct cvn_civil first = civil("2000-01-01T00:00:00");
        make_rule(rule, sizeof rule, &dice);
        struct cvn_recurrence recurrence = {
            .start = cvn_civil_of_seconds(cvn_civil_seconds(&first) +
                                          (int64_t)dice_below(&dice, 1000) * 86400 + 30600),
            .rule = rule};
        struct cvn_recurrence_window window = always, whole = always;
        size_t n_all = 0, n_some = 0, at = 0;
        whole.max = window.max = CVN_RECURRENCE_RESULTS_MAX;
        window.from = cvn_civil_of_seconds(cvn_civil_seconds(&recurrence.start) +
                                           (int64_t)dice_below(&dice, 3000) * 43200);
        whole.before = window.before = cvn_civil_of_seconds(
            cvn_civil_seconds(&window.from) + (int64_t)dice_below(&dice, 1000) * 43200);
        if (cvn_recurrence_expand(&recurrence, &whole, all, &n_all) || n_all == whole.max)
            continue; /* a day that never comes, or too many to have them all */
        if (cvn_recurrence_expand(&recurrence, &window, some, &n_some))
            fail_msg("%s is refused", rule);
        while (at < n_all && cvn_civil_seconds(&all[at]) < cvn_civil_seconds(&window.from))
            at++;
        for (size_t k = 0; k < n_some; k++, at++)
            if (at == n_all || cvn_civil_seconds(&all[at]) != cvn_civil_seconds(&some[k]))
                fail_msg("%s: the %zuth in the window is another", rule, k);
        if (at < n_all)
            fail_msg("%s: the window lacks its %zuth", rule, n_some);
        n_compared++;
        n_dates += n_some;
    }
    assert_true(n_compared > RULES / 2);
    assert_true(n_dates > RULES * 4);
}

static void test_rest_of_a_rule(void **state)
{
    (void)state;
    enum { HOUR = 3600, DAY = 24 * HOUR };
    static const struct {
        const char *rule, *from;
        int64_t by_s;
        const char *rest, *start;
    } cases[] = {
        {"FREQ=WEEKLY;BYDAY=TU", "1997-09-16T09:00", HOUR, "FREQ=WEEKLY;BYDAY=TU",
         "1997-09-16T10:00"},
        {"FREQ=WEEKLY;COUNT=10", "1997-09-02T09:00", 0, "FREQ=WEEKLY;COUNT=10", "1997-09-02T09:00"},
        {"FREQ=WEEKLY;COUNT=10", "1997-09-16T09:00", 0, "FREQ=WEEKLY;COUNT=8", "1997-09-16T09:00"},
        {"FREQ=WEEKLY;COUNT=10", "1997-11-04T09:00", 0, "FREQ=WEEKLY;COUNT=1", "1997-11-04T09:00"},
        {"FREQ=WEEKLY;COUNT=10", "1997-11-05T09:00", 0, "", "1997-11-05T09:00"},
        {"FREQ=WEEKLY;UNTIL=19971007T000000Z", "1997-09-16T09:00", 0,
         "FREQ=WEEKLY;UNTIL=19971007T000000Z", "1997-09-16T09:00"},
        /* An end moves along, and a date stays one where that is whole days. */
        {"FREQ=WEEKLY;UNTIL=19971007T090000", "1997-09-16T09:00", HOUR,
         "FREQ=WEEKLY;UNTIL=19971007T100000", "1997-09-16T10:00"},
        {"FREQ=WEEKLY;UNTIL=19971007", "1997-09-16T09:00", DAY, "FREQ=WEEKLY;UNTIL=19971008",
         "1997-09-17T09:00"},
        {"FREQ=WEEKLY;UNTIL=19971007", "1997-09-16T09:00", -10 * HOUR,
         "FREQ=WEEKLY;UNTIL=19971007T135959", "1997-09-15T23:00"},
        {"FREQ=WEEKLY;UNTIL=19971007", "1997-10-09T10:00", 0, "", "1997-10-09T10:00"},
        /* From a single date on, the rule keeps its weeks, days and hour. */
        {"FREQ=WEEKLY;INTERVAL=2", "1997-09-10T11:00", HOUR, "FREQ=WEEKLY;INTERVAL=2",
         "1997-09-16T10:00"},
        {"FREQ=MONTHLY;INTERVAL=3;COUNT=4", "1998-01-20T09:00", 0,
         "FREQ=MONTHLY;COUNT=2;INTERVAL=3", "1998-03-02T09:00"},
        /* The start itself counts, even where the rule does not give it. */
        {"FREQ=WEEKLY;BYDAY=WE", "1997-09-02T09:00", 0, "FREQ=WEEKLY;BYDAY=WE", "1997-09-02T09:00"},
        {"", "1997-09-16T09:00", DAY, "", "1997-09-17T09:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cvn_recurrence_rest rest;
        char start[CVN_CIVIL_TEXT_BYTES];
        const struct cvn_recurrence recurrence = {.start = civil("1997-09-02T09:00"),
                                                  .rule = cases[i].rule};
        struct cvn_civil from = civil(cases[i].from);
        assert_int_equal(cvn_recurrence_rest(&recurrence, &from, cases[i].by_s, &rest),
                         CVN_RECURRENCE_OK);
        assert_string_equal(rest.rule, cases[i].rest);
        cvn_civil_format(start, &rest.start);
        start[strlen(cases[i].start)] = '\0';
        assert_string_equal(start, cases[i].start);
    }
}

/* Split anywhere, at a time of the rule or at a single date, and nothing moved: the same times. */
static void test_rest_of_any_rule_gives_what_the_whole_gives_from_there(void **state)
{
    enum { RULES = 800, MOST = 400 };
    (void)state;
    uint64_t dice = 7;
    size_t n_compared = 0;
    for (int i = 0; i < RULES; i++) {
        char rule[CVN_RECURRENCE_RULE_MAX + 1];
        struct cvn_civil all[MOST], some[MOST], date, start = civil("2001-01-30T20:00");
        size_t n_all, n_some, at;
        struct cvn_recurrence_rest rest;
        make_rule(rule, sizeof rule, &dice);
        start = cvn_civil_of_seconds(cvn_civil_seconds(&start) +
                                     (int64_t)dice_below(&dice, 500) * 86400);
        date = cvn_civil_of_seconds(cvn_civil_seconds(&start) +
                                    (int64_t)dice_below(&dice, 900) * 86400 + 3600);
        const struct cvn_recurrence whole = {
            .start = start, .rule = rule, .dates = &date, .n_dates = 1};
        struct cvn_recurrence_window window = {start, civil("2008-01-01T00:00"), MOST};
        if (cvn_recurrence_expand(&whole, &window, all, &n_all) || n_all == MOST)
            continue;
        bool at_date = dice_once_in(&dice, 2);
        at = at_date ? 0 : dice_below(&dice, (uint32_t)n_all);
        while (at_date && cvn_civil_seconds(&all[at]) != cvn_civil_seconds(&date))
            at++;
        if (cvn_recurrence_rest(&whole, &all[at], 0, &rest))
            fail_msg("%s is refused", rule);
        const struct cvn_recurrence later = {
            .start = rest.start, .rule = rest.rule, .dates = &date, .n_dates = 1};
        window.from = all[at];
        assert_int_equal(cvn_recurrence_expand(&later, &window, some, &n_some), CVN_RECURRENCE_OK);
        for (size_t k = 0; k < n_some; k++, at++)
            if (at == n_all || cvn_civil_seconds(&all[at]) != cvn_civil_seconds(&some[k]))
                fail_msg("%s, then %s: the %zuth is another", rule, rest.rule, k);
        if (at < n_all)
            fail_msg("%s, then %s: the %zuth is lacking", rule, rest.rule, n_some);
        n_compared++;
    }
    assert_true(n_compared > RULES / 2);
}

static void test_rest_when_a_rule_names_what_moves_is_refused(void **state)
{
    (void)state;
    enum { HOUR = 3600, DAY = 24 * HOUR };
    static const struct {
        const char *rule;
        int64_t by_s;
        bool refused;
    } cases[] = {
        {"FREQ=WEEKLY;BYDAY=TU", HOUR, false},
        {"FREQ=WEEKLY;BYDAY=TU", 15 * HOUR, true}, /* past midnight */
        {"FREQ=MONTHLY;BYMONTHDAY=2", DAY, true},
        {"FREQ=WEEKLY", DAY, false},
        {"FREQ=DAILY;BYHOUR=9;BYMINUTE=0", HOUR, true},
        {"FREQ=DAILY;BYHOUR=9;BYMINUTE=0", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cvn_recurrence_rest rest;
        const struct cvn_recurrence recurrence = {.start = civil("1997-09-02T09:00"),
                                                  .rule = cases[i].rule};
        assert_int_equal(cvn_recurrence_rest(&recurrence, &recurrence.start, cases[i].by_s, &rest),
                         cases[i].refused ? CVN_RECURRENCE_REFUSED_MOVED : CVN_RECURRENCE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest_of_a_rule),
        cmocka_unit_test(test_rest_of_any_rule_gives_what_the_whole_gives_from_there),
        cmocka_unit_test(test_rest_when_a_rule_names_what_moves_is_refused),
        cmocka_unit_test(test_expand_when_the_rule_is_one_of_the_rfc),
        cmocka_unit_test(test_expand_when_dates_are_added_and_taken_out),
        cmocka_unit_test(test_expand_when_the_window_bounds_it),
        cmocka_unit_test(test_check_when_the_rule_is_hostile),
        cmocka_unit_test(test_expand_when_a_rule_began_long_ago_begins_near_the_window),
        cmocka_unit_test(test_expand_when_a_rule_takes_too_many_steps_is_refused),
        cmocka_unit_test(test_expand_when_the_window_is_late_gives_what_all_of_the_rule_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
