/* Filling the public status from what a call ended with. */
#ifndef CVN_CLIENT_LIB_STATUS_H
#define CVN_CLIENT_LIB_STATUS_H

#include "convene/convene.h"
#include "google/rpc/status.pb-c.h"

/*
 * Makes status say code and the sentence, which is copied; what it said before is freed. NULL is
 * accepted. Returns code, so that a function can end with it. Without memory the code remains.
 */
int cvn_status_set_sentence(struct convene_status *status, enum convene_code code,
                            const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same from google.rpc.Status, with its BadRequest, ErrorInfo and RetryInfo. */
int cvn_status_set_details(struct convene_status *status, const Google__Rpc__Status *from);

/* Makes it say success. */
void cvn_status_set_ok(struct convene_status *status);

#endif
