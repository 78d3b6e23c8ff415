/* The clock of deadlines. */
#ifndef CVN_RPC_CLOCK_H
#define CVN_RPC_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds and in microseconds. */
int64_t cvn_rpc_now_ms(void);
int64_t cvn_rpc_now_us(void);

#endif
