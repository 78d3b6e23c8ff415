#include "client/cli/stats.h"

#include "client/cli/call.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "rpc/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SERVICE "convene.admin.v1.AdminService/"

enum { TIMES_MAX = 1000000 };

/* At most three digits, and a fraction where one digit stands before it. */
static void format_scaled(char text[CVN_STATS_TEXT_BYTES], uint64_t value, const char *const *units,
                          size_t n_units)
{
    size_t unit = 0;
    uint64_t tenths = value * 10;
    while (tenths >= 9995 && unit + 1 < n_units) {
        tenths = (tenths + 500) / 1000;
        unit++;
    }
    if (unit > 0 && tenths < 100) {
        (void)snprintf(text, CVN_STATS_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
                       tenths % 10, units[unit]);
    } else {
        (void)snprintf(text, CVN_STATS_TEXT_BYTES, "%" PRIu64 " %s", (tenths + 5) / 10,
                       units[unit]);
    }
}

void cvn_stats_format_us(char text[CVN_STATS_TEXT_BYTES], int64_t us)
{
    static const char *const units[] = {"us", "ms", "s"};
    *text = '\0';
    if (us >= 0) {
        format_scaled(text, (uint64_t)us, units, 3);
    }
}

void cvn_stats_format_bytes(char text[CVN_STATS_TEXT_BYTES], uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    format_scaled(text, bytes, units, 5);
}

static uint64_t ended_calls(const Convene__Admin__V1__MethodStats *stats)
{
    uint64_t n = 0;
    for (size_t i = 0; i < stats->n_codes; i++) {
        n += stats->codes[i]->calls;
    }
    return n;
}

static uint64_t calls_with(const Convene__Admin__V1__MethodStats *stats, int32_t code)
{
    for (size_t i = 0; stats && i < stats->n_codes; i++) {
        if (stats->codes[i]->code == code) {
            return stats->codes[i]->calls;
        }
    }
    return 0;
}

CVN_VIEW_STRING(see_method, Convene__Admin__V1__MethodStats, method)

static const char *number(struct cvn_cli *cli, uint64_t value)
{
    return cvn_arena_printf(&cli->arena, "%" PRIu64, value);
}

static const char *see_calls(struct cvn_cli *cli, const void *message)
{
    return number(cli, ended_calls(message));
}

static const char *see_in_flight(struct cvn_cli *cli, const void *message)
{
    return number(cli, ((const Convene__Admin__V1__MethodStats *)message)->in_flight);
}

static const char *see_failed(struct cvn_cli *cli, const void *message)
{
    return number(cli, ended_calls(message) - calls_with(message, CVN_OK));
}

/* Which codes, but for OK: "3 NOT_FOUND, 1 INTERNAL". */
static const char *see_codes(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__MethodStats *stats = message;
    const char *text = "";
    for (size_t i = 0; text && i < stats->n_codes; i++) {
        if (stats->codes[i]->code != CVN_OK && stats->codes[i]->calls > 0) {
            text =
                cvn_arena_printf(&cli->arena, "%s%s%" PRIu64 " %s", text, *text ? ", " : "",
                                 stats->codes[i]->calls, convene_code_name(stats->codes[i]->code));
        }
    }
    return text;
}

static const char *quantile(struct cvn_cli *cli, const Convene__Admin__V1__MethodStats *stats,
                            double q)
{
    struct cvn_metrics_row row = {0};
    if (stats->n_latency_counts != CVN_METRICS_BOUNDS + 1) {
        return ""; /* a server of another version, with other ranges */
    }
    memcpy(row.latency, stats->latency_counts, sizeof row.latency);
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_us(text, cvn_metrics_quantile_us(&row, q));
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_p50(struct cvn_cli *cli, const void *message)
{
    return quantile(cli, message, 0.5);
}

static const char *see_p90(struct cvn_cli *cli, const void *message)
{
    return quantile(cli, message, 0.9);
}

static const char *see_p99(struct cvn_cli *cli, const void *message)
{
    return quantile(cli, message, 0.99);
}

static const char *bytes(struct cvn_cli *cli, uint64_t n)
{
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_bytes(text, n);
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_bytes_in(struct cvn_cli *cli, const void *message)
{
    return bytes(cli, ((const Convene__Admin__V1__MethodStats *)message)->bytes_in);
}

static const char *see_bytes_out(struct cvn_cli *cli, const void *message)
{
    return bytes(cli, ((const Convene__Admin__V1__MethodStats *)message)->bytes_out);
}

static const struct cvn_view_column columns[] = {
    {{"Method", false, true}, see_method},
    {{"Calls", true, false}, see_calls},
    {{"In flight", true, false}, see_in_flight},
    {{"Failed", true, false}, see_failed},
    {{"p50", true, false}, see_p50},
    {{"p90", true, false}, see_p90},
    {{"p99", true, false}, see_p99},
    {{"In", true, false}, see_bytes_in},
    {{"Out", true, false}, see_bytes_out},
    {{"Failures", false, true}, see_codes},
    {{NULL, false, false}, NULL},
};

static uint64_t less(uint64_t later, uint64_t earlier)
{
    return later >= earlier ? later - earlier : later;
}

/* 0, or -1 when the arena is spent. */
static int subtract_codes(struct cvn_arena *arena, const Convene__Admin__V1__MethodStats *earlier,
                          Convene__Admin__V1__MethodStats *stats)
{
    Convene__Admin__V1__CodeCount **codes =
        cvn_arena_alloc_array(arena, stats->n_codes, sizeof *codes);
    Convene__Admin__V1__CodeCount *counts =
        cvn_arena_alloc_array(arena, stats->n_codes, sizeof *counts);
    if (!codes || !counts) {
        return -1;
    }
    for (size_t i = 0; i < stats->n_codes; i++) {
        counts[i] = *stats->codes[i];
        counts[i].calls = less(counts[i].calls, calls_with(earlier, counts[i].code));
        codes[i] = &counts[i];
    }
    stats->codes = codes;
    return 0;
}

static int subtract_latency(struct cvn_arena *arena, const Convene__Admin__V1__MethodStats *earlier,
                            Convene__Admin__V1__MethodStats *stats)
{
    uint64_t *counts = cvn_arena_alloc_array(arena, stats->n_latency_counts, sizeof *counts);
    if (!counts) {
        return -1;
    }
    for (size_t i = 0; i < stats->n_latency_counts; i++) {
        counts[i] = i < earlier->n_latency_counts
                        ? less(stats->latency_counts[i], earlier->latency_counts[i])
                        : stats->latency_counts[i];
    }
    stats->latency_counts = counts;
    return 0;
}

Convene__Admin__V1__MethodStats *cvn_stats_between(struct cvn_arena *arena,
                                                   const Convene__Admin__V1__MethodStats *earlier,
                                                   const Convene__Admin__V1__MethodStats *later)
{
    Convene__Admin__V1__MethodStats *stats = cvn_arena_alloc(arena, sizeof *stats);
    if (!stats) {
        return NULL;
    }
    *stats = *later;
    if (!earlier || earlier->started > later->started) {
        return stats;
    }
    stats->started = less(later->started, earlier->started);
    stats->bytes_in = less(later->bytes_in, earlier->bytes_in);
    stats->bytes_out = less(later->bytes_out, earlier->bytes_out);
    stats->latency_sum_us = less(later->latency_sum_us, earlier->latency_sum_us);
    if (subtract_codes(arena, earlier, stats) || subtract_latency(arena, earlier, stats)) {
        return NULL;
    }
    return stats;
}

static const Convene__Admin__V1__MethodStats *find(const Convene__Admin__V1__Stats *stats,
                                                   const char *method)
{
    for (size_t i = 0; stats && i < stats->n_methods; i++) {
        if (strcmp(stats->methods[i]->method, method) == 0) {
            return stats->methods[i];
        }
    }
    return NULL;
}

/* Prints the methods that were called, or all with --all. */
static enum cvn_exit print(struct cvn_cli *cli, const Convene__Admin__V1__Stats *earlier,
                           const Convene__Admin__V1__Stats *later)
{
    ProtobufCMessage **rows = cvn_arena_alloc_array(&cli->arena, later->n_methods, sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; rows && i < later->n_methods; i++) {
        const Convene__Admin__V1__MethodStats *method = later->methods[i];
        Convene__Admin__V1__MethodStats *shown =
            cvn_stats_between(&cli->arena, find(earlier, method->method), method);
        if (!shown) {
            return cvn_cli_no_memory(cli);
        }
        bool idle = ended_calls(shown) == 0 && shown->in_flight == 0;
        if (!idle || cvn_args_has(&cli->args, "all")) {
            rows[n++] = &shown->base;
        }
    }
    return rows ? cvn_view_rows(cli, columns, rows, n) : cvn_cli_no_memory(cli);
}

static enum cvn_exit get(struct cvn_cli *cli, Convene__Admin__V1__Stats **ret)
{
    Convene__Admin__V1__GetStatsRequest request = CONVENE__ADMIN__V1__GET_STATS_REQUEST__INIT;
    const char *service = cvn_args_word(&cli->args, 0);
    if (service) {
        request.service = cvn_arena_strdup(&cli->arena, service);
    }
    return cvn_call(cli, SERVICE "GetStats", &request, ret);
}

/* Prints what happens in each interval, a number of times or until interrupted. */
static enum cvn_exit follow(struct cvn_cli *cli, int64_t interval_ms, int64_t times)
{
    enum cvn_exit code;
    CVN_REPLY_AUTO Convene__Admin__V1__Stats *earlier = NULL;
    code = get(cli, &earlier);
    for (int64_t i = 0; code == CVN_EXIT_DONE && i < times; i++) {
        const struct timespec pause = {interval_ms / 1000, interval_ms % 1000 * 1000000};
        (void)nanosleep(&pause, NULL);
        CVN_REPLY_AUTO Convene__Admin__V1__Stats *later = NULL;
        code = get(cli, &later);
        if (code) {
            break;
        }
        if (cli->out_terminal) {
            (void)fputs("\033[H\033[2J", stdout);
        }
        code = print(cli, earlier, later);
        (void)fflush(stdout);
        convene_message_free(&earlier->base);
        earlier = later;
        later = NULL;
        cvn_arena_reset(&cli->arena);
    }
    return code;
}

const struct cvn_option cvn_stats_options[] = {
    {"all", 'a', NULL, "methods that were not called, too", NULL},
    {"watch", 'w', "SECONDS", "show what happens every so many seconds, until interrupted", NULL},
    {"times", 0, "N", "with --watch: stop after so many", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

enum cvn_exit cvn_stats_run(struct cvn_cli *cli)
{
    const char *watch = cvn_args_get(&cli->args, "watch");
    const char *times = cvn_args_get(&cli->args, "times");
    int64_t interval_ms = 0;
    int64_t n = TIMES_MAX;
    struct cvn_error err;
    if (watch && cvn_value_span_ms(&interval_ms, watch, &err)) {
        return cvn_cli_misuse(cli, "--watch %s.", err.text);
    }
    if (times && cvn_value_int(&n, times, 1, TIMES_MAX, &err)) {
        return cvn_cli_misuse(cli, "--times %s.", err.text);
    }
    if (times && !watch) {
        return cvn_cli_misuse(cli, "--times needs --watch.");
    }
    if (watch) {
        return follow(cli, interval_ms, n);
    }
    CVN_REPLY_AUTO Convene__Admin__V1__Stats *stats = NULL;
    enum cvn_exit code = get(cli, &stats);
    if (code) {
        return code;
    }
    if (cli->format == CVN_FORMAT_JSON) {
        return cvn_view_one(cli, columns, stats);
    }
    return print(cli, NULL, stats);
}

enum cvn_exit cvn_metrics_run(struct cvn_cli *cli)
{
    Convene__Admin__V1__GetMetricsRequest request = CONVENE__ADMIN__V1__GET_METRICS_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Admin__V1__Metrics *metrics = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetMetrics", &request, &metrics);
    if (code == CVN_EXIT_DONE) {
        (void)fputs(metrics->text, stdout);
    }
    return code;
}
