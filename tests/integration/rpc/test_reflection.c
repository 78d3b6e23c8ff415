/* grpc.reflection.v1 over the transport named on the command line. */
#include "google/protobuf/descriptor.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "rpc/health.h"
#include "rpc/message.h"
#include "rpc/reflection.h"
#include "serving.h"
#include "tests/support/cmocka_all.h"
#include "types_set.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES = 64 << 20,
    FILE_BY_FILENAME =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME,
    FILE_CONTAINING_SYMBOL =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL,
    FILE_CONTAINING_EXTENSION =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION,
    ALL_EXTENSION_NUMBERS =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE,
    LIST_SERVICES = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES,
    NOTHING = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__NOT_SET,
};

static const char *transport;

struct fixture {
    struct serving serving;
    struct cvn_types *types;
    struct cvn_health *health;
    struct cvn_reflection reflection;
    struct cvn_arena arena;
    struct cvn_stream *stream;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    cvn_arena_init(&f->arena, ARENA_BYTES);
    struct cvn_slice set = cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes);
    assert_int_equal(cvn_types_new_of_set(set, CVN_TYPES_CAP_BYTES, &f->types, NULL), 0);
    serving_new(&f->serving, 4);
    f->reflection = (struct cvn_reflection){.server = f->serving.server, .types = f->types};
    assert_int_equal(cvn_reflection_bind(&f->reflection, f->serving.server), 0);
    assert_int_equal(cvn_health_new(&f->health), 0);
    assert_int_equal(cvn_health_bind(f->health, f->serving.server), 0);
    serving_start(&f->serving, transport);
    f->stream = serving_stream(&f->serving, &grpc__reflection__v1__server_reflection__descriptor,
                               "ServerReflectionInfo", NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_stream_free(f->stream);
    serving_free(&f->serving);
    cvn_health_free(f->health);
    cvn_types_free(f->types);
    cvn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static int write_request(struct fixture *f, int which, const char *text)
{
    Grpc__Reflection__V1__ServerReflectionRequest request =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.host = (char *)(uintptr_t) "here";
    memcpy(&request.message_request_case, &which, sizeof which);
    request.list_services = (char *)(uintptr_t)text; /* all texts are one union */
    return cvn_stream_write(f->stream, &request.base);
}

static Grpc__Reflection__V1__ServerReflectionResponse *read_answer(struct fixture *f)
{
    ProtobufCMessage *message;
    assert_int_equal(cvn_stream_read(f->stream, &f->arena, &message), 0);
    return (Grpc__Reflection__V1__ServerReflectionResponse *)message;
}

static Grpc__Reflection__V1__ServerReflectionResponse *ask(struct fixture *f, int which,
                                                           const char *text)
{
    assert_int_equal(write_request(f, which, text), 0);
    return read_answer(f);
}

static void assert_error(const Grpc__Reflection__V1__ServerReflectionResponse *answer,
                         enum cvn_code code)
{
    assert_int_equal(
        answer->message_response_case,
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE);
    assert_int_equal(answer->error_response->error_code, code);
    assert_true(strlen(answer->error_response->error_message) > 10);
}

static const char *file_name(struct fixture *f, const ProtobufCBinaryData *bytes)
{
    ProtobufCMessage *file;
    assert_int_equal(cvn_message_unpack(&google__protobuf__file_descriptor_proto__descriptor,
                                        &f->arena, cvn_slice(bytes->data, bytes->len), &file),
                     0);
    return ((const Google__Protobuf__FileDescriptorProto *)file)->name;
}

/* The answer holds a file, and n of them in all. */
static void assert_file(struct fixture *f,
                        const Grpc__Reflection__V1__ServerReflectionResponse *answer,
                        const char *name, size_t n)
{
    assert_int_equal(
        answer->message_response_case,
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
    assert_int_equal(answer->file_descriptor_response->n_file_descriptor_proto, n);
    assert_string_equal(file_name(f, &answer->file_descriptor_response->file_descriptor_proto[0]),
                        name);
}

static void test_services_are_listed_in_order(void **state)
{
    struct fixture *f = *state;
    const Grpc__Reflection__V1__ServerReflectionResponse *answer = ask(f, LIST_SERVICES, "*");
    assert_string_equal(answer->valid_host, "here");
    assert_string_equal(answer->original_request->list_services, "*");
    assert_int_equal(answer->list_services_response->n_service, 2);
    assert_string_equal(answer->list_services_response->service[0]->name, "grpc.health.v1.Health");
    assert_string_equal(answer->list_services_response->service[1]->name,
                        "grpc.reflection.v1.ServerReflection");
}

static void test_symbol_comes_with_its_file_and_what_that_imports(void **state)
{
    struct fixture *f = *state;
    assert_file(f, ask(f, FILE_CONTAINING_SYMBOL, "convene.test.old.Old"), "old.proto", 1);
    assert_file(f, ask(f, FILE_CONTAINING_SYMBOL, "convene.test.old.Old.name"), "old.proto", 1);
    assert_file(f, ask(f, FILE_CONTAINING_SYMBOL, "google.protobuf.Timestamp"),
                "google/protobuf/timestamp.proto", 1);
    const struct cvn_types_file *file = cvn_types_file(f->types, "all_types.proto");
    const struct cvn_types_file *const *files;
    size_t n;
    assert_int_equal(cvn_types_closure(f->types, file, &f->arena, &files, &n), 0);
    assert_true(n > 1);
    assert_file(f, ask(f, FILE_BY_FILENAME, "all_types.proto"), "all_types.proto", n);
}

static void test_what_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    assert_error(ask(f, FILE_BY_FILENAME, "nothing.proto"), CVN_NOT_FOUND);
    assert_error(ask(f, FILE_BY_FILENAME, ""), CVN_NOT_FOUND);
    assert_error(ask(f, FILE_CONTAINING_SYMBOL, "convene.test.old.New"), CVN_NOT_FOUND);
    assert_error(ask(f, FILE_CONTAINING_SYMBOL, ""), CVN_NOT_FOUND);
    assert_error(ask(f, ALL_EXTENSION_NUMBERS, "convene.test.old.New"), CVN_NOT_FOUND);
    assert_error(ask(f, NOTHING, NULL), CVN_INVALID_ARGUMENT);
    assert_int_equal(ask(f, LIST_SERVICES, "")->list_services_response->n_service, 2);
}

static void test_extensions_are_found_by_number(void **state)
{
    struct fixture *f = *state;
    const Grpc__Reflection__V1__ServerReflectionResponse *answer =
        ask(f, ALL_EXTENSION_NUMBERS, "convene.test.old.Old");
    assert_string_equal(answer->all_extension_numbers_response->base_type_name,
                        "convene.test.old.Old");
    assert_int_equal(answer->all_extension_numbers_response->n_extension_number, 3);
    assert_int_equal(answer->all_extension_numbers_response->extension_number[0], 101);
    assert_int_equal(answer->all_extension_numbers_response->extension_number[2], 150);
    answer = ask(f, ALL_EXTENSION_NUMBERS, "convene.test.old.Holder");
    assert_int_equal(answer->all_extension_numbers_response->n_extension_number, 0);

    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    extension.containing_type = (char *)(uintptr_t) "convene.test.old.Old";
    extension.extension_number = 120;
    assert_file(f, ask(f, FILE_CONTAINING_EXTENSION, (const char *)&extension), "old.proto", 1);
    extension.extension_number = 121;
    assert_error(ask(f, FILE_CONTAINING_EXTENSION, (const char *)&extension), CVN_NOT_FOUND);
}

static void test_requests_that_came_at_once_are_answered_in_order(void **state)
{
    struct fixture *f = *state;
    enum { N = 100 };
    for (int i = 0; i < N; i++)
        assert_int_equal(
            write_request(f, FILE_BY_FILENAME, i % 2 ? "all_types.proto" : "old.proto"), 0);
    assert_int_equal(cvn_stream_writes_done(f->stream), 0);
    for (int i = 0; i < N; i++)
        assert_string_equal(read_answer(f)->original_request->file_by_filename,
                            i % 2 ? "all_types.proto" : "old.proto");
    ProtobufCMessage *message;
    assert_int_equal(cvn_stream_read(f->stream, &f->arena, &message), CVN_STREAM_END);
    assert_int_equal(serving_finish(f->stream, &f->arena, NULL), CVN_OK);
}

static void test_one_who_reads_late_gets_every_answer(void **state)
{
    struct fixture *f = *state;
    enum { N = 300 };
    size_t n_bytes = 0;
    for (int i = 0; i < N; i++)
        assert_int_equal(write_request(f, FILE_BY_FILENAME, "all_types.proto"), 0);
    for (int i = 0; i < N; i++) {
        const Grpc__Reflection__V1__ServerReflectionResponse *answer = read_answer(f);
        n_bytes += answer->file_descriptor_response->file_descriptor_proto[0].len;
        cvn_arena_reset(&f->arena);
    }
    assert_true(n_bytes > 1000000); /* more than credit and queues hold, so that it had to wait */
    assert_int_equal(cvn_stream_writes_done(f->stream), 0);
    assert_int_equal(serving_finish(f->stream, &f->arena, NULL), CVN_OK);
}

static void test_call_that_waits_to_answer_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++)
        assert_int_equal(write_request(f, FILE_BY_FILENAME, "all_types.proto"), 0);
    cvn_stream_cancel(f->stream);
    assert_int_equal(serving_finish(f->stream, &f->arena, NULL), CVN_CANCELLED);
    assert_int_equal(cvn_server_drain(f->serving.server, 60000), 0);
}

static void test_request_up_to_the_limit_and_not_beyond(void **state)
{
    struct fixture *f = *state;
    /* Beside the symbol: the host's tag, length and 4 bytes, and the symbol's tag and length. */
    enum { LONGEST = CVN_REFLECTION_REQUEST_BYTES_MAX - 6 - 3 };
    char *symbol = cvn_arena_alloc(&f->arena, LONGEST + 2);
    memset(symbol, 's', LONGEST);
    assert_error(ask(f, FILE_CONTAINING_SYMBOL, symbol), CVN_NOT_FOUND);
    symbol[LONGEST] = 's';
    assert_int_equal(write_request(f, FILE_CONTAINING_SYMBOL, symbol), 0);
    const char *sentence;
    assert_int_equal(serving_finish(f->stream, &f->arena, &sentence), CVN_INVALID_ARGUMENT);
    assert_non_null(strstr(sentence, "4096"));
}

static void test_call_without_requests_ends_well(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cvn_stream_writes_done(f->stream), 0);
    assert_int_equal(serving_finish(f->stream, &f->arena, NULL), CVN_OK);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_services_are_listed_in_order),
        TEST(test_symbol_comes_with_its_file_and_what_that_imports),
        TEST(test_what_is_not_there_is_not_found),
        TEST(test_extensions_are_found_by_number),
        TEST(test_requests_that_came_at_once_are_answered_in_order),
        TEST(test_one_who_reads_late_gets_every_answer),
        TEST(test_call_that_waits_to_answer_can_be_cancelled),
        TEST(test_request_up_to_the_limit_and_not_beyond),
        TEST(test_call_without_requests_ends_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
