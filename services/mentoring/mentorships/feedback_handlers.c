#include "services/mentoring/change.h"
#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, SCAN_MAX = 20000 };

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

int cvn_feedback_check_give(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__GiveFeedbackRequest *req = request;
    if (!req->feedback) {
        cvn_problems_add(&ctx->problems, "feedback", "is missing");
        return cvn_ctx_refuse_problems(ctx);
    }
    if (req->feedback->rating < 1 || req->feedback->rating > CVN_FEEDBACK_RATING_MAX)
        cvn_problems_add(&ctx->problems, "feedback.rating",
                         "is %d; 1 (poor) to %d (very good) is right", req->feedback->rating,
                         CVN_FEEDBACK_RATING_MAX);
    cvn_mentorship_check_text(ctx, "feedback.text", req->feedback->text,
                              CVN_FEEDBACK_TEXT_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_feedback_give(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GiveFeedbackRequest *req = request;
    Convene__Mentoring__V1__Feedback *feedback = reply;
    struct cvn_mentorship_case c;
    struct cvn_key key;
    struct cvn_slice packed;
    Convene__Mentoring__V1__Role role;
    int r = cvn_mentorship_find(ctx, "feedback.mentorship_id", req->feedback->mentorship_id, &c);
    if (r == 0)
        r = cvn_mentorship_side(ctx, &c, "feedback.role", req->feedback->role, &role);
    if (r == 0 && !c.row->start_time)
        r = cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "MENTORSHIP_STATE", "%s",
                                 cvn_mentorship_refusal_text(CVN_MENTORSHIP_REFUSED_NOT_ACCEPTED));
    if (r)
        return r;
    *feedback = *req->feedback;
    feedback->base.n_unknown_fields = 0;
    feedback->mentorship_id = c.row->id;
    feedback->role = role;
    feedback->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!feedback->create_time)
        return -ENOMEM;
    cvn_feedback_key(&key, &c.id, role);
    r = cvn_ctx_pack(ctx, &feedback->base, &packed);
    if (r == 0)
        r = cvn_txn_put(ctx->txn, cvn_key_slice(&key), packed);
    return r ? r : cvn_mentoring_note_change(ctx, c.row->id, "mentorship.feedback");
}

int cvn_feedback_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListFeedbackRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

/* What both sides said of one mentorship. */
static int add_both(struct cvn_ctx *ctx, const struct cvn_index_entry *entry,
                    Convene__Mentoring__V1__ListFeedbackResponse *response)
{
    struct cvn_id id;
    struct cvn_key_reader reader;
    int r = 0;
    cvn_key_reader_init(&reader, entry->primary);
    (void)cvn_key_get_u8(&reader);
    id = cvn_key_get_id(&reader);
    for (int role = ROLE(MENTOR); r == 0 && role <= (int)ROLE(MENTEE); role++) {
        r = cvn_feedback_get(ctx, &id, (Convene__Mentoring__V1__Role)role,
                             &response->feedback[response->n_feedback]);
        response->n_feedback += r == 0;
        r = r == CVN_STORE_ABSENT ? 0 : r;
    }
    return r;
}

static int fill(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListFeedbackRequest *req,
                struct cvn_index_cursor *cursor, size_t page_size,
                Convene__Mentoring__V1__ListFeedbackResponse *response)
{
    struct cvn_index_entry entry;
    struct cvn_key last;
    int r = 0;
    cvn_key_init(&last);
    for (size_t n_seen = 0; (r = cvn_index_cursor_next(cursor, &entry)) == 0; n_seen++) {
        if (response->n_feedback >= page_size || n_seen == SCAN_MAX) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
            return response->next_page_token ? 0 : -ENOMEM;
        }
        cvn_key_init(&last);
        cvn_key_put_raw(&last, entry.key);
        r = add_both(ctx, &entry, response);
        if (r)
            return r;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_feedback_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListFeedbackRequest *req = request;
    Convene__Mentoring__V1__ListFeedbackResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id program;
    Convene__Mentoring__V1__Program *row;
    struct cvn_slice after;
    struct cvn_key lo, hi;
    int r = cvn_program_find(ctx, "program_id", req->program_id, &program, &row);
    if (r == 0)
        r = cvn_program_require_manager(ctx, row, "read what people say of their mentorships");
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    /* A mentorship's two come together, so a page may have one more. */
    response->feedback =
        cvn_arena_alloc_array(ctx->arena, page_size + 2, sizeof *response->feedback);
    if (!response->feedback)
        return -ENOMEM;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &program);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    struct cvn_slice upper = after.len > 0 ? after : cvn_key_slice(&hi);
    CVN_INDEX_CURSOR_AUTO cursor;
    r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_PROGRAM],
                              (struct cvn_slice[2]){cvn_key_slice(&lo), upper}, CVN_BACKWARD);
    return r ? r : fill(ctx, req, &cursor, page_size, response);
}
