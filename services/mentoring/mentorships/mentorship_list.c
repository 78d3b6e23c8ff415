#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, SCAN_MAX = 20000 };

int cvn_mentorship_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListMentorshipsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    if (req->state && !protobuf_c_enum_descriptor_get_value(
                          &convene__mentoring__v1__mentorship_state__descriptor, (int)req->state))
        cvn_problems_add(&ctx->problems, "state", "is %d; one of MentorshipState is right",
                         (int)req->state);
    return cvn_ctx_refuse_problems(ctx);
}

/* Where the list is walked: a programme's, or a person's with the open ones first. */
struct place {
    enum { OF_PROGRAM = CVN_MENTORSHIP_BY_PROGRAM, OF_PERSON = CVN_MENTORSHIP_BY_PERSON } index;
    struct cvn_key prefix;
};

/* Whose mentorships are asked for, if the caller may see them. */
static int find_place(struct cvn_ctx *ctx,
                      const Convene__Mentoring__V1__ListMentorshipsRequest *req, struct place *ret)
{
    struct cvn_id program, person = ctx->who.person;
    Convene__Mentoring__V1__Program *row;
    int r = 0;
    cvn_key_init(&ret->prefix);
    if (req->program_id[0])
        r = cvn_program_find(ctx, "program_id", req->program_id, &program, &row);
    if (r == 0 && req->program_id[0])
        r = cvn_program_require_manager(ctx, row, "see the mentorships of this programme");
    if (r == 0 && req->person_id[0] &&
        !cvn_ctx_read_id(ctx, "person_id", CVN_MENTORING_PERSON_PREFIX, req->person_id, &person))
        r = cvn_ctx_refuse_problems(ctx);
    if (r)
        return r;
    if (req->program_id[0] && !req->person_id[0]) {
        ret->index = OF_PROGRAM;
        cvn_key_put_id(&ret->prefix, &program);
        return 0;
    }
    bool own = cvn_caller_is(ctx, &person);
    if (!req->program_id[0] && !own && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "see other people's mentorships");
    if (!req->program_id[0] && !own && !req->person_id[0]) {
        cvn_problems_add(&ctx->problems, "program_id",
                         "is empty, and you are nobody's mentor or mentee; name a programme");
        return cvn_ctx_refuse_problems(ctx);
    }
    ret->index = OF_PERSON;
    cvn_key_put_id(&ret->prefix, &person);
    return 0;
}

static bool is_wanted(const Convene__Mentoring__V1__ListMentorshipsRequest *req,
                      const Convene__Mentoring__V1__Mentorship *row)
{
    return (!req->state || row->state == req->state) &&
           (!req->program_id[0] || strcmp(row->program_id, req->program_id) == 0);
}

/* Adds the programme's name to the row that is last of those so far, mostly as the one before has
 * it. */
static int name_program(struct cvn_ctx *ctx, Convene__Mentoring__V1__Mentorship **rows, size_t n)
{
    Convene__Mentoring__V1__Mentorship *row = rows[n - 1];
    Convene__Mentoring__V1__Program *program;
    struct cvn_id id;
    struct cvn_key key;
    if (n > 1 && strcmp(rows[n - 2]->program_id, row->program_id) == 0) {
        row->program_name = rows[n - 2]->program_name;
        return 0;
    }
    if (!cvn_id_parse(&id, CVN_PROGRAM_PREFIX, row->program_id))
        return -EUCLEAN;
    cvn_program_key(&key, &id);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__program__descriptor, &program);
    if (r == 0)
        row->program_name = program->name;
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

static int fill(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListMentorshipsRequest *req,
                struct cvn_index_cursor *cursor, size_t page_size,
                Convene__Mentoring__V1__ListMentorshipsResponse *response)
{
    struct cvn_index_entry entry;
    struct cvn_key last;
    int r = 0;
    cvn_key_init(&last);
    for (size_t n_seen = 0; (r = cvn_index_cursor_next(cursor, &entry)) == 0; n_seen++) {
        Convene__Mentoring__V1__Mentorship *row;
        struct cvn_id id;
        if (response->n_mentorships == page_size || n_seen == SCAN_MAX) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
            return response->next_page_token ? 0 : -ENOMEM;
        }
        cvn_key_init(&last);
        cvn_key_put_raw(&last, entry.key);
        r = cvn_mentorship_of_entry(ctx, &entry, &id, &row);
        if (r)
            return r;
        if (!is_wanted(req, row))
            continue;
        response->mentorships[response->n_mentorships++] = row;
        r = name_program(ctx, response->mentorships, response->n_mentorships);
        if (r)
            return r;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_mentorship_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListMentorshipsRequest *req = request;
    Convene__Mentoring__V1__ListMentorshipsResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct place place;
    struct cvn_slice after;
    struct cvn_key hi;
    int r = find_place(ctx, req, &place);
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->mentorships =
        cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->mentorships);
    if (!response->mentorships)
        return -ENOMEM;
    cvn_key_prefix_end(&hi, cvn_key_slice(&place.prefix));
    /* Newest first: the upper bound is the last key shown. */
    struct cvn_slice upper = after.len > 0 ? after : cvn_key_slice(&hi);
    CVN_INDEX_CURSOR_AUTO cursor;
    r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_mentorship_indexes[place.index],
                              (struct cvn_slice[2]){cvn_key_slice(&place.prefix), upper},
                              CVN_BACKWARD);
    return r ? r : fill(ctx, req, &cursor, page_size, response);
}
