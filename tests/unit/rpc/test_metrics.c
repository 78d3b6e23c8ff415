/* Counting calls: what lands in which row and range, and what Prometheus is given of it. */
#include "rpc/metrics.h"
#include "rpc/metrics_text.h"
#include "rpc/server_state.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 16 << 20, N_THREADS = 4, N_CALLS = 20000 };

static const ProtobufCMethodDescriptor methods[] = {{.name = "Shout"}, {.name = "Ask"}};
static const ProtobufCServiceDescriptor service = {
    .name = "tests.Echo", .n_methods = 2, .methods = methods};

struct fixture {
    struct cvn_metrics *metrics;
    struct cvn_interceptor interceptor;
    struct cvn_arena arena;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    cvn_arena_init(&f->arena, ARENA_BYTES);
    if (cvn_metrics_new(&f->metrics) < 0 || cvn_metrics_add_service(f->metrics, &service, NULL) < 0)
        return -1;
    f->interceptor = cvn_metrics_interceptor(f->metrics);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_metrics_free(f->metrics);
    cvn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *method)
{
    struct cvn_server_call *call = calloc(1, sizeof *call);
    call->method = method;
    struct cvn_status status = {0};
    assert_int_equal(f->interceptor.begin(f->interceptor.user, call, &status), CVN_OK);
    free(call);
}

static struct cvn_call_record record_of(const char *method, enum cvn_code code, int64_t duration_us)
{
    return (struct cvn_call_record){.method = method,
                                    .known = true,
                                    .code = code,
                                    .duration_us = duration_us,
                                    .bytes_in = 10,
                                    .bytes_out = 100};
}

static void end(struct fixture *f, const struct cvn_call_record *record, bool begun)
{
    f->interceptor.end(f->interceptor.user, record, begun);
}

/* One whole call. */
static void count(struct fixture *f, const char *method, enum cvn_code code, int64_t duration_us)
{
    struct cvn_call_record record = record_of(method, code, duration_us);
    begin(f, method);
    end(f, &record, true);
}

static const struct cvn_metrics_row *row_of(struct fixture *f, const char *method)
{
    struct cvn_metrics_row *rows;
    size_t n;
    assert_int_equal(cvn_metrics_snapshot(f->metrics, &f->arena, &rows, &n), 0);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].method, method) == 0)
            return &rows[i];
    fail_msg("no row %s", method);
    return NULL;
}

static void test_rows_are_in_order_and_unknown_is_last(void **state)
{
    struct fixture *f = *state;
    struct cvn_metrics_row *rows;
    size_t n;
    assert_int_equal(cvn_metrics_snapshot(f->metrics, &f->arena, &rows, &n), 0);
    assert_int_equal(n, 3);
    assert_string_equal(rows[0].method, "Ask");
    assert_string_equal(rows[1].method, "Shout");
    assert_string_equal(rows[2].method, "unknown");
}

static void test_call_is_in_flight_until_it_ends(void **state)
{
    struct fixture *f = *state;
    begin(f, "tests.Echo/Shout");
    assert_int_equal(row_of(f, "Shout")->started, 1);
    assert_int_equal(row_of(f, "Shout")->in_flight, 1);
    struct cvn_call_record record = record_of("tests.Echo/Shout", CVN_NOT_FOUND, 250);
    end(f, &record, true);
    const struct cvn_metrics_row *row = row_of(f, "Shout");
    assert_int_equal(row->started, 1);
    assert_int_equal(row->in_flight, 0);
    assert_int_equal(row->handled[CVN_NOT_FOUND], 1);
    assert_int_equal(row->handled[CVN_OK], 0);
    assert_int_equal(row->bytes_in, 10);
    assert_int_equal(row->bytes_out, 100);
    assert_int_equal(row->latency_sum_us, 250);
    assert_int_equal(row_of(f, "Ask")->started, 0);
}

static void test_call_refused_before_it_began_counts_as_started(void **state)
{
    struct fixture *f = *state;
    struct cvn_call_record record = record_of("tests.Echo/Ask", CVN_RESOURCE_EXHAUSTED, 0);
    end(f, &record, false);
    assert_int_equal(row_of(f, "Ask")->started, 1);
    assert_int_equal(row_of(f, "Ask")->in_flight, 0);
    assert_int_equal(row_of(f, "Ask")->handled[CVN_RESOURCE_EXHAUSTED], 1);
}

static void test_names_that_peers_make_up_share_one_row(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"a.B/C",       "",       "tests.Echo",
                                        "tests.Echo/", "/Shout", "tests.Echo/Shout"};
    for (size_t i = 0; i < 6; i++) {
        struct cvn_call_record record = record_of(names[i], CVN_UNIMPLEMENTED, 1);
        record.known = false;
        end(f, &record, false);
    }
    struct cvn_metrics_row *rows;
    size_t n;
    assert_int_equal(cvn_metrics_snapshot(f->metrics, &f->arena, &rows, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(rows[2].handled[CVN_UNIMPLEMENTED], 6);
    assert_int_equal(rows[1].started, 0);
}

static void test_latency_on_a_bound_is_in_the_range_below(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < CVN_METRICS_BOUNDS; i++) {
        count(f, "tests.Echo/Ask", CVN_OK, cvn_metrics_bounds_us[i]);
        count(f, "tests.Echo/Ask", CVN_OK, cvn_metrics_bounds_us[i] + 1);
    }
    const struct cvn_metrics_row *row = row_of(f, "Ask");
    assert_int_equal(row->latency[0], 1);
    for (size_t i = 1; i < CVN_METRICS_BOUNDS; i++)
        assert_int_equal(row->latency[i], 2);
    assert_int_equal(row->latency[CVN_METRICS_BOUNDS], 1);
}

static void test_quantile_lies_evenly_in_its_range(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cvn_metrics_quantile_us(row_of(f, "Ask"), 0.5), -1);
    for (int i = 0; i < 50; i++) {
        count(f, "tests.Echo/Ask", CVN_OK, 150);
        count(f, "tests.Echo/Ask", CVN_OK, 1500);
    }
    const struct cvn_metrics_row *row = row_of(f, "Ask");
    assert_int_equal(cvn_metrics_quantile_us(row, 0.25), 150);
    assert_int_equal(cvn_metrics_quantile_us(row, 0.5), 200);
    assert_int_equal(cvn_metrics_quantile_us(row, 0.75), 1500);
    assert_int_equal(cvn_metrics_quantile_us(row, 1), 2000);
    count(f, "tests.Echo/Shout", CVN_OK, INT64_C(200000000));
    assert_int_equal(cvn_metrics_quantile_us(row_of(f, "Shout"), 0.5), 100000000);
}

static void test_methods_up_to_the_limit_and_not_beyond(void **state)
{
    struct fixture *f = *state;
    enum { N = CVN_METRICS_METHODS_MAX - 1 }; /* with the two there, one too many */
    static ProtobufCMethodDescriptor many[N];
    static char names[N][8];
    for (int i = 0; i < N; i++) {
        (void)snprintf(names[i], sizeof names[i], "M%d", i);
        many[i].name = names[i];
    }
    ProtobufCServiceDescriptor large = {.name = "tests.Large", .n_methods = N - 1, .methods = many};
    assert_int_equal(cvn_metrics_add_service(f->metrics, &large, NULL), 0);
    assert_int_equal(cvn_metrics_add_service(f->metrics, &service, NULL), 0);
    large.n_methods = N;
    assert_int_equal(cvn_metrics_add_service(f->metrics, &large, NULL), -E2BIG);
    struct cvn_metrics_row *rows;
    size_t n;
    assert_int_equal(cvn_metrics_snapshot(f->metrics, &f->arena, &rows, &n), 0);
    assert_int_equal(n, CVN_METRICS_METHODS_MAX + 1);
    count(f, "tests.Large/M1021", CVN_OK, 1);
    assert_int_equal(row_of(f, "M1021")->started, 1);
}

static void *count_many(void *arg)
{
    for (int i = 0; i < N_CALLS; i++)
        count(arg, "tests.Echo/Ask", i % 2 ? CVN_OK : CVN_ABORTED, 3);
    return NULL;
}

static void test_no_call_is_lost_among_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, f), 0);
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    const struct cvn_metrics_row *row = row_of(f, "Ask");
    assert_int_equal(row->started, N_THREADS * N_CALLS);
    assert_int_equal(row->handled[CVN_OK], N_THREADS * N_CALLS / 2);
    assert_int_equal(row->handled[CVN_ABORTED], N_THREADS * N_CALLS / 2);
    assert_int_equal(row->in_flight, 0);
    assert_int_equal(row->latency_sum_us, 3 * N_THREADS * N_CALLS);
}

static char *text_of(const struct cvn_metrics_row *rows, size_t n)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(cvn_metrics_write_text(out, rows, n), 0);
    (void)fclose(out);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_text_has_what_prometheus_reads(void **state)
{
    struct fixture *f = *state;
    count(f, "tests.Echo/Ask", CVN_OK, 150);
    count(f, "tests.Echo/Ask", CVN_CANCELLED, 2500000);
    begin(f, "tests.Echo/Ask");
    char *text = text_of(row_of(f, "Ask"), 1);
#define LABELS "{grpc_type=\"unary\",grpc_service=\"tests.Echo\",grpc_method=\"Ask\""
    static const char *const parts[] = {
        "# TYPE grpc_server_started_total counter\ngrpc_server_started_total" LABELS "} 3\n",
        "# HELP grpc_server_handled_total ",
        "grpc_server_handled_total" LABELS ",grpc_code=\"OK\"} 1\n",
        "grpc_server_handled_total" LABELS ",grpc_code=\"Canceled\"} 1\n",
        "# TYPE grpc_server_handling_seconds histogram\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"0.0001\"} 0\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"0.0002\"} 1\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"2\"} 1\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"5\"} 2\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"100\"} 2\n",
        "grpc_server_handling_seconds_bucket" LABELS ",le=\"+Inf\"} 2\n",
        "grpc_server_handling_seconds_sum" LABELS "} 2.50015\n",
        "grpc_server_handling_seconds_count" LABELS "} 2\n",
        "grpc_server_in_flight" LABELS "} 1\n",
        "grpc_server_received_bytes_total" LABELS "} 20\n",
        "grpc_server_sent_bytes_total" LABELS "} 200\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_has(text, parts[i]);
    assert_null(strstr(text, "NotFound"));
    free(text);
}

static void test_text_escapes_labels_and_names_kinds(void **state)
{
    (void)state;
    static const struct cvn_metrics_row rows[] = {
        {.service = "a\\b\"c\nd", .method = "M", .client_streaming = true},
        {.service = "s", .method = "M", .server_streaming = true},
        {.service = "s", .method = "N", .client_streaming = true, .server_streaming = true},
    };
    char *text = text_of(rows, 3);
    assert_has(text, "{grpc_type=\"client_stream\",grpc_service=\"a\\\\b\\\"c\\nd\",");
    assert_has(text, "{grpc_type=\"server_stream\",grpc_service=\"s\",grpc_method=\"M\"");
    assert_has(text, "{grpc_type=\"bidi_stream\",grpc_service=\"s\",grpc_method=\"N\"");
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_rows_are_in_order_and_unknown_is_last),
        TEST(test_call_is_in_flight_until_it_ends),
        TEST(test_call_refused_before_it_began_counts_as_started),
        TEST(test_names_that_peers_make_up_share_one_row),
        TEST(test_latency_on_a_bound_is_in_the_range_below),
        TEST(test_quantile_lies_evenly_in_its_range),
        TEST(test_methods_up_to_the_limit_and_not_beyond),
        TEST(test_no_call_is_lost_among_threads),
        TEST(test_text_has_what_prometheus_reads),
        TEST(test_text_escapes_labels_and_names_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
