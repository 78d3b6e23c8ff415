#include "services/mentoring/pair_rule_table.h"

#include "services/mentoring/tables.h"

#include <errno.h>

void cvn_pair_rule_key(struct cvn_key *key, const struct cvn_id *program,
                       const struct cvn_match_pair_ids *pair)
{
    cvn_key_begin(key, CVN_SPACE_PAIR_RULES);
    cvn_key_put_id(key, program);
    cvn_key_put_id(key, &pair->mentee_id);
    cvn_key_put_id(key, &pair->mentor_id);
}

int cvn_pair_rule_get(struct cvn_ctx *ctx, const struct cvn_id *program,
                      const struct cvn_match_pair_ids *pair, Convene__Mentoring__V1__PairRule **ret)
{
    struct cvn_key key;
    cvn_pair_rule_key(&key, program, pair);
    return cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__pair_rule__descriptor, ret);
}

static int read_rule(struct cvn_ctx *ctx, struct cvn_slice key, struct cvn_slice value,
                     struct cvn_pair_rule *ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    ret->pair.mentee_id = cvn_key_get_id(&reader);
    ret->pair.mentor_id = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    return cvn_ctx_unpack(ctx, &convene__mentoring__v1__pair_rule__descriptor, value, &ret->row);
}

/* Of one mentee, or of all when that is NULL. */
static int walk(struct cvn_cursor *cursor, struct cvn_ctx *ctx, const struct cvn_id *program,
                const struct cvn_id *mentee)
{
    struct cvn_key lo, hi;
    cvn_key_begin(&lo, CVN_SPACE_PAIR_RULES);
    cvn_key_put_id(&lo, program);
    if (mentee)
        cvn_key_put_id(&lo, mentee);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_pair_rules_count(struct cvn_ctx *ctx, const struct cvn_id *program, size_t *ret_n)
{
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor;
    int r = walk(&cursor, ctx, program, NULL);
    for (*ret_n = 0; r == 0 && *ret_n < CVN_PAIR_RULES_MAX; *ret_n += r == 0)
        r = cvn_cursor_next(&cursor, &key, NULL);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int read_rules(struct cvn_ctx *ctx, const struct cvn_id *program,
                      const struct cvn_id *mentee, struct cvn_pair_rule **ret, size_t *ret_n)
{
    struct cvn_pair_rule *rules = NULL;
    struct cvn_slice key, value;
    size_t n = 0, max = 0;
    CVN_CURSOR_AUTO cursor;
    int r = walk(&cursor, ctx, program, mentee);
    while (r == 0 && n < CVN_PAIR_RULES_MAX && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (n == max) {
            size_t more = max ? 2 * max : 16;
            struct cvn_pair_rule *grown = cvn_arena_alloc_array(ctx->arena, more, sizeof *grown);
            if (!grown)
                return -ENOMEM;
            for (size_t i = 0; i < n; i++)
                grown[i] = rules[i];
            rules = grown;
            max = more;
        }
        r = read_rule(ctx, key, value, &rules[n++]);
    }
    *ret = rules;
    *ret_n = n;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_pair_rules_of_mentee(struct cvn_ctx *ctx, const struct cvn_id *program,
                             const struct cvn_id *mentee, struct cvn_pair_rule **ret, size_t *ret_n)
{
    return read_rules(ctx, program, mentee, ret, ret_n);
}

int cvn_pair_rules_all(struct cvn_ctx *ctx, const struct cvn_id *program,
                       struct cvn_pair_rule **ret, size_t *ret_n)
{
    return read_rules(ctx, program, NULL, ret, ret_n);
}
