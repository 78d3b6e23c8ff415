/*
 * How a call ended: gRPC's status codes (https://grpc.io/docs/guides/status-codes/), a sentence for
 * people and google.rpc details for programs.
 */
#ifndef CVN_RPC_STATUS_H
#define CVN_RPC_STATUS_H

#include "base/arena.h"
#include "base/problems.h"

#include <stddef.h>
#include <stdint.h>

enum cvn_code {
    CVN_OK = 0,
    CVN_CANCELLED = 1,
    CVN_UNKNOWN = 2,
    CVN_INVALID_ARGUMENT = 3,
    CVN_DEADLINE_EXCEEDED = 4,
    CVN_NOT_FOUND = 5,
    CVN_ALREADY_EXISTS = 6,
    CVN_PERMISSION_DENIED = 7,
    CVN_RESOURCE_EXHAUSTED = 8,
    CVN_FAILED_PRECONDITION = 9,
    CVN_ABORTED = 10,
    CVN_OUT_OF_RANGE = 11,
    CVN_UNIMPLEMENTED = 12,
    CVN_INTERNAL = 13,
    CVN_UNAVAILABLE = 14,
    CVN_DATA_LOSS = 15,
    CVN_UNAUTHENTICATED = 16,
};

enum {
    CVN_STATUS_DETAILS_MAX = 4,          /* of one status */
    CVN_STATUS_MESSAGE_BYTES_MAX = 4096, /* a longer sentence is cut when it is sent */
};

/* One packed message of google/rpc/error_details.proto. */
struct cvn_status_detail {
    const char *type; /* full name, as in "google.rpc.BadRequest" */
    struct cvn_slice bytes;
};

/* Embedded by value; texts and details live in the arena of whoever filled it. Zeroed is OK. */
struct cvn_status {
    enum cvn_code code;
    const char *message; /* NULL where there is none */
    struct cvn_status_detail details[CVN_STATUS_DETAILS_MAX];
    size_t n_details;
};

/* The code's name, as in "NOT_FOUND"; "UNKNOWN" for a number that is none. */
const char *cvn_code_name(enum cvn_code code);

/* The code of a number from the wire; CVN_UNKNOWN for one that is none, as gRPC does. */
enum cvn_code cvn_code_of_number(int64_t number);

/* Sets code and a formatted sentence and drops the details. Returns status. */
struct cvn_status *cvn_status_set(struct cvn_status *status, struct cvn_arena *arena,
                                  enum cvn_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* INVALID_ARGUMENT with the problems' sentence and one BadRequest violation for each. */
void cvn_status_from_problems(struct cvn_status *status, struct cvn_arena *arena,
                              const struct cvn_problems *problems);

/* Adds ErrorInfo{reason, domain "convene"}. Dropped when details or arena are full. */
void cvn_status_add_error_info(struct cvn_status *status, struct cvn_arena *arena,
                               const char *reason);

/* Adds RetryInfo with the delay. Dropped when details or arena are full. */
void cvn_status_add_retry_info(struct cvn_status *status, struct cvn_arena *arena,
                               int64_t delay_ms);

/* Adds PreconditionFailure with one violation. Dropped when details or arena are full. */
void cvn_status_add_precondition(struct cvn_status *status, struct cvn_arena *arena,
                                 const struct cvn_problem *violation, const char *subject);

/* Copies the status with its texts and details into another arena. 0 or -ENOMEM. */
int cvn_status_copy(struct cvn_status *to, struct cvn_arena *arena, const struct cvn_status *from);

/* The status as packed google.rpc.Status in the arena. 0 or -ENOMEM. */
int cvn_status_pack(const struct cvn_status *status, struct cvn_arena *arena,
                    struct cvn_slice *ret);

/* Reads a packed google.rpc.Status; 0, -EBADMSG, or -ENOMEM. Details past the limit are dropped. */
int cvn_status_unpack(struct cvn_status *ret, struct cvn_arena *arena, struct cvn_slice bytes);

/*
 * Reads the BadRequest violations back into problems (init it with the arena first). The number
 * there were; 0 where there is no such detail.
 */
size_t cvn_status_problems(const struct cvn_status *status, struct cvn_problems *ret);

/* The reason of the ErrorInfo detail, in the arena; NULL where there is none. */
const char *cvn_status_reason(const struct cvn_status *status, struct cvn_arena *arena);

/* The RetryInfo detail's delay in milliseconds; -1 where there is none, or one that is no Duration
 * from 0 on. */
int64_t cvn_status_retry_delay_ms(const struct cvn_status *status, struct cvn_arena *arena);

#endif
