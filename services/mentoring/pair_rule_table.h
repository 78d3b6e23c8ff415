/* Locked and forbidden pairs of a programme, as stored. */
#ifndef CVN_SERVICES_MENTORING_PAIR_RULE_TABLE_H
#define CVN_SERVICES_MENTORING_PAIR_RULE_TABLE_H

#include "convene/mentoring/v1/match.pb-c.h"
#include "matching/matching.h"
#include "services/runtime/ctx.h"

enum {
    CVN_PAIR_RULES_MAX = 10000, /* of one programme */
    CVN_PAIR_RULES_OF_RUN_MAX = 1000,
    CVN_PAIR_RULE_NOTE_BYTES_MAX = 200,
};

struct cvn_key;

struct cvn_pair_rule {
    struct cvn_match_pair_ids pair;
    Convene__Mentoring__V1__PairRule *row;
};

void cvn_pair_rule_key(struct cvn_key *key, const struct cvn_id *program,
                       const struct cvn_match_pair_ids *pair);

/* The rule about a pair. 0; CVN_STORE_ABSENT; a fault. */
int cvn_pair_rule_get(struct cvn_ctx *ctx, const struct cvn_id *program,
                      const struct cvn_match_pair_ids *pair,
                      Convene__Mentoring__V1__PairRule **ret);

/* How many rules a programme has. 0 or a fault. Time: the rules, unread. */
int cvn_pair_rules_count(struct cvn_ctx *ctx, const struct cvn_id *program, size_t *ret_n);

/* The rules about a mentee, by mentor, in the arena. 0 or a fault. */
int cvn_pair_rules_of_mentee(struct cvn_ctx *ctx, const struct cvn_id *program,
                             const struct cvn_id *mentee, struct cvn_pair_rule **ret,
                             size_t *ret_n);

/* All rules of a programme, by mentee and mentor, in the arena. 0 or a fault. */
int cvn_pair_rules_all(struct cvn_ctx *ctx, const struct cvn_id *program,
                       struct cvn_pair_rule **ret, size_t *ret_n);

#endif
