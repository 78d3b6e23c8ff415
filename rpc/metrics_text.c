#include "rpc/metrics_text.h"

#include <errno.h>
#include <inttypes.h>

/* As go-grpc-prometheus writes them; "Canceled" is its spelling. */
static const char *const code_names[CVN_METRICS_CODES] = {
    "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated",
};

static void write_head(FILE *out, const char *name, const char *type, const char *help)
{
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            (void)fputc('\\', out);
        if (*text == '\n')
            (void)fputs("\\n", out);
        else
            (void)fputc(*text, out);
    }
}

static const char *type_of(const struct cvn_metrics_row *row)
{
    if (row->client_streaming)
        return row->server_streaming ? "bidi_stream" : "client_stream";
    return row->server_streaming ? "server_stream" : "unary";
}

/* Writes name{labels without a closing brace: further ones may follow. */
static void write_name(FILE *out, const char *name, const struct cvn_metrics_row *row)
{
    (void)fprintf(out, "%s{grpc_type=\"%s\",grpc_service=\"", name, type_of(row));
    write_escaped(out, row->service);
    (void)fputs("\",grpc_method=\"", out);
    write_escaped(out, row->method);
    (void)fputc('"', out);
}

/* Seconds with no zeros at the end; by hand, because printf's %g writes a comma in some locales. */
static void write_seconds(FILE *out, uint64_t us)
{
    uint64_t part = us % 1000000;
    int digits = 6;
    (void)fprintf(out, "%" PRIu64, us / 1000000);
    while (digits > 0 && part % 10 == 0) {
        part /= 10;
        digits--;
    }
    if (digits > 0)
        (void)fprintf(out, ".%0*" PRIu64, digits, part);
}

static void write_value(FILE *out, const char *name, const struct cvn_metrics_row *row,
                        uint64_t value)
{
    write_name(out, name, row);
    (void)fprintf(out, "} %" PRIu64 "\n", value);
}

static void write_handled(FILE *out, const struct cvn_metrics_row *row)
{
    for (size_t code = 0; code < CVN_METRICS_CODES; code++) {
        if (code != CVN_OK && row->handled[code] == 0)
            continue;
        write_name(out, "grpc_server_handled_total", row);
        (void)fprintf(out, ",grpc_code=\"%s\"} %" PRIu64 "\n", code_names[code],
                      row->handled[code]);
    }
}

static void write_latency(FILE *out, const struct cvn_metrics_row *row)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= CVN_METRICS_BOUNDS; i++) {
        n += row->latency[i];
        write_name(out, "grpc_server_handling_seconds_bucket", row);
        (void)fputs(",le=\"", out);
        if (i < CVN_METRICS_BOUNDS)
            write_seconds(out, (uint64_t)cvn_metrics_bounds_us[i]);
        else
            (void)fputs("+Inf", out);
        (void)fprintf(out, "\"} %" PRIu64 "\n", n);
    }
    write_name(out, "grpc_server_handling_seconds_sum", row);
    (void)fputs("} ", out);
    write_seconds(out, row->latency_sum_us);
    (void)fputc('\n', out);
    write_value(out, "grpc_server_handling_seconds_count", row, n);
}

int cvn_metrics_write_text(FILE *out, const struct cvn_metrics_row *rows, size_t n)
{
    write_head(out, "grpc_server_started_total", "counter", "RPCs started on the server.");
    for (size_t i = 0; i < n; i++)
        write_value(out, "grpc_server_started_total", &rows[i], rows[i].started);
    write_head(out, "grpc_server_handled_total", "counter",
               "RPCs completed on the server, regardless of success or failure.");
    for (size_t i = 0; i < n; i++)
        write_handled(out, &rows[i]);
    write_head(out, "grpc_server_handling_seconds", "histogram",
               "Seconds from the arrival of an RPC to its end.");
    for (size_t i = 0; i < n; i++)
        write_latency(out, &rows[i]);
    write_head(out, "grpc_server_in_flight", "gauge", "RPCs started and not completed.");
    for (size_t i = 0; i < n; i++)
        write_value(out, "grpc_server_in_flight", &rows[i], rows[i].in_flight);
    write_head(out, "grpc_server_received_bytes_total", "counter",
               "Bytes of the messages received.");
    for (size_t i = 0; i < n; i++)
        write_value(out, "grpc_server_received_bytes_total", &rows[i], rows[i].bytes_in);
    write_head(out, "grpc_server_sent_bytes_total", "counter", "Bytes of the messages sent.");
    for (size_t i = 0; i < n; i++)
        write_value(out, "grpc_server_sent_bytes_total", &rows[i], rows[i].bytes_out);
    return ferror(out) ? -EIO : 0;
}
