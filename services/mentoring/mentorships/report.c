#include "base/text.h"
#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/report_groups.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A table that cannot grow is a lack of memory. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    SCAN_MAX = 200000, /* mentorships of one report */
    TOPICS_SHOWN_MAX = 200,
    TOPICS_MAX = 20000,
    ROW_BYTES = 1 << 20,
    SIDES = 2,
};

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

struct ratings {
    int32_t n;
    int32_t sum;
};

static int32_t hundredths(struct ratings r)
{
    return r.n ? (r.sum * 100 + r.n / 2) / r.n : 0;
}

/* A topic by its folded name. */
struct topic {
    const char *folded;
    Convene__Mentoring__V1__TopicReport *row;
    struct ratings ratings;
    UT_hash_handle hh;
};

struct mentee {
    char id[CVN_ID_TEXT_BYTES];
    UT_hash_handle hh;
};

struct reporting {
    struct cvn_ctx *ctx; /* whose arena has the report */
    Convene__Mentoring__V1__ProgramReport *report;
    struct topic *topics;
    struct mentee *mentees;
    struct cvn_report_groups groups;
    struct ratings ratings[SIDES]; /* of mentors, and of mentees */
};

static int find_topic(struct reporting *r, const char *name, struct topic **ret)
{
    struct cvn_arena *arena = r->ctx->arena;
    struct cvn_slice folded;
    if (cvn_text_fold(arena, cvn_slice_of_string(name), &folded) != 0)
        return -ENOMEM;
    HASH_FIND(hh, r->topics, folded.data, folded.len, *ret);
    if (*ret || HASH_COUNT(r->topics) == TOPICS_MAX)
        return 0;
    struct topic *topic = cvn_arena_alloc(arena, sizeof *topic);
    Convene__Mentoring__V1__TopicReport *row = cvn_arena_alloc(arena, sizeof *row);
    if (!topic || !row)
        return -ENOMEM;
    convene__mentoring__v1__topic_report__init(row);
    row->topic = cvn_arena_strdup(arena, name);
    topic->folded = folded.data;
    topic->row = row;
    HASH_ADD_KEYPTR(hh, r->topics, topic->folded, folded.len, topic);
    *ret = topic;
    return row->topic && topic->hh.tbl ? 0 : -ENOMEM;
}

static int note_mentee(struct reporting *r, const char *id)
{
    struct mentee *mentee;
    HASH_FIND_STR(r->mentees, id, mentee);
    if (mentee)
        return 0;
    mentee = cvn_arena_alloc(r->ctx->arena, sizeof *mentee);
    if (!mentee || strlen(id) >= sizeof mentee->id)
        return mentee ? -EUCLEAN : -ENOMEM;
    strcpy(mentee->id, id);
    HASH_ADD_STR(r->mentees, id, mentee);
    r->report->matched_mentee_count++;
    return mentee->hh.tbl ? 0 : -ENOMEM;
}

static int32_t *count_of(Convene__Mentoring__V1__ProgramReport *report,
                         enum cvn_mentorship_state state)
{
    switch (state) {
    case CVN_MENTORSHIP_PROPOSED:
        return &report->pending_count;
    case CVN_MENTORSHIP_ACTIVE:
        return &report->active_count;
    case CVN_MENTORSHIP_PAUSED:
        return &report->paused_count;
    case CVN_MENTORSHIP_COMPLETED:
        return &report->completed_count;
    case CVN_MENTORSHIP_ENDED:
        return &report->ended_count;
    case CVN_MENTORSHIP_DECLINED:
        return &report->declined_count;
    case CVN_MENTORSHIP_EXPIRED:
        return &report->expired_count;
    }
    return NULL;
}

/* What both said, added to the sides' and given for the topics. */
static int add_feedback(struct reporting *r, struct cvn_ctx *scratch, const struct cvn_id *id,
                        struct ratings *ret)
{
    int found = 0;
    for (int side = 0; found == 0 && side < SIDES; side++) {
        Convene__Mentoring__V1__Feedback *feedback;
        found = cvn_feedback_get(scratch, id, side ? ROLE(MENTEE) : ROLE(MENTOR), &feedback);
        if (found == 0) {
            r->ratings[side].n++;
            r->ratings[side].sum += feedback->rating;
            ret->n++;
            ret->sum += feedback->rating;
        }
        found = found == CVN_STORE_ABSENT ? 0 : found;
    }
    return found;
}

static int add_topics(struct reporting *r, const Convene__Mentoring__V1__Mentorship *row,
                      struct ratings ratings)
{
    for (size_t i = 0; i < row->n_topics; i++) {
        struct topic *topic = NULL;
        int found = find_topic(r, row->topics[i], &topic);
        if (found)
            return found;
        if (!topic)
            continue;
        topic->row->proposed_count++;
        topic->row->accepted_count += row->start_time != NULL;
        topic->row->session_count += row->session_count;
        topic->row->session_minutes += row->session_minutes;
        topic->ratings.n += ratings.n;
        topic->ratings.sum += ratings.sum;
    }
    return 0;
}

static int add_mentorship(struct reporting *r, const struct cvn_index_entry *entry)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ROW_BYTES);
    struct cvn_ctx scratch = {.arena = &arena, .txn = r->ctx->txn};
    Convene__Mentoring__V1__Mentorship *row;
    struct cvn_id id;
    struct ratings ratings = {0};
    int found = cvn_mentorship_of_entry(&scratch, entry, &id, &row);
    if (found)
        return found;
    int32_t *count = count_of(r->report, cvn_mentorship_state_of(row));
    if (!count)
        return -EUCLEAN;
    ++*count;
    r->report->proposed_count++;
    r->report->accepted_count += row->start_time != NULL;
    r->report->session_count += row->session_count;
    r->report->session_minutes += row->session_minutes;
    found = cvn_report_groups_add(&r->groups, r->ctx->arena, row);
    if (found == 0)
        found = note_mentee(r, row->mentee_id);
    if (found == 0)
        found = add_feedback(r, &scratch, &id, &ratings);
    return found ? found : add_topics(r, row, ratings);
}

static int most_first(const void *a, const void *b)
{
    const Convene__Mentoring__V1__TopicReport *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->proposed_count != y->proposed_count)
        return x->proposed_count > y->proposed_count ? -1 : 1;
    return strcmp(x->topic, y->topic);
}

static int list_topics(struct reporting *r)
{
    size_t n = HASH_COUNT(r->topics);
    r->report->topics = cvn_arena_alloc_array(r->ctx->arena, n, sizeof *r->report->topics);
    if (!r->report->topics)
        return -ENOMEM;
    for (struct topic *topic = r->topics; topic; topic = topic->hh.next) {
        topic->row->feedback_count = topic->ratings.n;
        topic->row->rating_hundredths = hundredths(topic->ratings);
        r->report->topics[r->report->n_topics++] = topic->row;
    }
    if (n > 0)
        qsort(r->report->topics, n, sizeof *r->report->topics, most_first);
    if (n > TOPICS_SHOWN_MAX)
        r->report->n_topics = TOPICS_SHOWN_MAX;
    return 0;
}

static int walk(struct reporting *r, const struct cvn_id *program)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, program);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int found = cvn_index_cursor_init(
        &cursor, r->ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_PROGRAM],
        (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)}, CVN_FORWARD);
    for (size_t n = 0; found == 0 && n < SCAN_MAX; n++) {
        found = cvn_index_cursor_next(&cursor, &entry);
        if (found == 0)
            found = add_mentorship(r, &entry);
    }
    return found == CVN_STORE_ABSENT ? 0 : found;
}

static void fill(const struct reporting *r, const Convene__Mentoring__V1__Program *program)
{
    struct ratings all = {r->ratings[0].n + r->ratings[1].n, r->ratings[0].sum + r->ratings[1].sum};
    r->report->program_id = program->id;
    r->report->name = program->name;
    r->report->mentor_count = program->mentor_count;
    r->report->mentee_count = program->mentee_count;
    r->report->waiting_count = program->waiting_count;
    r->report->feedback_count = all.n;
    r->report->rating_hundredths = hundredths(all);
    r->report->mentor_rating_hundredths = hundredths(r->ratings[0]);
    r->report->mentee_rating_hundredths = hundredths(r->ratings[1]);
}

int cvn_program_report(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__GetProgramReportRequest *req = request;
    struct reporting reporting = {.ctx = ctx, .report = reply};
    struct cvn_id id;
    Convene__Mentoring__V1__Program *program;
    int r = cvn_program_find(ctx, "id", req->id, &id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "see how this programme went");
    if (r)
        return r;
    r = walk(&reporting, &id);
    if (r == 0)
        r = list_topics(&reporting);
    if (r == 0)
        r = cvn_report_groups_list(&reporting.groups, ctx->arena, reporting.report);
    HASH_CLEAR(hh, reporting.topics);
    HASH_CLEAR(hh, reporting.mentees);
    if (r == 0)
        fill(&reporting, program);
    return r;
}
