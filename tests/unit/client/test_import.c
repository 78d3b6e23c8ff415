/* Importing events from files, against a server that takes every record with a title. */
#include "tests/support/cmocka_all.h"

#include "client/cli/events_import.h"
#include "client/cli/report.h"
#include "client/lib/registrar.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "rpc/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL "inproc://test-import"

enum { SAID_BYTES = 8192, REPLY_BYTES = 1 << 20 };

static struct cvn_server *server;
static struct cvn_cli cli;
static size_t n_taken, n_chunks, chunk_most, n_half_closed;
static char last_start[32];
static char last_end[32];
static char said[SAID_BYTES];

static void take_chunk(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    (void)user;
    const Convene__Events__V1__StreamRegisterEventsRequest *request = (const void *)message;
    CVN_ARENA_AUTO own;
    struct cvn_arena *arena = &own;
    Convene__Events__V1__StreamRegisterEventsResponse reply =
        CONVENE__EVENTS__V1__STREAM_REGISTER_EVENTS_RESPONSE__INIT;
    cvn_arena_init(arena, REPLY_BYTES);
    reply.n_results = request->n_events;
    reply.results = cvn_arena_alloc_array(arena, request->n_events, sizeof *reply.results);
    Google__Rpc__BadRequest__FieldViolation violation =
        GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
    Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};
    violation.field = (char *)"events[0].venue.location.latitude";
    violation.description = (char *)"must be from -90 to 90";
    Google__Rpc__BadRequest bad = GOOGLE__RPC__BAD_REQUEST__INIT;
    bad.field_violations = violations;
    bad.n_field_violations = 1;
    uint8_t packed[256];
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    Google__Protobuf__Any *details[] = {&any};
    any.type_url = (char *)"type.googleapis.com/google.rpc.BadRequest";
    any.value = (ProtobufCBinaryData){google__rpc__bad_request__pack(&bad, packed), packed};
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    status.code = CVN_INVALID_ARGUMENT;
    status.details = details;
    status.n_details = 1;
    for (size_t i = 0; i < request->n_events; i++) {
        const Convene__Events__V1__Event *event = request->events[i];
        Convene__Events__V1__RegisterResult *result = cvn_arena_alloc(arena, sizeof *result);
        convene__events__v1__register_result__init(result);
        bool good = !event->venue || event->venue->location->latitude <= 90;
        result->outcome = good ? CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_CREATED
                               : CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_REFUSED;
        result->status = good ? NULL : &status;
        reply.results[i] = result;
        (void)snprintf(last_start, sizeof last_start, "%s", event->start_local);
        (void)snprintf(last_end, sizeof last_end, "%s", event->end_local);
    }
    n_taken += request->n_events;
    n_chunks++;
    chunk_most = request->n_events > chunk_most ? request->n_events : chunk_most;
    assert_int_equal(cvn_server_call_write(call, &reply.base), 0);
}

static void half_close(struct cvn_server_call *call, void *user)
{
    (void)user;
    n_half_closed++;
    cvn_server_call_finish(call, NULL, NULL);
}

static void cancelled(struct cvn_server_call *call, void *user)
{
    (void)user;
    cvn_server_call_finish(call, NULL, NULL);
}

static const struct cvn_stream_handler stream = {
    .message = take_chunk, .half_close = half_close, .cancelled = cancelled};
static const struct cvn_method methods[2] = {{.stream = &stream}};

static int set_up(void **state)
{
    (void)state;
    n_taken = n_chunks = chunk_most = n_half_closed = 0;
    cli = (struct cvn_cli){.options = {.url = URL, .fail_fast = true}, .quiet = true};
    cvn_arena_init(&cli.arena, 1 << 20);
    return cvn_zones_new(&cli.zones) || cvn_server_new(&server, NULL) ||
           cvn_server_add_service(server, &convene__events__v1__registrar_service__descriptor,
                                  methods, NULL) ||
           cvn_server_listen(server, URL, NULL) || cvn_server_start(server);
}

static int tear_down(void **state)
{
    (void)state;
    cvn_cli_deinit(&cli);
    cvn_server_free(server);
    return 0;
}

/* Imports the text as a file of that ending; what was said on standard output is in said. */
static enum cvn_exit import(const char *text, const char *ending)
{
    char path[] = "/tmp/cvn-import-XXXXXX.jsonl";
    char spoken[] = "/tmp/cvn-said-XXXXXX";
    (void)snprintf(path, sizeof path, "/tmp/cvn-import-XXXXXX%s", ending);
    int fd = mkstemps(path, (int)strlen(ending));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    (void)close(fd);
    int out = mkstemp(spoken);
    assert_true(out >= 0);
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    enum cvn_exit code = cvn_import_run(&cli, &cvn_events_import, path, NULL);
    (void)fflush(stdout);
    (void)dup2(kept, STDOUT_FILENO);
    (void)close(kept);
    ssize_t len = pread(out, said, sizeof said - 1, 0);
    said[len > 0 ? len : 0] = '\0';
    (void)close(out);
    (void)unlink(spoken);
    (void)unlink(path);
    return code;
}

static void expect_said(const char *text)
{
    if (!strstr(said, text)) {
        fail_msg("\"%s\" is not in \"%s\"", text, said);
    }
}

static void test_good_rows_are_created(void **state)
{
    (void)state;
    assert_int_equal(import("external_id,group,title,start,duration\n"
                            "a,g,One,2026-12-01T23:30,90min\n",
                            ".csv"),
                     CVN_EXIT_DONE);
    expect_said("1 event: 1 created, 0 updated, 0 unchanged, 0 refused.");
    assert_string_equal(last_start, "2026-12-01T23:30:00");
    assert_string_equal(last_end, "2026-12-02T01:00:00");
    assert_int_equal(n_half_closed, 1); /* done, not cancelled */
}

static void test_refused_rows_are_named_with_line_id_and_column(void **state)
{
    (void)state;
    assert_int_equal(import("external_id,title,latitude,longitude,capacity\n"
                            "a,One,91,13,\n"
                            "b,Two,52,13,many\n"
                            "c,Three,52,13,3\n",
                            ".csv"),
                     CVN_EXIT_FAILED);
    expect_said("line 2, a: latitude must be from -90 to 90");
    expect_said("line 3, b: capacity must be a whole number, not \"many\"");
    expect_said("3 events: 1 created, 0 updated, 0 unchanged, 2 refused.");
    assert_int_equal(n_taken, 2);
}

static void test_rows_before_a_broken_quote_are_kept(void **state)
{
    (void)state;
    assert_int_equal(import("external_id,title\na,One\nb,\"Two\n", ".csv"), CVN_EXIT_FAILED);
    assert_int_equal(n_taken, 1);
    expect_said("line 3");
    expect_said("What came before it became:");
    expect_said("1 created");
}

/* Neither when nothing was stored, nor when nothing would be, is it said to have been imported. */
static void test_nothing_is_called_imported_that_was_refused(void **state)
{
    (void)state;
    assert_int_equal(import("external_id,title,capacity\na,One,many\nb,\"Two\n", ".csv"),
                     CVN_EXIT_FAILED);
    expect_said("What came before it became:");
    expect_said("1 event: 0 created, 0 updated, 0 unchanged, 1 refused.");
    assert_int_equal(n_taken, 0);
}

static void test_unknown_column_stops_before_anything_is_sent(void **state)
{
    (void)state;
    assert_int_equal(import("external_id,titel\na,One\n", ".csv"), CVN_EXIT_USAGE);
    assert_int_equal(n_taken, 0);
    assert_string_equal(said, ""); /* no line of zeros behind the refusal */
}

static void test_json_lines_are_taken_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(import("{\"external_id\":\"a\",\"title\":\"One\",\"topics\":[\"c\"]}\n"
                            "{\"external_id\":\"b\",\"planet\":\"earth\"}\n"
                            "nonsense\n",
                            ".jsonl"),
                     CVN_EXIT_FAILED);
    assert_int_equal(n_taken, 1);
    expect_said("line 2, b: \"planet\" is no column of");
    expect_said("line 3: is no JSON");
}

static void test_long_title_is_refused_here_in_a_short_sentence(void **state)
{
    (void)state;
    char text[512] = "external_id,title\na,";
    size_t len = strlen(text);
    memset(text + len, 'x', 301);
    strcpy(text + len + 301, "\n");
    assert_int_equal(import(text, ".csv"), CVN_EXIT_FAILED);
    expect_said("title has 301 bytes, at most 300 are accepted");
    strcpy(text + len + 300, "\n");
    assert_int_equal(import(text, ".csv"), CVN_EXIT_DONE);
}

static void test_value_is_read_up_to_its_limit(void **state)
{
    (void)state;
    char *text = malloc(CVN_IMPORT_VALUE_MAX + 64);
    assert_non_null(text);
    for (size_t over = 0; over <= 1; over++) {
        size_t len = (size_t)sprintf(text, "external_id,title,topics\na,T,");
        memset(text + len, 'x', CVN_IMPORT_VALUE_MAX + over);
        strcpy(text + len + CVN_IMPORT_VALUE_MAX + over, "\n");
        assert_int_equal(import(text, ".csv"), over ? CVN_EXIT_FAILED : CVN_EXIT_DONE);
    }
    expect_said("topics has 65537 bytes, at most 65536 are accepted");
    free(text);
}

static void test_report_names_so_many_and_counts_all(void **state)
{
    (void)state;
    struct cvn_report *report = cvn_report_new();
    for (size_t i = 0; i <= CVN_IMPORT_REFUSED_MAX; i++) {
        cvn_report_refuse(report, i + 1, "", "is wrong");
    }
    char path[] = "/tmp/cvn-report-XXXXXX", line[256];
    size_t n_lines = 0;
    FILE *out = fdopen(mkstemp(path), "w+");
    assert_non_null(out);
    int kept = dup(STDOUT_FILENO);
    (void)fflush(stdout);
    (void)dup2(fileno(out), STDOUT_FILENO);
    assert_int_equal(cvn_report_print(&cli, report, "events", "f", CVN_EXIT_DONE), CVN_EXIT_FAILED);
    (void)fflush(stdout);
    (void)dup2(kept, STDOUT_FILENO);
    (void)close(kept);
    rewind(out);
    while (fgets(line, sizeof line, out)) {
        n_lines++;
        if (n_lines == CVN_IMPORT_REFUSED_MAX)
            assert_string_equal(line, "f, line 10000: is wrong\n");
        if (n_lines == CVN_IMPORT_REFUSED_MAX + 1)
            assert_string_equal(line, "… and 1 more.\n");
    }
    assert_int_equal(n_lines, CVN_IMPORT_REFUSED_MAX + 2);
    assert_non_null(
        strstr(line, "10001 events: 0 created, 0 updated, 0 unchanged, 10001 refused."));
    (void)fclose(out);
    (void)unlink(path);
    cvn_report_free(report);
}

static void note_result(void *arg, uint64_t tag, const Convene__Events__V1__RegisterResult *result)
{
    (void)result;
    *(uint64_t *)arg += tag;
}

static void test_event_is_sent_up_to_its_largest(void **state)
{
    (void)state;
    struct convene_status status = CONVENE_STATUS_INIT;
    struct convene *client = NULL;
    uint64_t tags = 0;
    const struct cvn_registrar_options options = {.result = note_result, .arg = &tags};
    struct cvn_registrar *registrar;
    assert_int_equal(convene_open(&client, &cli.options, &status), 0);
    assert_int_equal(cvn_registrar_new(&registrar, client, &options, &status), 0);
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    char *text = malloc(CVN_REGISTRAR_EVENT_BYTES_MAX);
    assert_non_null(text);
    memset(text, 'x', CVN_REGISTRAR_EVENT_BYTES_MAX);
    event.description = text;
    for (int over = 0; over <= 1; over++) {
        size_t len = CVN_REGISTRAR_EVENT_BYTES_MAX - 4 + (size_t)over; /* tag and length */
        text[len] = '\0';
        assert_int_equal(convene__events__v1__event__get_packed_size(&event),
                         CVN_REGISTRAR_EVENT_BYTES_MAX + over);
        assert_int_equal(cvn_registrar_push(registrar, &event, 7, &status),
                         over ? CONVENE_INVALID_ARGUMENT : 0);
        text[len] = 'x';
    }
    assert_string_equal(status.message, "The event has 1048577 bytes; at most 1048576 are right.");
    convene_status_clear(&status);
    assert_int_equal(cvn_registrar_flush(registrar, &status), 0);
    assert_int_equal(tags, 7); /* the other is as if it had not been pushed */
    cvn_registrar_free(registrar);
    convene_close(client);
    free(text);
}

static void import_rows(int n)
{
    char *text = malloc((size_t)n * 16 + 32);
    assert_non_null(text);
    size_t len = (size_t)sprintf(text, "external_id,title\n");
    for (int i = 0; i < n; i++) {
        len += (size_t)sprintf(text + len, "e%d,T\n", i);
    }
    assert_int_equal(import(text, ".csv"), CVN_EXIT_DONE);
    free(text);
}

static void test_rows_travel_in_chunks(void **state)
{
    (void)state;
    import_rows(CVN_REGISTRAR_CHUNK_EVENTS);
    assert_int_equal(n_chunks, 1);
    assert_int_equal(n_taken, CVN_REGISTRAR_CHUNK_EVENTS);
    import_rows(CVN_REGISTRAR_CHUNK_EVENTS + 1);
    assert_int_equal(n_chunks, 3);
    import_rows(10 * CVN_REGISTRAR_CHUNK_EVENTS + 1); /* more than are under way at a time */
    assert_int_equal(n_chunks, 14);
    assert_int_equal(chunk_most, CVN_REGISTRAR_CHUNK_EVENTS);
    expect_said("2001 events: 2001 created");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_good_rows_are_created),
        TEST(test_refused_rows_are_named_with_line_id_and_column),
        TEST(test_rows_before_a_broken_quote_are_kept),
        TEST(test_nothing_is_called_imported_that_was_refused),
        TEST(test_unknown_column_stops_before_anything_is_sent),
        TEST(test_json_lines_are_taken_one_by_one),
        TEST(test_long_title_is_refused_here_in_a_short_sentence),
        TEST(test_rows_travel_in_chunks),
        TEST(test_value_is_read_up_to_its_limit),
        TEST(test_report_names_so_many_and_counts_all),
        TEST(test_event_is_sent_up_to_its_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
