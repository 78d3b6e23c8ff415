#include "services/mentoring/person_rows.h"

#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <string.h>

int cvn_person_named(struct cvn_ctx *ctx, const char *text, struct cvn_id *ret)
{
    bool own = !text[0] || strcmp(text, "me") == 0;
    if (own && ctx->who.kind == CVN_PRINCIPAL_PERSON) {
        *ret = ctx->who.person;
        return 0;
    }
    if (own) {
        cvn_problems_add(&ctx->problems, "person_id",
                         "is empty or \"me\", and who calls is no person; an id like per_… is "
                         "right");
        return cvn_ctx_refuse_problems(ctx);
    }
    if (!cvn_ctx_read_id(ctx, "person_id", CVN_MENTORING_PERSON_PREFIX, text, ret))
        return cvn_ctx_refuse_problems(ctx);
    return ctx->who.kind == CVN_PRINCIPAL_ADMIN || cvn_caller_is(ctx, ret)
               ? 0
               : cvn_ctx_refuse_access(ctx, "do this for other people");
}

int cvn_person_programs(struct cvn_ctx *ctx, struct cvn_key *from,
                        struct cvn_id ids[CVN_PERSON_PROGRAMS_LOOKED_AT], size_t *n)
{
    struct cvn_key space, hi;
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor = {0};
    cvn_key_begin(&space, CVN_SPACE_PROGRAMS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&space));
    *n = 0;
    int r =
        cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(from), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && *n < CVN_PERSON_PROGRAMS_LOOKED_AT &&
           (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, key);
        (void)cvn_key_get_u8(&reader);
        ids[(*n)++] = cvn_key_get_id(&reader);
    }
    if (*n > 0) {
        cvn_program_key(from, &ids[*n - 1]);
        cvn_key_put_u8(from, 0);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Those that are open, or those that are not, from the id on. */
static int read_side(struct cvn_ctx *ctx, const struct cvn_id *person, bool open,
                     const struct cvn_id *from, struct cvn_id *ids, size_t *n)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, person);
    cvn_key_put_u8(&lo, open);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    cvn_key_put_id(&lo, from);
    *n = 0;
    int r = cvn_index_cursor_init(
        &cursor, ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_PERSON],
        (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)}, CVN_FORWARD);
    while (r == 0 && *n < CVN_PERSON_MENTORSHIPS_LOOKED_AT &&
           (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        ids[(*n)++] = cvn_key_get_id(&reader);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* The id that comes next in order. */
static void step_behind(struct cvn_id *id)
{
    for (size_t i = CVN_ID_BYTES; i-- > 0 && ++id->bytes[i] == 0;)
        ;
}

int cvn_person_mentorships(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_id *from,
                           struct cvn_id ids[CVN_PERSON_MENTORSHIPS_LOOKED_AT], size_t *n)
{
    struct cvn_id sides[2][CVN_PERSON_MENTORSHIPS_LOOKED_AT];
    size_t n_side[2], at[2] = {0, 0};
    int r = read_side(ctx, person, false, from, sides[0], &n_side[0]);
    if (r == 0)
        r = read_side(ctx, person, true, from, sides[1], &n_side[1]);
    *n = 0;
    while (r == 0 && *n < CVN_PERSON_MENTORSHIPS_LOOKED_AT &&
           (at[0] < n_side[0] || at[1] < n_side[1])) {
        int side = at[0] == n_side[0] ||
                   (at[1] < n_side[1] &&
                    memcmp(&sides[1][at[1]], &sides[0][at[0]], sizeof(struct cvn_id)) < 0);
        ids[(*n)++] = sides[side][at[side]++];
    }
    if (*n > 0) {
        *from = ids[*n - 1];
        step_behind(from);
    }
    return r;
}

Convene__Mentoring__V1__Role cvn_person_role_in(const char *person_id,
                                                const Convene__Mentoring__V1__Mentorship *row)
{
    return strcmp(row->mentor_id, person_id) == 0 ? CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
                                                  : CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE;
}
