/* The well-known types, each of which has a form of its own in JSON. */
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/struct.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json_cases.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void same(const char *text)
{
    cvn_json_cases_accept("AllTypes", text, NULL, NULL);
}

static void becomes(const char *text, const char *expected)
{
    cvn_json_cases_accept("AllTypes", text, expected, NULL);
}

static void refused(const char *text, const char *part)
{
    cvn_json_cases_refuse("AllTypes", text, part);
}

static void unprintable(const ProtobufCMessage *message, const char *part)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    const struct cvn_json_options options = {.types = cvn_json_cases_types()};
    struct cvn_error err = {""};
    struct cvn_slice text = {0};
    assert_int_equal(cvn_json_print(message, &options, &arena, &text, &err), -EINVAL);
    assert_null(text.data);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_timestamps(void **state)
{
    same("{\"timestamp\":\"0001-01-01T00:00:00Z\"}"); /* TimestampMinValue */
    same("{\"timestamp\":\"9999-12-31T23:59:59.999999999Z\"}");
    same("{\"timestamp\":\"1970-01-01T00:00:00Z\"}");
    same("{\"timestamp\":\"1969-12-31T23:59:59.500Z\"}");
    same("{\"timestamp\":\"2024-02-29T12:00:00.000010Z\"}");
    same("{\"timestamp\":\"1970-01-01T00:00:00.010Z\"}"); /* TimestampHas3FractionalDigits */
    same("{\"timestamp\":\"1970-01-01T00:00:00.000000010Z\"}");
    becomes("{\"timestamp\":\"1970-01-01T08:00:01+08:00\"}", /* TimestampWithPositiveOffset */
            "{\"timestamp\":\"1970-01-01T00:00:01Z\"}");
    becomes("{\"timestamp\":\"1969-12-31T16:00:01-08:00\"}",
            "{\"timestamp\":\"1970-01-01T00:00:01Z\"}");
    becomes("{\"timestamp\":\"2026-12-01T18:30:00.5Z\"}",
            "{\"timestamp\":\"2026-12-01T18:30:00.500Z\"}");
    becomes("{\"repeatedTimestamp\":[\"1970-01-01T00:00:00-00:00\"]}",
            "{\"repeatedTimestamp\":[\"1970-01-01T00:00:00Z\"]}");
    static const char *const bad[] = {
        "0000-01-01T00:00:00Z",
        "1970-01-01T00:00:00",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00z",
        "1970-01-01 00:00:00Z",
        "1970-1-1T00:00:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T24:00:00Z",
        "1970-02-29T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+0100",
        "1970-01-01T00:00:00ZZ",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "",
        "1970-01-01T00:00:00+01:00Z",
        "1970-01-01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"timestamp\":\"%s\"}", bad[i]);
        refused(text, "timestamp must be an instant");
    }
    refused("{\"timestamp\":0}", "timestamp must be a string, it is a number");
    refused("{\"timestamp\":{\"seconds\":1}}", "timestamp must be a string, it is an object");
}

static void test_timestamps_that_have_no_json(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
    } bad[] = {{-62135596801, 0}, {253402300800, 0}, {0, -1}, {0, 1000000000}, {INT64_MIN, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        time.seconds = bad[i].seconds;
        time.nanos = bad[i].nanos;
        unprintable(&time.base, "the message is not in the years 1 to 9999");
    }
}

static void test_durations(void **state)
{
    same("{\"duration\":\"0s\"}");
    same("{\"duration\":\"315576000000s\"}");
    same("{\"duration\":\"-315576000000s\"}");
    same("{\"duration\":\"1.500s\"}");
    same("{\"duration\":\"-0.010s\"}"); /* DurationNegativeNanos */
    same("{\"duration\":\"0.000010s\"}");
    same("{\"duration\":\"0.000000001s\"}");
    becomes("{\"duration\":\"1.5s\"}", "{\"duration\":\"1.500s\"}");
    becomes("{\"duration\":\"-0s\"}", "{\"duration\":\"0s\"}");
    static const char *const bad[] = {"1",
                                      "1S",
                                      "s",
                                      "",
                                      "-s",
                                      ".5s",
                                      "1.s",
                                      "1.1234567890s",
                                      "315576000001s",
                                      "-315576000001s",
                                      "+1s",
                                      "1 s",
                                      "1ss",
                                      "1e3s",
                                      "99999999999999999999999999s",
                                      "--1s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"duration\":\"%s\"}", bad[i]);
        refused(text, "duration must be seconds like 1.5s");
    }
}

static void test_durations_that_have_no_json(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
    } bad[] = {{315576000001, 0}, {-315576000001, 0}, {1, -1},       {-1, 1},
               {0, 1000000000},   {0, -1000000000},   {INT64_MIN, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
        duration.seconds = bad[i].seconds;
        duration.nanos = bad[i].nanos;
        unprintable(&duration.base, "the message is longer than 315576000000 s");
    }
}

static void test_field_masks(void **state)
{
    same("{\"mask\":\"foo,barBaz\"}"); /* FieldMask */
    same("{\"mask\":\"\"}");           /* EmptyFieldMask */
    same("{\"mask\":\"a.bC.d\"}");
    refused("{\"mask\":\"foo,bar_baz\"}", "mask must be paths in lowerCamelCase");
    refused("{\"mask\":\"foo,,bar\"}", "mask must be paths in lowerCamelCase");
    refused("{\"mask\":\",\"}", "mask must be paths in lowerCamelCase");
    refused("{\"mask\":[\"foo\"]}", "mask must be a string, it is an array");
    /* FieldMaskPathsDontRoundTrip, …NumbersDontRoundTrip, …TooManyUnderscore */
    static char *bad[] = {"fooBar", "foo_3_bar", "foo__bar", "foo_", "a,b", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
        mask.n_paths = 1;
        mask.paths = &bad[i];
        unprintable(&mask.base, "has a path that is not lower_snake_case");
    }
}

static void test_wrappers(void **state)
{
    same("{\"wrappedBool\":false,\"wrappedInt32\":0,\"wrappedInt64\":\"0\",\"wrappedUint32\":0,"
         "\"wrappedUint64\":\"0\",\"wrappedFloat\":0,\"wrappedDouble\":0,\"wrappedString\":\"\","
         "\"wrappedBytes\":\"\"}");
    same("{\"wrappedInt64\":\"-1\",\"wrappedString\":\"a\",\"wrappedBytes\":\"AQ==\"}");
    same("{\"wrappedDouble\":\"NaN\",\"repeatedWrapped\":[1,0]}");
    refused("{\"wrappedInt32\":{\"value\":1}}", "wrapped_int32 must be a number, it is an object");
    cvn_json_cases_accept("google.protobuf.Int32Value", "7", NULL, NULL);
    cvn_json_cases_refuse("google.protobuf.Int32Value", "null", "the message must be a number");
}

static void test_structs_and_values(void **state)
{
    same("{\"tree\":{\"null\":null,\"int\":1234,\"bool\":true,\"double\":1.5,\"string\":\"x\","
         "\"object\":{\"value\":0},\"list\":[false,null,{}]}}"); /* Struct */
    same("{\"tree\":{}}");
    same("{\"value\":1}"); /* ValueAcceptInteger … ValueAcceptObject */
    same("{\"value\":0.5}");
    same("{\"value\":true}");
    same("{\"value\":\"hello\"}");
    same("{\"value\":null}"); /* ValueAcceptNull */
    same("{\"value\":[0,\"hello\"]}");
    same("{\"value\":{\"value\":1}}");
    same("{\"value\":\"NaN\"}");                           /* a string, not the number */
    same("{\"repeatedValue\":[null,[],{},\"\",0,false]}"); /* RepeatedValue */
    same("{\"list\":[0,[\"hello\"]]}");                    /* ListValue */
    becomes("{\"null\":null,\"repeatedValue\":[1]}", "{\"repeatedValue\":[1]}");
    becomes("{\"null\":\"NULL_VALUE\"}", "{}");
    refused("{\"tree\":[]}", "tree must be an object, it is an array");
    refused("{\"tree\":{\"a\":1,\"a\":2}}", "tree has a key twice");
    refused("{\"list\":{}}", "list must be an array, it is an object");
    refused("{\"value\":1e999}", "value must be a number in the range of a double");
    refused("{\"tree\":{\"a\":[{\"b\":1e999}]}}", "tree.a[0].b must be a number in the range");
    cvn_json_cases_accept("google.protobuf.Value", "[1,{\"a\":null}]", NULL, NULL);
    cvn_json_cases_accept("google.protobuf.Struct", "{\"a\":1}", NULL, NULL);
    cvn_json_cases_accept("google.protobuf.ListValue", "[]", NULL, NULL);
    cvn_json_cases_accept("google.protobuf.Value", "null", NULL, NULL);
    cvn_json_cases_refuse("google.protobuf.Value", "", "the message must be a value");
}

static void test_values_that_have_no_json(void **state)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY}; /* ValueRejectNanNumberValue, … */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Google__Protobuf__Value value = GOOGLE__PROTOBUF__VALUE__INIT;
        value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
        value.number_value = bad[i];
        unprintable(&value.base, "is a Value of no finite number");
    }
}

static void test_empty(void **state)
{
    same("{\"empty\":{}}");
    refused("{\"empty\":{\"a\":1}}", "empty.a is not a field of google.protobuf.Empty");
}

static void test_anys(void **state)
{
    same("{\"any\":{\"@type\":\"type.googleapis.com/"
         "convene.test.AllTypes\",\"optionalInt32\":12345}}");
    same("{\"any\":{\"@type\":\"type.googleapis.com/convene.test.NoMap\"}}");
    same("{\"any\":{}}"); /* AnyWithNoType */
    same("{\"any\":{\"@type\":\"type.googleapis.com/google.protobuf.Empty\"}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1.500s\"}}");
    same(
        "{\"any\":{\"@type\":\"a/google.protobuf.Timestamp\",\"value\":\"1970-01-01T00:00:00Z\"}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.FieldMask\",\"value\":\"foo,barBaz\"}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.Struct\",\"value\":{\"foo\":1}}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.Value\",\"value\":{\"foo\":1}}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.Value\",\"value\":null}}");
    same("{\"any\":{\"@type\":\"a/google.protobuf.Int32Value\",\"value\":12345}}");
    /* AnyNested */
    same("{\"any\":{\"@type\":\"a/google.protobuf.Any\",\"value\":{\"@type\":"
         "\"b/convene.test.AllTypes\",\"optionalInt32\":12345}}}");
    same("{\"repeatedAny\":[{},{\"@type\":\"a/convene.test.NoMap\",\"tags\":[{}]}]}");
    becomes("{\"any\":{\"@type\":\"a/google.protobuf.Empty\",\"value\":{}}}",
            "{\"any\":{\"@type\":\"a/google.protobuf.Empty\"}}");
    /* AnyUnorderedTypeTag */
    becomes("{\"any\":{\"optionalInt32\":1,\"@type\":\"a/convene.test.AllTypes\"}}",
            "{\"any\":{\"@type\":\"a/convene.test.AllTypes\",\"optionalInt32\":1}}");
    becomes("{\"any\":{\"value\":\"1s\",\"@type\":\"a/google.protobuf.Duration\"}}",
            "{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1s\"}}");
}

static void test_anys_that_are_refused(void **state)
{
    refused("{\"any\":{\"optionalInt32\":1}}", "any must have an @type like");
    refused("{\"any\":{\"@type\":\"\"}}", "any must have an @type like");
    refused("{\"any\":{\"@type\":\"convene.test.AllTypes\"}}", "any must have an @type like");
    refused("{\"any\":{\"@type\":null}}", "any.@type must be a string, it is null");
    refused("{\"any\":{\"@type\":1}}", "any.@type must be a string, it is a number");
    refused("{\"any\":{\"@type\":\"a/convene.test.Gone\"}}", "has an @type that is not known");
    refused("{\"any\":{\"@type\":\"a/b\",\"@type\":\"a/b\"}}", "any.@type is there twice");
    refused("{\"any\":{\"@type\":\"a/google.protobuf.Duration\"}}", "any must have a value beside");
    refused("{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":1}}",
            "any.value must be a string");
    refused("{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"seconds\":1}}",
            "any.seconds must be value");
    refused(
        "{\"any\":{\"@type\":\"a/google.protobuf.Duration\",\"value\":\"1s\",\"value\":\"1s\"}}",
        "any.value must be value, and once");
    refused("{\"any\":{\"@type\":\"a/convene.test.AllTypes\",\"optionalInt32\":\"x\"}}",
            "any.optional_int32 must be a whole number");
    refused("{\"any\":{\"@type\":\"a/convene.test.old.Old\"}}", "any.name is required");
    refused("{\"any\":[]}", "any must be an object, it is an array");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_timestamps_that_have_no_json),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_that_have_no_json),
        cmocka_unit_test(test_field_masks),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_structs_and_values),
        cmocka_unit_test(test_values_that_have_no_json),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_anys),
        cmocka_unit_test(test_anys_that_are_refused),
    };
    return cmocka_run_group_tests_name("json_wkt", tests, cvn_json_cases_setup,
                                       cvn_json_cases_teardown);
}
