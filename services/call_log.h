/* The server's call log: one line on standard error for each call, where it ends. */
#ifndef CVN_SERVICES_CALL_LOG_H
#define CVN_SERVICES_CALL_LOG_H

#include "rpc/server.h"

/*
 * Writes "TIME METHOD CODE DURATION principal=… request=…" in one piece; the end of an
 * interceptor. Never contents, never e-mail addresses.
 */
void cvn_call_log_write(void *user, const struct cvn_call_record *record, bool begun);

#endif
