/*
 * Metrics as Prometheus reads them: text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), with the names and labels of
 * go-grpc-prometheus, so that what exists for it works here.
 */
#ifndef CVN_RPC_METRICS_TEXT_H
#define CVN_RPC_METRICS_TEXT_H

#include "rpc/metrics.h"

#include <stdio.h>

/* The Content-Type that goes with the text over HTTP. */
#define CVN_METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Writes the rows: grpc_server_started_total, grpc_server_handled_total by grpc_code,
 * grpc_server_handling_seconds (a histogram), and, which others do not have, grpc_server_in_flight,
 * grpc_server_received_bytes_total and grpc_server_sent_bytes_total. Of a row's codes OK is always
 * there, others once they occurred. 0 or -EIO.
 */
int cvn_metrics_write_text(FILE *out, const struct cvn_metrics_row *rows, size_t n);

#endif
