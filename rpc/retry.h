/*
 * When a failed call is tried again: gRPC's retry policy, throttling and server push-back
 * (https://github.com/grpc/proposal/blob/master/A6-client-retries.md). Pure.
 */
#ifndef CVN_RPC_RETRY_H
#define CVN_RPC_RETRY_H

#include "rpc/metadata.h"
#include "rpc/status.h"

enum {
    CVN_RETRY_ATTEMPTS_MAX = 5, /* the first one included; a policy that asks for more gets this */
    CVN_RETRY_INITIAL_BACKOFF_MS_DEFAULT = 1000,
    CVN_RETRY_MAX_BACKOFF_MS_DEFAULT = 120000,
    CVN_RETRY_MULTIPLIER_PERCENT_DEFAULT = 160,
    CVN_RETRY_JITTER_PERCENT = 20,
};

#define CVN_RETRY_METADATA_ATTEMPTS "grpc-previous-rpc-attempts"
#define CVN_RETRY_METADATA_PUSHBACK "grpc-retry-pushback-ms"

/* Zeroed: no retries. */
struct cvn_retry_policy {
    unsigned max_attempts;   /* the first one included */
    int initial_backoff_ms;  /* 0 for the default */
    int max_backoff_ms;      /* 0 for the default */
    int multiplier_percent;  /* 0 for the default */
    uint32_t codes;          /* bit n: retry when the code is n, as CVN_RETRY_CODE makes it */
    uint32_t told_codes;     /* the same, but only when the server says when to come back */
    unsigned max_tokens;     /* throttling: at most so many; 0: no throttling */
    unsigned token_permille; /* what a success gives back, in thousandths of a token */
};

#define CVN_RETRY_CODE(code) (UINT32_C(1) << (code))

/* Throttling of one channel: retries stop while no more than half of the tokens are left. */
struct cvn_retry_throttle {
    int64_t max_permille, permille;
    unsigned token_permille;
};

void cvn_retry_throttle_init(struct cvn_retry_throttle *throttle,
                             const struct cvn_retry_policy *policy);

/* Notes how an attempt of a call with the policy ended, which says what codes are failures. */
void cvn_retry_throttle_note(struct cvn_retry_throttle *throttle,
                             const struct cvn_retry_policy *policy, enum cvn_code code);

/* What to do after an attempt, the n_attempts'th. */
struct cvn_retry_question {
    enum cvn_code code;
    unsigned n_attempts;                 /* made so far, this one included */
    const struct cvn_metadata *trailing; /* NULL for none */
    int64_t advised_ms;                  /* of the status' RetryInfo; 0 or less for none */
    uint32_t random;                     /* for the jitter */
};

/*
 * The delay in milliseconds before the next attempt; -1 for none. What the server says counts:
 * its push-back as it stands; the advice of RetryInfo, which many are given at once, and a fifth
 * more at most.
 */
int64_t cvn_retry_delay_ms(const struct cvn_retry_policy *policy,
                           const struct cvn_retry_throttle *throttle,
                           const struct cvn_retry_question *question);

#endif
