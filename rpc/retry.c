#include "rpc/retry.h"

#include <stdlib.h>

enum { PERMILLE = 1000 };

void cvn_retry_throttle_init(struct cvn_retry_throttle *throttle,
                             const struct cvn_retry_policy *policy)
{
    throttle->max_permille = throttle->permille = (int64_t)policy->max_tokens * PERMILLE;
    throttle->token_permille = policy->token_permille;
}

static bool is_retryable(const struct cvn_retry_policy *policy, enum cvn_code code)
{
    return code != CVN_OK && (policy->codes | policy->told_codes) & CVN_RETRY_CODE(code);
}

void cvn_retry_throttle_note(struct cvn_retry_throttle *throttle,
                             const struct cvn_retry_policy *policy, enum cvn_code code)
{
    if (is_retryable(policy, code))
        throttle->permille -= PERMILLE;
    else if (code == CVN_OK)
        throttle->permille += throttle->token_permille;
    if (throttle->permille < 0)
        throttle->permille = 0;
    if (throttle->permille > throttle->max_permille)
        throttle->permille = throttle->max_permille;
}

/* What the server asks for: a delay, -1 for no further attempt, -2 when it does not say. */
static int64_t read_pushback(const struct cvn_metadata *trailing)
{
    const char *text = trailing ? cvn_metadata_get(trailing, CVN_RETRY_METADATA_PUSHBACK) : NULL;
    if (!text)
        return -2;
    char *end;
    long ms = strtol(text, &end, 10);
    return *text && !*end && ms >= 0 && ms <= CVN_RETRY_MAX_BACKOFF_MS_DEFAULT ? ms : -1;
}

static int64_t or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

static int64_t backoff_ms(const struct cvn_retry_policy *policy, unsigned n_attempts)
{
    int64_t max_ms = or_default(policy->max_backoff_ms, CVN_RETRY_MAX_BACKOFF_MS_DEFAULT);
    int64_t percent = or_default(policy->multiplier_percent, CVN_RETRY_MULTIPLIER_PERCENT_DEFAULT);
    int64_t ms = or_default(policy->initial_backoff_ms, CVN_RETRY_INITIAL_BACKOFF_MS_DEFAULT);
    for (unsigned i = 1; i < n_attempts && ms < max_ms; i++)
        ms = ms * percent / 100;
    return ms < max_ms ? ms : max_ms;
}

/* 0 to max_ms. */
static int64_t jitter_ms(int64_t max_ms, uint32_t random)
{
    return (int64_t)(random % (uint64_t)(max_ms + 1));
}

int64_t cvn_retry_delay_ms(const struct cvn_retry_policy *policy,
                           const struct cvn_retry_throttle *throttle,
                           const struct cvn_retry_question *question)
{
    unsigned max_attempts = policy->max_attempts < CVN_RETRY_ATTEMPTS_MAX ? policy->max_attempts
                                                                          : CVN_RETRY_ATTEMPTS_MAX;
    if (question->n_attempts >= max_attempts || !is_retryable(policy, question->code))
        return -1;
    if (throttle->max_permille > 0 && throttle->permille <= throttle->max_permille / 2)
        return -1;
    int64_t asked_ms = read_pushback(question->trailing);
    if (asked_ms != -2)
        return asked_ms;
    int64_t advised_ms = question->advised_ms;
    if (advised_ms > CVN_RETRY_MAX_BACKOFF_MS_DEFAULT)
        return -1;
    if (advised_ms > 0)
        return advised_ms +
               jitter_ms(advised_ms * CVN_RETRY_JITTER_PERCENT / 100, question->random);
    if (!(policy->codes & CVN_RETRY_CODE(question->code)))
        return -1;
    int64_t ms = backoff_ms(policy, question->n_attempts);
    int64_t spread = ms * CVN_RETRY_JITTER_PERCENT / 100;
    return ms - spread + jitter_ms(2 * spread, question->random);
}
