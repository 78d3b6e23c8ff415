/*
 * Fields of every kind from JSON and back. Cases named after those of protobuf's conformance suite
 * (conformance/binary_json_conformance_suite.cc) say so in a comment.
 */
#include "json_cases.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>

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

static void test_an_empty_message(void **state)
{
    same("{}"); /* HelloWorld, but for nothing in it */
    becomes(" \t\r\n{ } \n", "{}");
    refused("", "the message must be an object, it is no JSON");
    refused("[]", "the message must be an object, it is an array");
    refused("null", "the message must be an object, it is null");
    refused("\"x\"", "the message must be an object, it is a string");
}

static void test_names_of_fields(void **state)
{
    /* FieldNameInSnakeCase, FieldNameInLowerCamelCase, FieldNameWithNumbers,
     * FieldNameWithMixedCases, FieldNameWithDoubleUnderscores, FieldNameEscaped,
     * FieldNameExtension. */
    becomes("{\"fieldname1\":1,\"fieldName2\":2,\"FieldName3\":3,\"fieldName4\":4}",
            "{\"fieldname1\":1,\"fieldName2\":2,\"FieldName3\":3,\"fieldName4\":4}");
    becomes("{\"fieldname1\":1,\"field_name2\":2,\"_field_name3\":3,\"field__name4_\":4}",
            "{\"fieldname1\":1,\"fieldName2\":2,\"FieldName3\":3,\"fieldName4\":4}");
    same("{\"field0name5\":5,\"field0Name6\":6}");
    becomes("{\"field0name5\":5,\"field_0_name6\":6}", "{\"field0name5\":5,\"field0Name6\":6}");
    same("{\"fieldName7\":7,\"FieldName8\":8,\"fieldName9\":9,\"FIELDNAME11\":11}");
    same("{\"FieldName13\":13,\"fieldName17\":17}");
    becomes("{\"__field_name13\":13,\"field_name17__\":17}",
            "{\"FieldName13\":13,\"fieldName17\":17}");
    becomes("{\"fieldn\\u0061me1\":1}", "{\"fieldname1\":1}");
    refused("{\"[convene.test.x]\":1}", "[convene.test.x] is not a field of convene.test.AllTypes");
}

static void test_unknown_and_double_names_are_refused(void **state)
{
    refused("{\"unknown\":1}", "unknown is not a field of convene.test.AllTypes");
    refused("{\"optionalNested\":{\"b\":1}}", "optional_nested.b is not a field of");
    refused("{\"optionalInt32\":1,\"optionalInt32\":2}", "optional_int32 is there twice");
    refused("{\"optionalInt32\":1,\"optional_int32\":2}", "optional_int32 is there twice");
    refused("{\"optionalInt32\":null,\"optional_int32\":2}", "optional_int32 is there twice");
    refused("{\"opt\\u0000ionalInt32\":1}", "is not a field of");
    refused("{\"\":1}", "is not a field of");
    refused("{\"a\\u001b[31m\":1}", "a?[31m is not a field of");
}

static void test_unknown_names_are_skipped_where_asked(void **state)
{
    const struct cvn_json_options options = {.ignore_unknown = true};
    /* IgnoreUnknownJsonNumber, -String, -True, -False, -Null, -Object, -Array; and
     * IgnoreUnknownEnumStringValueInOptionalField, -InRepeatedField, -InMapValue, …. */
    static const char *const cases[][2] = {
        {"{\"unknown\":1}", "{}"},
        {"{\"unknown\":\"a\"}", "{}"},
        {"{\"unknown\":true,\"optionalInt32\":1}", "{\"optionalInt32\":1}"},
        {"{\"unknown\":false}", "{}"},
        {"{\"unknown\":null}", "{}"},
        {"{\"unknown\":{\"a\":[1,{\"b\":2}]}}", "{}"},
        {"{\"unknown\":[{},[],\"\",-1e5,null,true]}", "{}"},
        {"{\"optionalColour\":\"NO\"}", "{}"},
        {"{\"repeatedColour\":[\"RED\",\"NO\",\"GREEN\"]}",
         "{\"repeatedColour\":[\"RED\",\"GREEN\"]}"},
        {"{\"mapStringColour\":{\"a\":\"NO\",\"b\":\"RED\"}}",
         "{\"mapStringColour\":{\"b\":\"RED\"}}"},
        {"{\"choiceColour\":\"NO\",\"choiceBool\":true}", "{\"choiceBool\":true}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cvn_json_cases_accept("AllTypes", cases[i][0], cases[i][1], &options);
}

static void test_whole_numbers_of_32_bits(void **state)
{
    same("{\"optionalInt32\":2147483647}");  /* Int32FieldMaxValue */
    same("{\"optionalInt32\":-2147483648}"); /* Int32FieldMinValue */
    same("{\"optionalUint32\":4294967295}"); /* Uint32FieldMaxValue */
    same("{\"optionalSint32\":-1,\"optionalFixed32\":7,\"optionalSfixed32\":-7}");
    becomes("{\"optionalInt32\":1e5}", "{\"optionalInt32\":100000}"); /* …ExponentialFormat */
    becomes("{\"optionalInt32\":1.000}", "{\"optionalInt32\":1}");    /* …FloatTrailingZero */
    becomes("{\"optionalInt32\":120e-1}", "{\"optionalInt32\":12}");
    becomes("{\"optionalInt32\":2.147483647e9}", "{\"optionalInt32\":2147483647}");
    becomes("{\"optionalInt32\":-2.147483648e9}", "{\"optionalInt32\":-2147483648}");
    becomes("{\"optionalUint32\":4.294967295e9}", "{\"optionalUint32\":4294967295}");
    becomes("{\"optionalInt32\":\"2147483647\"}", "{\"optionalInt32\":2147483647}");
    becomes("{\"optionalInt32\":\"2\\u003147483647\"}", "{\"optionalInt32\":2147483647}");
    becomes("{\"optionalInt32\":-0,\"optionalUint32\":-0}", "{}");
    becomes("{\"optionalInt32\":0e99999999999999999999}", "{}");
}

static void test_whole_numbers_of_32_bits_past_their_range(void **state)
{
    static const char *const bad[] = {
        "2147483648",
        "-2147483649",
        "0.5",
        "1e-1",
        "\"2147483648\"",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"0x1\"",
        "\"+1\"",
        "\"1a\"",
        "1e10",
        "1e99999999999999999999",
        "\"NaN\"",
        "\"01\"",
        "1e-99999999999999999999",
        "10000000000000000000000000000001",
        "\"1\\u0000\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[96];
        (void)snprintf(text, sizeof text, "{\"optionalInt32\":%s}", bad[i]);
        refused(text, "optional_int32 must be a whole number of 32 bits");
    }
    refused("{\"optionalUint32\":4294967296}", "optional_uint32 must be a whole number of 32 bits");
    refused("{\"optionalUint32\":-1}", "must be a whole number of 32 bits, 0 or more");
    refused("{\"optionalInt32\":true}", "optional_int32 must be a number, it is true or false");
    refused("{\"optionalInt32\":{}}", "optional_int32 must be a number, it is an object");
    refused("{\"optionalInt32\":[1]}", "optional_int32 must be a number, it is an array");
}

static void test_whole_numbers_of_64_bits(void **state)
{
    same("{\"optionalInt64\":\"9223372036854775807\"}");
    same("{\"optionalInt64\":\"-9223372036854775808\"}");
    same("{\"optionalUint64\":\"18446744073709551615\"}");
    same("{\"optionalSint64\":\"-1\",\"optionalFixed64\":\"7\",\"optionalSfixed64\":\"-7\"}");
    /* Int64FieldMaxValueNotQuoted, …MinValueNotQuoted, Uint64FieldMaxValueNotQuoted; and exactly */
    becomes("{\"optionalInt64\":9223372036854774784}",
            "{\"optionalInt64\":\"9223372036854774784\"}");
    becomes("{\"optionalInt64\":-9223372036854775808}",
            "{\"optionalInt64\":\"-9223372036854775808\"}");
    becomes("{\"optionalUint64\":18446744073709549568}",
            "{\"optionalUint64\":\"18446744073709549568\"}");
    becomes("{\"optionalUint64\":18446744073709551615}",
            "{\"optionalUint64\":\"18446744073709551615\"}");
    becomes("{\"optionalInt64\":9007199254740993}", "{\"optionalInt64\":\"9007199254740993\"}");
    becomes("{\"optionalUint64\":1.8446744073709551615e19}",
            "{\"optionalUint64\":\"18446744073709551615\"}");
    refused("{\"optionalInt64\":9223372036854775808}", "optional_int64 must be a whole number");
    refused("{\"optionalInt64\":-9223372036854775809}", "optional_int64 must be a whole number");
    refused("{\"optionalUint64\":18446744073709551616}", "optional_uint64 must be a whole number");
    refused("{\"optionalUint64\":\"-1\"}", "optional_uint64 must be a whole number of 64 bits");
    refused("{\"optionalInt64\":1.5}", "optional_int64 must be a whole number of 64 bits");
}

static void test_real_numbers(void **state)
{
    same("{\"optionalDouble\":0.1}");
    same("{\"optionalDouble\":1.7976931348623157e+308}"); /* DoubleFieldMaxPositiveValue */
    same("{\"optionalDouble\":-1.7976931348623157e+308}");
    same("{\"optionalDouble\":4.94065645841247e-324}");
    same("{\"optionalDouble\":0.30000000000000004}");
    same("{\"optionalDouble\":123456789}");
    same("{\"optionalFloat\":0.1}");
    same("{\"optionalFloat\":3.4028235e+38}"); /* FloatFieldMaxPositiveValue */
    same("{\"optionalFloat\":1.4013e-45}");
    same("{\"optionalFloat\":16777216,\"optionalDouble\":-2.5}");
    becomes("{\"optionalFloat\":0.3}", "{\"optionalFloat\":0.3}");
    becomes("{\"optionalDouble\":\"-1.5e3\"}", "{\"optionalDouble\":-1500}");
    becomes("{\"optionalDouble\":1e3}", "{\"optionalDouble\":1000}");
    same("{\"optionalFloat\":\"NaN\",\"optionalDouble\":\"NaN\"}");
    same("{\"optionalFloat\":\"Infinity\",\"optionalDouble\":\"-Infinity\"}");
    becomes("{\"optionalDouble\":0.0}", "{}");
    refused("{\"optionalDouble\":1.89769e+308}", "optional_double must be a number in the range");
    refused("{\"optionalDouble\":-1.89769e+308}", "optional_double must be a number in the range");
    refused("{\"optionalFloat\":3.502823e+38}", "optional_float must be a number in the range");
    refused("{\"optionalFloat\":-3.502823e+38}", "optional_float must be a number in the range");
    refused("{\"optionalDouble\":NaN}", "is no JSON");       /* DoubleFieldNanNotQuoted */
    refused("{\"optionalDouble\":Infinity}", "is no JSON");  /* …InfinityNotQuoted */
    refused("{\"optionalDouble\":-Infinity}", "is no JSON"); /* …NegativeInfinityNotQuoted */
    refused("{\"optionalDouble\":\"nan\"}", "optional_double must be a number, or \"NaN\"");
    refused("{\"optionalDouble\":\"1e\"}", "optional_double must be a number, or \"NaN\"");
    refused("{\"optionalDouble\":\"\"}", "optional_double must be a number, or \"NaN\"");
    refused("{\"optionalDouble\":true}", "optional_double must be a number, it is true or false");
}

static void test_bool(void **state)
{
    same("{\"optionalBool\":true}");
    becomes("{\"optionalBool\":false}", "{}");
    refused("{\"optionalBool\":\"true\"}", "optional_bool must be true or false, it is a string");
    refused("{\"optionalBool\":1}", "optional_bool must be true or false, it is a number");
    refused("{\"optionalBool\":True}", "is no JSON"); /* BoolFieldCamelCaseTrue */
    refused("{\"optionalBool\":tru}", "is no JSON");
    refused("{\"optionalBool\":truely}", "is no JSON");
}

static void test_strings(void **state)
{
    same("{\"optionalString\":\"Hello world!\"}");          /* StringField */
    same("{\"optionalString\":\"谷歌 \xF0\x9F\x98\x81\"}"); /* StringFieldUnicode */
    becomes("{\"optionalString\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
            "{\"optionalString\":\"\\\"\\\\/\\b\\f\\n\\r\\t\"}"); /* StringFieldEscape */
    becomes("{\"optionalString\":\"\\u8C37\\u6B4C\"}", "{\"optionalString\":\"谷歌\"}");
    becomes("{\"optionalString\":\"\\u8c37\"}", "{\"optionalString\":\"谷\"}");
    becomes("{\"optionalString\":\"\\uD83D\\uDE01\\u00e9\\u0041\"}",
            "{\"optionalString\":\"\xF0\x9F\x98\x81\u00e9A\"}"); /* …SurrogatePair */
    same("{\"optionalString\":\"\\u0001\\u001f\x7f\"}");
    refused("{\"optionalString\":12345}", "optional_string must be a string, it is a number");
    refused("{\"optionalString\":\"\\uDE01\\uD83D\"}", "a surrogate pair"); /* …PairUnordered */
    refused("{\"optionalString\":\"\\uD83D\"}", "a surrogate pair");        /* UnpairedHigh… */
    refused("{\"optionalString\":\"\\uD83Dx\"}", "a surrogate pair");
    refused("{\"optionalString\":\"\\uD83D\\n\"}", "a surrogate pair");
    refused("{\"optionalString\":\"\\uDE01\"}", "a surrogate pair");   /* UnpairedLow… */
    refused("{\"optionalString\":\"\\U8C37\"}", "behind a backslash"); /* UppercaseEscapeLetter */
    refused("{\"optionalString\":\"\\u8C3\"}", "four hexadecimal digits");
    refused("{\"optionalString\":\"\\x\"}", "behind a backslash");
    refused("{\"optionalString\":\"a\\u0000b\"}", "optional_string has a NUL character");
    refused("{\"optionalString\":\"\xff\"}", "a string in UTF-8");
    refused("{\"optionalString\":\"\xed\xa0\x80\"}", "a string in UTF-8");
    refused("{\"optionalString\":\"a\nb\"}", "an escape in place of a control character");
    refused("{\"optionalString\":\"a", "a double quote");
    refused("{\"optionalString\":\"a\\", "a double quote");
}

static void test_bytes(void **state)
{
    same("{\"optionalBytes\":\"AQI=\"}"); /* BytesField */
    same("{\"optionalBytes\":\"AQID\"}");
    same("{\"optionalBytes\":\"AQ==\"}");
    becomes("{\"optionalBytes\":\"-_\"}", "{\"optionalBytes\":\"+w==\"}"); /* …Base64Url */
    becomes("{\"optionalBytes\":\"AQI\"}", "{\"optionalBytes\":\"AQI=\"}");
    becomes("{\"optionalBytes\":\"AQ\"}", "{\"optionalBytes\":\"AQ==\"}");
    becomes("{\"optionalBytes\":\"\"}", "{}");
    becomes("{\"optionalBytes\":\"\\u0041Q==\"}", "{\"optionalBytes\":\"AQ==\"}");
    refused("{\"optionalBytes\":\"-_=!\"}", "optional_bytes must be base64");
    refused("{\"optionalBytes\":\"A\"}", "optional_bytes must be base64");
    refused("{\"optionalBytes\":\"A===\"}", "optional_bytes must be base64");
    refused("{\"optionalBytes\":\"AQ=\"}", "optional_bytes must be base64");
    refused("{\"optionalBytes\":\"====\"}", "optional_bytes must be base64");
    refused("{\"optionalBytes\":1}", "optional_bytes must be a string of base64, it is a number");
}

static void test_enums(void **state)
{
    same("{\"optionalColour\":\"RED\"}"); /* EnumField */
    same("{\"optionalColour\":\"BELOW\",\"optionalSize\":\"LARGE\"}");
    same("{\"optionalColour\":\"FAR\"}"); /* INT_MAX, which protobuf-c's own search misses */
    same("{\"optionalColour\":123,\"optionalSize\":-5}");
    becomes("{\"optionalColour\":\"CRIMSON\"}", "{\"optionalColour\":\"RED\"}"); /* …Alias */
    becomes("{\"optionalColour\":2}", "{\"optionalColour\":\"GREEN\"}");
    becomes("{\"optionalColour\":\"NONE\"}", "{}");
    becomes("{\"optionalColour\":0}", "{}");
    refused("{\"optionalColour\":\"red\"}",
            "optional_colour must be a name of enum convene.test.Colour, or a number");
    refused("{\"optionalColour\":\"RED\\u0000\"}", "optional_colour must be a name of enum");
    refused("{\"optionalColour\":1.5}", "optional_colour must be a whole number of 32 bits");
    refused("{\"optionalColour\":2147483648}", "optional_colour must be a whole number");
    refused("{\"optionalColour\":true}", "optional_colour must be a name of its enum");
}

static void test_messages_in_messages(void **state)
{
    same("{\"optionalNested\":{\"a\":1234}}"); /* MessageField */
    same("{\"optionalNested\":{}}");
    same("{\"recursive\":{\"recursive\":{\"optionalNested\":{\"more\":{\"optionalInt32\":1}}}}}");
    refused("{\"optionalNested\":[]}", "optional_nested must be an object, it is an array");
    refused("{\"recursive\":{\"optionalNested\":{\"a\":\"x\"}}}",
            "recursive.optional_nested.a must be a whole number");
}

static void test_null_is_absent(void **state)
{
    /* AllFieldAcceptNull */
    becomes("{\"optionalInt32\":null,\"optionalInt64\":null,\"optionalUint32\":null,"
            "\"optionalFloat\":null,\"optionalBool\":null,\"optionalString\":null,"
            "\"optionalBytes\":null,\"optionalColour\":null,\"optionalNested\":null,"
            "\"repeatedInt32\":null,\"repeatedNested\":null,\"repeatedValue\":null,"
            "\"mapInt32Int32\":null,\"mapStringValue\":null,\"choiceUint32\":null,"
            "\"wrappedInt32\":null,\"timestamp\":null,\"duration\":null,\"mask\":null,"
            "\"tree\":null,\"list\":null,\"any\":null,\"empty\":null}",
            "{}");
    refused("{\"repeatedInt32\":[1,null]}", "repeated_int32[1] must be a number, it is null");
    refused("{\"repeatedNested\":[{\"a\":1},null]}", "repeated_nested[1] must be an object");
    refused("{\"mapInt32Int32\":{\"1\":null}}", "map_int32_int32.1 must be a number, it is null");
    refused("{\"mapStringNested\":{\"x\":null}}", "map_string_nested.x must be an object");
    refused("{\"repeatedWrapped\":[null]}", "repeated_wrapped[0] must be a number, it is null");
}

static void test_repeated_fields(void **state)
{
    same("{\"repeatedInt32\":[1,2,3,4]}"); /* PrimitiveRepeatedField */
    same("{\"repeatedInt64\":[\"1\"],\"repeatedUint64\":[\"2\",\"3\"],\"repeatedDouble\":[0.5]}");
    same("{\"repeatedBool\":[true,false],\"repeatedString\":[\"\",\"a\"]}");
    same("{\"repeatedBytes\":[\"\",\"AQ==\"],\"repeatedColour\":[\"NONE\",\"RED\",7]}");
    same("{\"repeatedNested\":[{},{\"a\":1}]}"); /* MessageRepeatedField */
    same("{\"unpackedInt32\":[1,2,3,4,5,6,7,8,9,10]}");
    becomes("{\"repeatedInt32\":[]}", "{}");
    refused("{\"repeatedInt32\":1}", "repeated_int32 must be an array, it is a number");
    refused("{\"repeatedInt32\":[1,false]}", "repeated_int32[1] must be a number");
    refused("{\"repeatedInt32\":[1,2,3,4,]}", "a value is expected"); /* …TrailingComma */
    refused("{\"repeatedInt32\":[1 2]}", "a comma or ] is expected");
    refused("{\"repeatedInt32\":[1", "a comma or ] is expected");
    refused("{\"repeatedNested\":[{},{\"a\":\"b\"}]}", "repeated_nested[1].a must be a whole");
}

static void test_maps(void **state)
{
    same("{\"mapInt32Int32\":{\"1\":2,\"-3\":4}}"); /* Int32MapField */
    same("{\"mapInt64Int64\":{\"9223372036854775807\":\"2\"}}");
    same("{\"mapUint64Uint64\":{\"18446744073709551615\":\"2\"}}");
    same("{\"mapBoolBool\":{\"true\":true,\"false\":false}}");
    same("{\"mapStringString\":{\"b\":\"2\",\"a\":\"1\",\"\":\"\"}}");
    same("{\"mapStringNested\":{\"hello\":{\"a\":1234},\"world\":{}}}"); /* MessageMapField */
    same("{\"mapStringBytes\":{\"x\":\"AQ==\"},\"mapStringColour\":{\"x\":\"RED\",\"y\":77}}");
    same("{\"mapStringValue\":{\"a\":null,\"b\":[1],\"c\":{\"d\":\"e\"}}}");
    becomes("{\"mapInt32Int32\":{\"\\u0031\":2}}", "{\"mapInt32Int32\":{\"1\":2}}");
    becomes("{\"mapBoolBool\":{\"tr\\u0075e\":true}}", "{\"mapBoolBool\":{\"true\":true}}");
    becomes("{\"mapInt32Int32\":{}}", "{}");
    refused("{\"mapInt32Int32\":{1:2}}", "a name in double quotes"); /* …KeyNotQuoted */
    refused("{\"mapInt32Int32\":{\"a\":2}}", "map_int32_int32.a must be a whole number");
    refused("{\"mapInt32Int32\":{\"2147483648\":2}}", "must be a whole number of 32 bits");
    refused("{\"mapBoolBool\":{\"yes\":true}}", "map_bool_bool.yes must be \"true\" or \"false\"");
    refused("{\"mapStringString\":{\"a\":\"1\",\"a\":\"2\"}}", "map_string_string has a key twice");
    refused("{\"mapInt32Int32\":{\"1\":1,\"1.0\":2}}", "map_int32_int32 has a key twice");
    refused("{\"mapStringString\":{\"a\\u0000\":\"\"}}", "has a NUL character");
    refused("{\"mapStringString\":[]}", "map_string_string must be an object, it is an array");
    refused("{\"mapStringNested\":{\"k\":{\"a\":\"\"}}}", "map_string_nested.k.a must be a whole");
}

static void test_oneofs(void **state)
{
    same("{\"choiceUint32\":0}"); /* OneofZeroUint32 */
    same("{\"choiceNested\":{}}");
    same("{\"choiceString\":\"\"}"); /* OneofZeroString */
    same("{\"choiceBytes\":\"\"}");
    same("{\"choiceBool\":false}");
    same("{\"choiceColour\":\"NONE\"}");
    same("{\"choiceNull\":null}");
    becomes("{\"choiceUint32\":null,\"choiceString\":\"test\"}", "{\"choiceString\":\"test\"}");
    becomes("{\"choiceString\":\"test\",\"choiceUint32\":null}", "{\"choiceString\":\"test\"}");
    refused("{\"choiceUint32\":1,\"choiceString\":\"test\"}", /* OneofFieldDuplicate */
            "choice_string must not be set together with choice_uint32");
    refused("{\"choiceNested\":{},\"choiceNull\":null}", "choice_null must not be set together");
}

static void test_presence_of_optional_fields(void **state)
{
    cvn_json_cases_accept("Modern",
                          "{\"count\":0,\"title\":\"\",\"blob\":\"\",\"colour\":\"NONE\","
                          "\"ratio\":0,\"flag\":false}",
                          NULL, NULL);
    cvn_json_cases_accept("Modern", "{\"count\":null,\"title\":null}", "{}", NULL);
    cvn_json_cases_accept("Modern", "{\"otherName\":\"x\"}", NULL, NULL);
    cvn_json_cases_accept("Modern", "{\"renamed_field\":\"x\"}", "{\"otherName\":\"x\"}", NULL);
    cvn_json_cases_refuse("Modern", "{\"renamedField\":\"x\"}", "renamedField is not a field");
    cvn_json_cases_accept("Modern", "{\"more\":{\"k\":{\"number\":0}}}", NULL, NULL);
}

static void test_fields_of_proto2(void **state)
{
    cvn_json_cases_accept("old.Old", "{\"name\":\"\"}", NULL, NULL);
    cvn_json_cases_accept(
        "old.Old",
        "{\"name\":\"n\",\"whole\":-42,\"text\":\"caf\u00e9 \\\"x\\\"\\n\","
        "\"raw\":\"YQD/Clw=\",\"level\":\"HIGH\",\"loose\":[1],\"left\":\"gauche\","
        "\"names\":{\"7\":\"seven\"}}",
        NULL, NULL);
    cvn_json_cases_refuse("old.Old", "{\"whole\":1}", "name is required");
    cvn_json_cases_refuse("old.Old", "{\"name\":null}", "name is required");
}

static void test_a_message_that_looks_like_a_map_is_none(void **state)
{
    cvn_json_cases_accept("NoMap", "{\"tags\":[{\"key\":\"a\",\"value\":\"b\"}]}", NULL, NULL);
    cvn_json_cases_refuse("NoMap", "{\"tags\":{\"a\":\"b\"}}", "tags must be an array");
}

static void test_text_that_is_no_json(void **state)
{
    static const char *const bad[] = {
        "{",
        "{\"a\"",
        "{'optionalInt32':1}",
        "{\"optionalInt32\":1,}",
        "{\"optionalInt32\" 1}",
        "{\"optionalInt32\":}",
        "{\"optionalInt32\":1}x",
        "{\"optionalInt32\":1}{}",
        "{\"optionalInt32\":01}",
        "{\"optionalInt32\":1.}",
        "{\"optionalInt32\":.1}",
        "{\"optionalInt32\":+1}",
        "{\"optionalInt32\":-}",
        "{\"optionalInt32\":1e}",
        "{\"optionalInt32\":0x1}",
        "{\"optionalInt32\":1 \"optionalBool\":true}",
        "{,}",
        "{\"optionalNested\":{\"a\":1]}",
        "// x\n{}",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cvn_json_cases_refuse("AllTypes", bad[i], i == 18 || i == 19 ? "no JSON" : "JSON");
    refused("{\n  \"optionalInt32\": 1,\n  x\n}", "at line 3, column 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_message),
        cmocka_unit_test(test_names_of_fields),
        cmocka_unit_test(test_unknown_and_double_names_are_refused),
        cmocka_unit_test(test_unknown_names_are_skipped_where_asked),
        cmocka_unit_test(test_whole_numbers_of_32_bits),
        cmocka_unit_test(test_whole_numbers_of_32_bits_past_their_range),
        cmocka_unit_test(test_whole_numbers_of_64_bits),
        cmocka_unit_test(test_real_numbers),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_messages_in_messages),
        cmocka_unit_test(test_null_is_absent),
        cmocka_unit_test(test_repeated_fields),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_oneofs),
        cmocka_unit_test(test_presence_of_optional_fields),
        cmocka_unit_test(test_fields_of_proto2),
        cmocka_unit_test(test_a_message_that_looks_like_a_map_is_none),
        cmocka_unit_test(test_text_that_is_no_json),
    };
    return cmocka_run_group_tests_name("json", tests, cvn_json_cases_setup,
                                       cvn_json_cases_teardown);
}
