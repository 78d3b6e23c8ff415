#include "tests/support/cmocka_all.h"

#include "client/json.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void check(const void *message, const char *expected)
{
    json_t *json = NULL;
    assert_int_equal(cvn_json_of_message(message, &json), 0);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void test_defaults_are_left_out(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    check(&event, "{}");
}

static void test_names_enums_and_lists_are_canonical(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    char *topics[] = {(char *)"c", (char *)"日本"};
    event.start_local = (char *)"2026-12-01T18:30:00";
    event.attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    event.topics = topics;
    event.n_topics = 2;
    event.capacity = 40;
    event.approval_required = true;
    check(&event, "{\"startLocal\":\"2026-12-01T18:30:00\","
                  "\"attendanceMode\":\"ATTENDANCE_MODE_ONLINE\",\"topics\":[\"c\",\"日本\"],"
                  "\"capacity\":40,\"approvalRequired\":true}");
}

static void test_unknown_enum_values_are_numbers(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    event.status = (Convene__Events__V1__EventStatus)99;
    check(&event, "{\"status\":99}");
}

static void test_64_bit_integers_are_strings(void **state)
{
    (void)state;
    Convene__Mentoring__V1__MatchRun run = CONVENE__MENTORING__V1__MATCH_RUN__INIT;
    run.seed = UINT64_MAX;
    run.total_score = INT64_MIN;
    check(&run, "{\"seed\":\"18446744073709551615\",\"totalScore\":\"-9223372036854775808\"}");
}

static void test_timestamps_are_rfc_3339(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = 1796146200;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    event.start_time = &time;
    check(&event, "{\"startTime\":\"2026-12-01T17:30:00Z\"}");
    time.nanos = 250000000;
    check(&event, "{\"startTime\":\"2026-12-01T17:30:00.250Z\"}");
}

static void test_timestamp_out_of_range_is_refused(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    json_t *json = NULL;
    time.seconds = -1;
    assert_int_equal(cvn_json_of_message(&time.base, &json), -ERANGE);
    time.seconds = INT64_C(4133980799); /* 2100-12-31T23:59:59Z */
    assert_int_equal(cvn_json_of_message(&time.base, &json), 0);
    json_decref(json);
    json = NULL;
    time.seconds++;
    assert_int_equal(cvn_json_of_message(&time.base, &json), -ERANGE);
    assert_null(json);
}

static void test_durations_keep_their_sign(void **state)
{
    (void)state;
    Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
    duration.seconds = -1;
    duration.nanos = -500000000;
    check(&duration, "\"-1.500000000s\"");
    duration.seconds = 3;
    duration.nanos = 0;
    check(&duration, "\"3s\"");
}

static void test_numbers_that_json_lacks_are_words(void **state)
{
    (void)state;
    Convene__Events__V1__LatLng point = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    point.latitude = NAN;
    point.longitude = -INFINITY;
    check(&point, "{\"latitude\":\"NaN\",\"longitude\":\"-Infinity\"}");
}

static void test_maps_are_objects(void **state)
{
    (void)state;
    Google__Rpc__ErrorInfo__MetadataEntry entry = GOOGLE__RPC__ERROR_INFO__METADATA_ENTRY__INIT;
    Google__Rpc__ErrorInfo__MetadataEntry *entries[] = {&entry};
    entry.key = (char *)"seats";
    entry.value = (char *)"3";
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    info.reason = (char *)"EVENT_FULL";
    info.metadata = entries;
    info.n_metadata = 1;
    check(&info, "{\"reason\":\"EVENT_FULL\",\"metadata\":{\"seats\":\"3\"}}");
}

static void test_any_shows_what_it_holds(void **state)
{
    (void)state;
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    info.reason = (char *)"EVENT_FULL";
    uint8_t packed[64];
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    any.type_url = (char *)"type.googleapis.com/google.rpc.ErrorInfo";
    any.value.data = packed;
    any.value.len = google__rpc__error_info__pack(&info, packed);
    check(&any, "{\"reason\":\"EVENT_FULL\","
                "\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\"}");
    any.type_url = (char *)"type.googleapis.com/other.Thing";
    any.value.len = 3;
    memcpy(packed, "abc", 3);
    check(&any, "{\"value\":\"YWJj\",\"@type\":\"type.googleapis.com/other.Thing\"}");
}

static void test_strings_must_be_utf_8(void **state)
{
    (void)state;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    event.title = (char *)"\xff";
    json_t *json = NULL;
    assert_int_equal(cvn_json_of_message(&event.base, &json), -EILSEQ);
    assert_null(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_left_out),
        cmocka_unit_test(test_names_enums_and_lists_are_canonical),
        cmocka_unit_test(test_unknown_enum_values_are_numbers),
        cmocka_unit_test(test_64_bit_integers_are_strings),
        cmocka_unit_test(test_timestamps_are_rfc_3339),
        cmocka_unit_test(test_timestamp_out_of_range_is_refused),
        cmocka_unit_test(test_durations_keep_their_sign),
        cmocka_unit_test(test_numbers_that_json_lacks_are_words),
        cmocka_unit_test(test_maps_are_objects),
        cmocka_unit_test(test_any_shows_what_it_holds),
        cmocka_unit_test(test_strings_must_be_utf_8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
