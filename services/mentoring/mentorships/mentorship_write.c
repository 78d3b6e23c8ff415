#include "services/mentoring/mentorships/mentorship_write.h"

#include "base/civil.h"
#include "base/text.h"
#include "services/mentoring/change.h"
#include "services/mentoring/program_check.h"
#include "services/mentoring/tables.h"
#include "services/mentoring/waiting.h"

#include <errno.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define STATE(name) CONVENE__MENTORING__V1__MENTORSHIP_STATE__MENTORSHIP_STATE_##name

enum {
    WEEK_DAYS = 7,
    OPEN_MAX = 1024, /* of one person, ended at once */
};

static bool same_skill(struct cvn_arena *arena, const char *a, const char *b)
{
    struct cvn_slice x, y;
    return cvn_text_fold(arena, cvn_slice_of_string(a), &x) == 0 &&
           cvn_text_fold(arena, cvn_slice_of_string(b), &y) == 0 && cvn_slice_compare(x, y) == 0;
}

/* The skills that both name, as the mentee writes them. */
static int set_topics(struct cvn_ctx *ctx, const struct cvn_proposal *proposal,
                      Convene__Mentoring__V1__Mentorship *row)
{
    row->topics = cvn_arena_alloc_array(ctx->arena, CVN_MENTORSHIP_TOPICS_MAX, sizeof *row->topics);
    if (!row->topics)
        return -ENOMEM;
    for (size_t i = 0; i < proposal->mentee->n_skills; i++) {
        const char *name = proposal->mentee->skills[i]->name;
        bool shared = false;
        for (size_t j = 0; !shared && j < proposal->mentor->n_skills; j++)
            shared = same_skill(ctx->arena, name, proposal->mentor->skills[j]->name);
        if (shared && row->n_topics < CVN_MENTORSHIP_TOPICS_MAX)
            row->topics[row->n_topics++] = (char *)(uintptr_t)name;
    }
    return 0;
}

static int64_t accept_by_ms(const struct cvn_ctx *ctx,
                            const Convene__Mentoring__V1__Program *program)
{
    int32_t days =
        program->acceptance_days ? program->acceptance_days : CVN_PROGRAM_ACCEPTANCE_DAYS_DEFAULT;
    return ctx->now_ms + days * DAY_MS;
}

static void borrow(Convene__Mentoring__V1__Mentorship *row, const struct cvn_proposal *proposal)
{
    row->program_id = proposal->program->id;
    row->run_id = (char *)(uintptr_t)proposal->run_id;
    row->replaces_id = (char *)(uintptr_t)proposal->replaces_id;
    row->mentee_id = proposal->mentee->person_id;
    row->mentor_id = proposal->mentor->person_id;
    row->mentee_enrolment_id = proposal->mentee->id;
    row->mentor_enrolment_id = proposal->mentor->id;
    row->mentee_name = proposal->mentee->display_name;
    row->mentor_name = proposal->mentor->display_name;
    row->mentee_score = proposal->mentee_score;
    row->mentor_score = proposal->mentor_score;
    row->meeting = (Convene__Mentoring__V1__MeetingTime *)(uintptr_t)proposal->meeting;
}

/* Takes the mentee off the list, and remembers since when they were on it. */
static int leave_list(struct cvn_ctx *ctx, const struct cvn_proposal *proposal,
                      Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_id program, mentee;
    int64_t since_ms;
    if (!cvn_id_parse(&program, CVN_PROGRAM_PREFIX, proposal->program->id) ||
        !cvn_id_parse(&mentee, CVN_MENTORING_PERSON_PREFIX, proposal->mentee->person_id))
        return -EUCLEAN;
    int r = cvn_waiting_remove(ctx, &program, &mentee, &since_ms);
    if (r == 0 && since_ms)
        row->waited_since_time = cvn_mentoring_time(ctx->arena, since_ms);
    return r || !since_ms || row->waited_since_time ? r : -ENOMEM;
}

int cvn_mentorship_propose(struct cvn_ctx *ctx, const struct cvn_proposal *proposal,
                           Convene__Mentoring__V1__Mentorship **ret)
{
    struct cvn_id id = cvn_ctx_new_id(ctx);
    Convene__Mentoring__V1__Mentorship *row = cvn_arena_alloc(ctx->arena, sizeof *row);
    if (!row)
        return -ENOMEM;
    convene__mentoring__v1__mentorship__init(row);
    borrow(row, proposal);
    row->id = cvn_ctx_id_text(ctx, CVN_MENTORSHIP_PREFIX, &id);
    row->state = STATE(PROPOSED);
    row->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    row->update_time = row->create_time;
    row->accept_by_time = cvn_mentoring_time(ctx->arena, accept_by_ms(ctx, proposal->program));
    if (!row->id || !row->create_time || !row->accept_by_time)
        return -ENOMEM;
    int r = set_topics(ctx, proposal, row);
    if (r == 0)
        r = leave_list(ctx, proposal, row);
    if (r == 0)
        r = cvn_mentorship_put(ctx, &id, row);
    if (r == 0)
        r = cvn_mentoring_note_change(ctx, row->id, "mentorship.proposed");
    *ret = row;
    return r;
}

/* An enrolment that takes part; NULL when there is none. */
static int find_active(struct cvn_ctx *ctx, const struct cvn_id *program, const char *person_id,
                       Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_id person;
    struct cvn_key key;
    *ret = NULL;
    if (!cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, person_id))
        return 0;
    cvn_enrolment_key(&key, program, &person);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, ret);
    if (r == 0 && (*ret)->state != CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE)
        *ret = NULL;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* The mentorship and what it depends on, as the rules look at it. */
struct subject {
    struct cvn_id program;
    struct cvn_mentorship_facts facts;
    const Convene__Mentoring__V1__Enrolment *mentee;
};

static int read_subject(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Mentorship *row,
                        struct subject *ret)
{
    Convene__Mentoring__V1__Enrolment *mentor, *mentee;
    struct cvn_mentor_load load = {0};
    struct cvn_id person;
    if (!cvn_id_parse(&ret->program, CVN_PROGRAM_PREFIX, row->program_id))
        return -EUCLEAN;
    int r = find_active(ctx, &ret->program, row->mentor_id, &mentor);
    if (r == 0)
        r = find_active(ctx, &ret->program, row->mentee_id, &mentee);
    if (r == 0 && mentor && cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, row->mentor_id))
        r = cvn_mentor_load_get(ctx, row->program_id, &person, &load);
    if (r)
        return r;
    bool counted = cvn_mentorship_state_of(row) == CVN_MENTORSHIP_ACTIVE ||
                   cvn_mentorship_state_of(row) == CVN_MENTORSHIP_PAUSED;
    ret->mentee = mentee;
    ret->facts = (struct cvn_mentorship_facts){
        .state = cvn_mentorship_state_of(row),
        .mentor_answer = (enum cvn_mentorship_answer)row->mentor_answer,
        .mentee_answer = (enum cvn_mentorship_answer)row->mentee_answer,
        .now_ms = ctx->now_ms,
        .accept_by_ms = row->accept_by_time ? row->accept_by_time->seconds * 1000 : ctx->now_ms,
        .both_enrolled = mentor && mentee,
        .capacity = mentor ? mentor->capacity : 0,
        .n_active = load.n_active - counted,
    };
    return 0;
}

/* The day on which a mentorship that begins now is to end; "" where the programme sets no length.
 */
static int set_planned_end(struct cvn_ctx *ctx, const struct cvn_id *program_id,
                           Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Program *program;
    cvn_program_key(&key, program_id);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__program__descriptor, &program);
    if (r || program->mentorship_weeks == 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    char text[CVN_CIVIL_TEXT_BYTES];
    struct cvn_civil civil =
        cvn_civil_of_seconds((ctx->now_ms + program->mentorship_weeks * WEEK_DAYS * DAY_MS) / 1000);
    cvn_civil_format(text, &civil);
    row->planned_end_date = cvn_arena_printf(ctx->arena, "%.10s", text);
    return row->planned_end_date ? 0 : -ENOMEM;
}

static int put_back_on_list(struct cvn_ctx *ctx, const struct subject *subject,
                            const struct cvn_mentorship_decision *decision,
                            const Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_id mentee;
    if (!subject->mentee || !cvn_id_parse(&mentee, CVN_MENTORING_PERSON_PREFIX, row->mentee_id))
        return 0;
    int64_t since_ms = decision->keeps_place && row->waited_since_time
                           ? row->waited_since_time->seconds * 1000
                           : ctx->now_ms;
    return cvn_waiting_add(ctx, &subject->program, &mentee, since_ms);
}

/* Words for the change log, by action. */
static const char *const kinds[CVN_MENTORSHIP_ACTIONS] = {
    [CVN_MENTORSHIP_ACCEPT] = "mentorship.accepted",
    [CVN_MENTORSHIP_DECLINE] = "mentorship.declined",
    [CVN_MENTORSHIP_EXPIRE] = "mentorship.expired",
    [CVN_MENTORSHIP_PAUSE] = "mentorship.paused",
    [CVN_MENTORSHIP_RESUME] = "mentorship.resumed",
    [CVN_MENTORSHIP_COMPLETE] = "mentorship.completed",
    [CVN_MENTORSHIP_END] = "mentorship.ended",
};

static int store(struct cvn_ctx *ctx, const struct cvn_id *id,
                 Convene__Mentoring__V1__Mentorship *row, const struct subject *subject,
                 const struct cvn_mentorship_decision *decision)
{
    Google__Protobuf__Timestamp *now = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!now)
        return -ENOMEM;
    row->state = (Convene__Mentoring__V1__MentorshipState)decision->state;
    row->mentor_answer = (Convene__Mentoring__V1__Answer)decision->mentor_answer;
    row->mentee_answer = (Convene__Mentoring__V1__Answer)decision->mentee_answer;
    row->update_time = now;
    if (decision->begins)
        row->start_time = now;
    if (decision->over)
        row->end_time = now;
    int r = decision->begins ? set_planned_end(ctx, &subject->program, row) : 0;
    return r ? r : cvn_mentorship_put(ctx, id, row);
}

int cvn_mentorship_apply(struct cvn_ctx *ctx, const struct cvn_id *id,
                         Convene__Mentoring__V1__Mentorship *row,
                         const struct cvn_mentorship_change *change)
{
    struct subject subject;
    struct cvn_mentorship_decision decision;
    int r = read_subject(ctx, row, &subject);
    if (r)
        return r;
    enum cvn_mentorship_refusal refusal =
        cvn_mentorship_decide(&subject.facts, change->action, change->side, &decision);
    if (refusal)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION,
                                    refusal == CVN_MENTORSHIP_REFUSED_FULL ? "MENTOR_FULL"
                                                                           : "MENTORSHIP_STATE",
                                    "%s", cvn_mentorship_refusal_text(refusal));
    if (!decision.changed)
        return 0;
    row->state_reason = (char *)(uintptr_t)change->reason;
    row->state_role = change->by;
    r = store(ctx, id, row, &subject, &decision);
    if (r == 0 && decision.mentee_waits && !change->mentee_leaves)
        r = put_back_on_list(ctx, &subject, &decision, row);
    return r ? r : cvn_mentoring_note_change(ctx, row->id, kinds[change->action]);
}

int cvn_mentorships_end_all(struct cvn_ctx *ctx, const struct cvn_id *person,
                            const char *program_id, const char *reason, size_t *ret_n)
{
    struct cvn_id *ids = cvn_arena_alloc_array(ctx->arena, OPEN_MAX, sizeof *ids);
    struct cvn_mentorship_walk walk;
    Convene__Mentoring__V1__Mentorship *row;
    char text[CVN_ID_TEXT_BYTES];
    size_t n = 0;
    if (!ids)
        return -ENOMEM;
    cvn_id_format(text, CVN_MENTORING_PERSON_PREFIX, person);
    int r = cvn_mentorship_walk_open(&walk, ctx, person);
    while (r == 0 && n < OPEN_MAX && (r = cvn_mentorship_walk_next(&walk, &ids[n], &row)) == 0)
        n += !program_id || strcmp(row->program_id, program_id) == 0;
    cvn_mentorship_walk_end(&walk);
    r = r == CVN_STORE_ABSENT ? 0 : r;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = cvn_mentorship_get(ctx, &ids[i], &row);
        if (r)
            break;
        bool mentor = strcmp(row->mentor_id, text) == 0;
        const struct cvn_mentorship_change change = {
            .action = CVN_MENTORSHIP_END,
            .by = mentor ? CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
                         : CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE,
            .reason = reason,
            .mentee_leaves = !mentor,
        };
        r = cvn_mentorship_apply(ctx, &ids[i], row, &change);
    }
    if (ret_n)
        *ret_n = n;
    return r == CVN_REFUSED ? -EUCLEAN : r;
}
