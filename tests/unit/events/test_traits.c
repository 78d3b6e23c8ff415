/* What an event's bytes say of it is what the event says. */
#include "services/events/listing/event_traits.h"

#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <errno.h>

enum { N_EVENTS = 2000, ARENA_BYTES = 1 << 20 };

static void roll_event(struct dice *dice, struct draft *d)
{
    struct cvn_id group = {{0}};
    for (size_t i = 0; i < CVN_ID_BYTES; i++)
        group.bytes[i] = (uint8_t)roll(dice, 256);
    draft_init(d, group);
    d->event.visibility = (Convene__Events__V1__Visibility)roll(dice, 4);
    d->event.publication = (Convene__Events__V1__Publication)roll(dice, 5);
    d->event.status = (Convene__Events__V1__EventStatus)roll(dice, 6);
    d->event.attendance_mode = (Convene__Events__V1__AttendanceMode)roll(dice, 4);
    d->event.capacity = (int32_t)(roll(dice, 3) ? roll(dice, 100000) : 0);
    d->event.virtual_capacity = (int32_t)(roll(dice, 3) ? 0 : roll(dice, INT32_MAX));
    if (roll(dice, 2))
        d->event.venue = &d->venue;
}

static void test_row_says_what_the_event_says(void **state)
{
    struct dice dice = {5};
    (void)state;
    for (size_t i = 0; i < N_EVENTS; i++) {
        struct draft d;
        struct cvn_event_traits of_event, of_row;
        uint8_t row[4096];
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, ARENA_BYTES);
        roll_event(&dice, &d);
        assert_in_range(convene__events__v1__event__get_packed_size(&d.event), 1, sizeof row);
        struct cvn_slice packed = cvn_slice(row, convene__events__v1__event__pack(&d.event, row));
        assert_int_equal(cvn_event_traits_of(&arena, &d.event, &of_event), 0);
        assert_int_equal(cvn_event_traits_of_row(packed, &of_row), 0);
        assert_int_equal(of_row.published, of_event.published);
        assert_int_equal(of_row.cancelled, of_event.cancelled);
        assert_int_equal(of_row.visibility, of_event.visibility);
        assert_int_equal(of_row.mode, of_event.mode);
        assert_int_equal(of_row.capacity, of_event.capacity);
        assert_int_equal(of_row.virtual_capacity, of_event.virtual_capacity);
        assert_memory_equal(of_row.group.bytes, of_event.group.bytes, CVN_ID_BYTES);
    }
}

static void test_rows_that_cannot_have_been_stored(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"", 0},                                             /* of no group */
        {"\x12\x04grp_", 6},                                 /* of a group without an id */
        {"\x10\x01", 2},                                     /* a number in its place */
        {"\x12\x7fgrp_", 6},                                 /* cut off */
        {"\x12\x23grp_00000000000000000000000000!!!!!", 37}, /* longer than any */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cvn_event_traits traits;
        assert_int_equal(cvn_event_traits_of_row(cvn_slice(rows[i].bytes, rows[i].len), &traits),
                         -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_says_what_the_event_says),
        cmocka_unit_test(test_rows_that_cannot_have_been_stored),
    };
    return cmocka_run_group_tests_name("traits", tests, NULL, NULL);
}
