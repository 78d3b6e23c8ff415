/* Statuses to the wire and back, with their details, and what is kept of too much or of nonsense.
 */
#include "google/rpc/error_details.pb-c.h"
#include "rpc/status.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { CAP_BYTES = 1 << 20 };

static int set_up(void **state)
{
    struct cvn_arena *arena = calloc(1, sizeof *arena);
    cvn_arena_init(arena, CAP_BYTES);
    *state = arena;
    return 0;
}

static int tear_down(void **state)
{
    cvn_arena_deinit(*state);
    free(*state);
    return 0;
}

static struct cvn_status there_and_back(struct cvn_arena *arena, const struct cvn_status *status)
{
    struct cvn_slice bytes;
    struct cvn_status back;
    assert_int_equal(cvn_status_pack(status, arena, &bytes), 0);
    assert_int_equal(cvn_status_unpack(&back, arena, bytes), 0);
    return back;
}

static void test_code_when_number_is_none(void **state)
{
    assert_int_equal(cvn_code_of_number(-1), CVN_UNKNOWN);
    assert_int_equal(cvn_code_of_number(0), CVN_OK);
    assert_int_equal(cvn_code_of_number(16), CVN_UNAUTHENTICATED);
    assert_int_equal(cvn_code_of_number(17), CVN_UNKNOWN);
    assert_int_equal(cvn_code_of_number(INT64_C(1) << 32), CVN_UNKNOWN);
    assert_string_equal(cvn_code_name(CVN_OK), "OK");
    assert_string_equal(cvn_code_name(CVN_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(cvn_code_name((enum cvn_code)17), "UNKNOWN");
}

static void test_pack_when_every_code(void **state)
{
    for (int code = 0; code <= 16; code++) {
        struct cvn_status status = {0};
        (void)cvn_status_set(&status, *state, (enum cvn_code)code, "It was %d.", code);
        struct cvn_status back = there_and_back(*state, &status);
        assert_int_equal(back.code, code);
        assert_string_equal(back.message, status.message);
        assert_int_equal(back.n_details, 0);
    }
}

static void test_pack_when_there_are_details(void **state)
{
    struct cvn_arena *arena = *state;
    struct cvn_problems problems, read;
    cvn_problems_init(&problems, arena);
    cvn_problems_init(&read, arena);
    cvn_problems_add(&problems, "event.title", "is empty");
    cvn_problems_add(&problems, "event.city", "has %d bytes", 300);
    struct cvn_status status;
    cvn_status_from_problems(&status, arena, &problems);
    cvn_status_add_error_info(&status, arena, "EVENT_FULL");
    cvn_status_add_retry_info(&status, arena, 2345);
    struct cvn_status back = there_and_back(arena, &status);
    assert_int_equal(back.code, CVN_INVALID_ARGUMENT);
    assert_int_equal(cvn_status_problems(&back, &read), 2);
    assert_string_equal(read.items[1].field, "event.city");
    assert_string_equal(read.items[1].text, "has 300 bytes");
    assert_string_equal(cvn_status_reason(&back, arena), "EVENT_FULL");
    assert_int_equal(cvn_status_retry_delay_ms(&back, arena), 2345);
}

static void test_read_when_there_are_no_details(void **state)
{
    struct cvn_status status = {.code = CVN_ABORTED};
    struct cvn_problems problems;
    cvn_problems_init(&problems, *state);
    assert_int_equal(cvn_status_problems(&status, &problems), 0);
    assert_null(cvn_status_reason(&status, *state));
    assert_int_equal(cvn_status_retry_delay_ms(&status, *state), -1);
}

static void test_details_at_their_limit(void **state)
{
    struct cvn_arena *arena = *state;
    struct cvn_status status = {.code = CVN_UNAVAILABLE};
    for (int i = 0; i < CVN_STATUS_DETAILS_MAX - 1; i++)
        cvn_status_add_error_info(&status, arena, "R");
    cvn_status_add_retry_info(&status, arena, 1);
    assert_int_equal(status.n_details, CVN_STATUS_DETAILS_MAX);
    cvn_status_add_error_info(&status, arena, "R");
    assert_int_equal(status.n_details, CVN_STATUS_DETAILS_MAX);
    struct cvn_status back = there_and_back(arena, &status);
    assert_int_equal(back.n_details, CVN_STATUS_DETAILS_MAX);
    assert_int_equal(cvn_status_retry_delay_ms(&back, arena), 1);
}

static void test_unpack_when_details_are_over_their_limit(void **state)
{
    /* google.rpc.Status with five empty details: field 3, length 0. */
    static const uint8_t bytes[] = {0x08, 5, 0x1a, 0, 0x1a, 0, 0x1a, 0, 0x1a, 0, 0x1a, 0};
    struct cvn_status status;
    assert_int_equal(cvn_status_unpack(&status, *state, cvn_slice(bytes, sizeof bytes)), 0);
    assert_int_equal(status.code, CVN_NOT_FOUND);
    assert_int_equal(status.n_details, CVN_STATUS_DETAILS_MAX);
    assert_string_equal(status.details[0].type, "");
}

static size_t packed_message_len(struct cvn_arena *arena, const char *message)
{
    struct cvn_status status = {.code = CVN_INTERNAL, .message = message};
    return strlen(there_and_back(arena, &status).message);
}

static void test_message_at_its_limit(void **state)
{
    char text[CVN_STATUS_MESSAGE_BYTES_MAX + 2] = "";
    memset(text, 'x', CVN_STATUS_MESSAGE_BYTES_MAX);
    assert_int_equal(packed_message_len(*state, text), CVN_STATUS_MESSAGE_BYTES_MAX);
    text[CVN_STATUS_MESSAGE_BYTES_MAX] = 'x';
    assert_int_equal(packed_message_len(*state, text), CVN_STATUS_MESSAGE_BYTES_MAX);
    /* Two bytes of one code point on either side of the limit: neither stays. */
    memcpy(text + CVN_STATUS_MESSAGE_BYTES_MAX - 1, "\xc3\xa4", 2);
    assert_int_equal(packed_message_len(*state, text), CVN_STATUS_MESSAGE_BYTES_MAX - 1);
}

static void test_unpack_when_bytes_are_no_status(void **state)
{
    static const uint8_t cut[] = {0x12, 200, 'a'};
    struct cvn_status status = {.code = CVN_DATA_LOSS};
    assert_int_equal(cvn_status_unpack(&status, *state, cvn_slice(cut, sizeof cut)), -EBADMSG);
    assert_int_equal(status.code, CVN_DATA_LOSS);
}

static void test_unpack_when_memory_is_spent(void **state)
{
    struct cvn_status status = {.code = CVN_INTERNAL, .message = "A sentence of some length."};
    struct cvn_slice bytes;
    assert_int_equal(cvn_status_pack(&status, *state, &bytes), 0);
    CVN_ARENA_AUTO small;
    cvn_arena_init(&small, 16);
    assert_int_equal(cvn_status_unpack(&status, &small, bytes), -ENOMEM);
}

static void test_read_when_a_detail_is_no_message(void **state)
{
    static const uint8_t cut[] = {0x0a, 200};
    struct cvn_status status = {.code = CVN_ABORTED, .n_details = 3};
    status.details[0] = (struct cvn_status_detail){"google.rpc.BadRequest", {cut, sizeof cut}};
    status.details[1] = (struct cvn_status_detail){"google.rpc.ErrorInfo", {cut, sizeof cut}};
    status.details[2] = (struct cvn_status_detail){"google.rpc.RetryInfo", {cut, sizeof cut}};
    struct cvn_problems problems;
    cvn_problems_init(&problems, *state);
    assert_int_equal(cvn_status_problems(&status, &problems), 0);
    assert_null(cvn_status_reason(&status, *state));
    assert_int_equal(cvn_status_retry_delay_ms(&status, *state), -1);
}

static void test_copy_when_its_source_is_gone(void **state)
{
    struct cvn_status copy;
    {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, CAP_BYTES);
        struct cvn_status status;
        (void)cvn_status_set(&status, &arena, CVN_ABORTED, "Try %s.", "again");
        cvn_status_add_error_info(&status, &arena, "BUSY");
        assert_int_equal(cvn_status_copy(&copy, *state, &status), 0);
    }
    assert_int_equal(copy.code, CVN_ABORTED);
    assert_string_equal(copy.message, "Try again.");
    assert_string_equal(cvn_status_reason(&copy, *state), "BUSY");
}

static int64_t delay_of(struct cvn_arena *arena, int64_t seconds, int32_t nanos)
{
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Rpc__RetryInfo detail = GOOGLE__RPC__RETRY_INFO__INIT;
    delay.seconds = seconds;
    delay.nanos = nanos;
    detail.retry_delay = &delay;
    uint8_t bytes[64];
    struct cvn_status status = {.n_details = 1};
    status.details[0] = (struct cvn_status_detail){
        "google.rpc.RetryInfo", cvn_slice(bytes, google__rpc__retry_info__pack(&detail, bytes))};
    return cvn_status_retry_delay_ms(&status, arena);
}

static void test_retry_delay_when_it_is_no_time_to_wait(void **state)
{
    assert_int_equal(delay_of(*state, 0, 0), 0);
    assert_int_equal(delay_of(*state, 0, 999999), 0);
    assert_int_equal(delay_of(*state, 1, 999999999), 1999);
    assert_int_equal(delay_of(*state, INT64_C(315576000000), 0), INT64_C(315576000000000));
    assert_int_equal(delay_of(*state, INT64_C(315576000001), 0), -1);
    assert_int_equal(delay_of(*state, INT64_MAX, 999999999), -1);
    assert_int_equal(delay_of(*state, INT64_MIN, -999999999), -1);
    assert_int_equal(delay_of(*state, -5, 0), -1);
    assert_int_equal(delay_of(*state, 0, -1000000), -1);
    assert_int_equal(delay_of(*state, 0, 1000000000), -1);
}

static void test_unpack_when_memory_was_spent_before(void **state)
{
    struct cvn_arena *arena = *state;
    struct cvn_status status;
    assert_null(cvn_arena_alloc(arena, CAP_BYTES + 1));
    assert_int_equal(cvn_status_unpack(&status, arena, cvn_slice("\x12\x05x", 3)), -EBADMSG);
    assert_true(arena->overflowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_code_when_number_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pack_when_every_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pack_when_there_are_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_when_there_are_no_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details_at_their_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpack_when_details_are_over_their_limit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_message_at_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpack_when_bytes_are_no_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpack_when_memory_is_spent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_when_a_detail_is_no_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry_delay_when_it_is_no_time_to_wait, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_unpack_when_memory_was_spent_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_copy_when_its_source_is_gone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
