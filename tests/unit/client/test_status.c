#include "tests/support/cmocka_all.h"

#include "client/lib/convert.h"
#include "client/lib/methods.h"
#include "client/lib/status.h"
#include "google/rpc/error_details.pb-c.h"

#include <string.h>

static void test_details_become_violations_reason_and_delay(void **state)
{
    (void)state;
    Google__Rpc__BadRequest__FieldViolation violation =
        GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
    Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};
    violation.field = (char *)"event.title";
    violation.description = (char *)"must not be empty";
    Google__Rpc__BadRequest bad = GOOGLE__RPC__BAD_REQUEST__INIT;
    bad.field_violations = violations;
    bad.n_field_violations = 1;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    delay.seconds = 2;
    delay.nanos = 500000000;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    retry.retry_delay = &delay;
    uint8_t packed[2][128];
    Google__Protobuf__Any any[2] = {GOOGLE__PROTOBUF__ANY__INIT, GOOGLE__PROTOBUF__ANY__INIT};
    any[0].type_url = (char *)"type.googleapis.com/google.rpc.BadRequest";
    any[0].value =
        (ProtobufCBinaryData){google__rpc__bad_request__pack(&bad, packed[0]), packed[0]};
    any[1].type_url = (char *)"type.googleapis.com/google.rpc.RetryInfo";
    any[1].value =
        (ProtobufCBinaryData){google__rpc__retry_info__pack(&retry, packed[1]), packed[1]};
    Google__Protobuf__Any *details[] = {&any[0], &any[1]};
    Google__Rpc__Status from = GOOGLE__RPC__STATUS__INIT;
    from.code = CONVENE_INVALID_ARGUMENT;
    from.message = (char *)"title must not be empty";
    from.details = details;
    from.n_details = 2;

    struct convene_status status = CONVENE_STATUS_INIT;
    assert_int_equal(cvn_status_set_details(&status, &from), CONVENE_INVALID_ARGUMENT);
    assert_string_equal(status.message, "title must not be empty");
    assert_int_equal(status.n_violations, 1);
    assert_string_equal(status.violations[0].field, "event.title");
    assert_string_equal(status.violations[0].text, "must not be empty");
    assert_int_equal(status.retry_after_ms, 2500);
    assert_string_equal(status.reason, "");
    convene_status_clear(&status);
    assert_int_equal(status.n_violations, 0);
}

static void test_sentence_may_borrow_from_the_status_itself(void **state)
{
    (void)state;
    struct convene_status status = CONVENE_STATUS_INIT;
    (void)cvn_status_set_sentence(&status, CONVENE_INTERNAL, "first");
    (void)cvn_status_set_sentence(&status, CONVENE_UNKNOWN, "%s, then", status.message);
    assert_string_equal(status.message, "first, then");
    assert_int_equal(status.code, CONVENE_UNKNOWN);
    convene_status_clear(&status);
}

static void test_unknown_codes_are_unknown(void **state)
{
    (void)state;
    assert_string_equal(convene_code_name(16), "UNAUTHENTICATED");
    assert_string_equal(convene_code_name(17), "UNKNOWN");
    assert_string_equal(convene_code_name(-1), "UNKNOWN");
    convene_status_clear(NULL);
    assert_int_equal(cvn_status_set_sentence(NULL, CONVENE_ABORTED, "dropped"), CONVENE_ABORTED);
}

static void test_event_survives_the_way_there_and_back(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    const char *const topics[] = {"c", "linkers"};
    const struct convene_event event = {.group = "c-berlin",
                                        .external_id = "x-1",
                                        .title = "What the linker knows",
                                        .start = "2026-12-01T18:30",
                                        .mode = CONVENE_MODE_MIXED,
                                        .city = "Berlin",
                                        .has_location = true,
                                        .latitude = 52.5,
                                        .longitude = 13.4,
                                        .topics = topics,
                                        .n_topics = 2,
                                        .capacity = 40};
    Convene__Events__V1__Event *message = cvn_event_to_message(&arena, &event);
    assert_non_null(message);
    assert_string_equal(message->description, "");
    struct convene_event back;
    cvn_event_of_message(&back, message);
    assert_string_equal(back.title, event.title);
    assert_string_equal(back.city, "Berlin");
    assert_true(back.has_location && back.latitude == 52.5 && back.longitude == 13.4);
    assert_int_equal(back.n_topics, 2);
    assert_string_equal(back.topics[1], "linkers");
    assert_int_equal(back.mode, CONVENE_MODE_MIXED);
    assert_int_equal(back.capacity, 40);
}

static void test_event_without_a_place_has_no_venue(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    const struct convene_event event = {.title = "Online", .city = ""};
    assert_null(cvn_event_to_message(&arena, &event)->venue);
}

static void test_methods_are_found_and_repeatable_ones_known(void **state)
{
    (void)state;
    const ProtobufCServiceDescriptor *service = NULL;
    const ProtobufCMethodDescriptor *method =
        cvn_method_find("convene.events.v1.EventService/ListEvents", &service);
    assert_non_null(method);
    assert_string_equal(service->name, "convene.events.v1.EventService");
    assert_true(cvn_method_repeatable(method));
    method = cvn_method_find("convene.events.v1.RsvpService/Respond", &service);
    assert_true(cvn_method_repeatable(method));
    assert_null(cvn_method_find("convene.events.v1.EventService/Nothing", &service));
    assert_null(cvn_method_find("convene.events.v1.EventService", &service));
    assert_null(cvn_method_find("", &service));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_details_become_violations_reason_and_delay),
        cmocka_unit_test(test_sentence_may_borrow_from_the_status_itself),
        cmocka_unit_test(test_unknown_codes_are_unknown),
        cmocka_unit_test(test_event_survives_the_way_there_and_back),
        cmocka_unit_test(test_event_without_a_place_has_no_venue),
        cmocka_unit_test(test_methods_are_found_and_repeatable_ones_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
