#include "cohort/groups.h"
#include "services/mentoring/attendance.h"
#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/mentorship_find.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/mentorships/proposable.h"
#include "services/mentoring/people_source.h"
#include "services/mentoring/runs/gather.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of one replacement: everybody who waits. */
#define REPLACE_ARENA_BYTES ((size_t)1 << 30)

/* Whom preparing found for the seat, and for the mentee; in the call's arena. */
struct choice {
    const Convene__Mentoring__V1__Enrolment *mentor, *mentee; /* NULL: nobody */
    int32_t mentee_score, mentor_score;
    Convene__Mentoring__V1__MeetingTime *meeting; /* of the mentor's group; NULL for none */
    const char *note;                             /* why nobody */
};

struct choices {
    struct choice seat;
    struct choice mentee;
    bool events_used; /* meetups and groups are part of the scores */
    char *events_note;
    struct cvn_share share; /* while they are chosen */
};

#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

/* What the choosing works on. */
struct choosing {
    struct cvn_ctx *ctx;
    struct cvn_arena *scratch; /* not the call's: it is as large as the cohort */
    const struct cvn_cohort *cohort;
};

static bool may_be_replaced(const Convene__Mentoring__V1__Mentorship *row)
{
    enum cvn_mentorship_state state = cvn_mentorship_state_of(row);
    return state == CVN_MENTORSHIP_DECLINED || state == CVN_MENTORSHIP_EXPIRED ||
           state == CVN_MENTORSHIP_ENDED;
}

static int find_replaceable(struct cvn_ctx *ctx, const char *id, struct cvn_mentorship_case *ret)
{
    int r = cvn_mentorship_find(ctx, "id", id, ret);
    if (r == 0 && !ret->managed)
        r = cvn_ctx_refuse_access(ctx, "propose a replacement");
    if (r == 0 && !may_be_replaced(ret->row))
        r = cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "MENTORSHIP_STATE",
                                 "Only what was declined, has expired or has ended early is "
                                 "replaced.");
    return r;
}

/* The place of somebody of the programme in a side; n where they are not there. */
static size_t place_of(const struct cvn_cohort_member *members, size_t n, const char *person_id)
{
    struct cvn_id person;
    const struct cvn_cohort_member *found =
        n && cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, person_id)
            ? bsearch(&person, members, n, sizeof *members, cvn_cohort_compare_member)
            : NULL;
    return found ? (size_t)(found - members) : n;
}

/* A copy that outlives what was gathered. */
static int copy_enrolment(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Enrolment *from,
                          const Convene__Mentoring__V1__Enrolment **ret)
{
    struct cvn_slice packed;
    Convene__Mentoring__V1__Enrolment *copy;
    int r = cvn_ctx_pack(ctx, &from->base, &packed);
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__enrolment__descriptor, packed, &copy);
    if (r == 0)
        *ret = copy;
    return r;
}

static int take_pair(const struct choosing *choosing, const struct cvn_match_pair *pair,
                     struct choice *ret)
{
    const struct cvn_cohort_input *input = &choosing->cohort->input;
    const struct cvn_cohort_member *mentor =
        bsearch(&pair->mentor_id, input->mentors, input->n_mentors, sizeof *mentor,
                cvn_cohort_compare_member);
    const struct cvn_cohort_member *mentee =
        bsearch(&pair->mentee_id, input->mentees, input->n_mentees, sizeof *mentee,
                cvn_cohort_compare_member);
    ret->mentee_score = pair->mentee_score;
    ret->mentor_score = pair->mentor_score;
    int r = copy_enrolment(choosing->ctx, mentor->enrolment, &ret->mentor);
    return r ? r : copy_enrolment(choosing->ctx, mentee->enrolment, &ret->mentee);
}

static int compare_mentor(const void *id, const void *mentor)
{
    return memcmp(id, ((const struct cvn_match_mentor *)mentor)->person.id.bytes, CVN_ID_BYTES);
}

static int compare_mentee(const void *id, const void *mentee)
{
    return memcmp(id, ((const struct cvn_match_mentee *)mentee)->person.id.bytes, CVN_ID_BYTES);
}

/* Leaves the problem what those who are still in it have in common. */
static int keep_shared(const struct choosing *choosing, struct cvn_match_problem *problem)
{
    struct cvn_match_shared *kept =
        cvn_arena_alloc_array(choosing->scratch, problem->n_shared, sizeof *kept);
    size_t n = 0;
    if (!kept)
        return -ENOMEM;
    for (size_t i = 0; i < problem->n_shared; i++) {
        const struct cvn_match_shared *shared = &problem->shared[i];
        if (bsearch(&shared->mentor_id, problem->mentors, problem->n_mentors,
                    sizeof *problem->mentors, compare_mentor) &&
            bsearch(&shared->mentee_id, problem->mentees, problem->n_mentees,
                    sizeof *problem->mentees, compare_mentee))
            kept[n++] = *shared;
    }
    problem->shared = kept;
    problem->n_shared = n;
    return 0;
}

/* In a programme of groups the mentors' hours are the times of their groups. */
static int take_meeting(const struct choosing *choosing, const struct cvn_match_problem *problem,
                        const struct cvn_id *mentor_id, struct choice *ret)
{
    if (choosing->cohort->session_hours == 0)
        return 0;
    for (size_t i = 0; i < problem->n_mentors; i++)
        if (cvn_id_equal(&problem->mentors[i].person.id, mentor_id))
            ret->meeting =
                cvn_groups_meeting(&problem->mentors[i].person.hours, choosing->ctx->arena);
    return ret->meeting ? 0 : -ENOMEM;
}

/* Chooses when groups meet that do not yet. */
static int arrange(const struct choosing *choosing, struct cvn_match_problem *problem)
{
    struct cvn_groups groups;
    size_t apart;
    if (choosing->cohort->session_hours == 0)
        return 0;
    return cvn_groups_arrange(problem, choosing->cohort->session_hours, choosing->scratch, NULL,
                              &groups, &apart);
}

/*
 * Solves for some of the cohort and takes the best of the pairs for who is looked for: the mentor's
 * score counts for a seat, and there is one pair at most for a mentee.
 */
static int choose(const struct choosing *choosing, struct cvn_match_problem *problem,
                  struct choice *ret)
{
    struct cvn_match_result *result = NULL;
    const struct cvn_match_pair *best = NULL;
    problem->locked = NULL;
    problem->n_locked = 0;
    problem->candidates_per_mentee = CVN_MATCH_CANDIDATES_DEFAULT;
    int r = keep_shared(choosing, problem);
    if (r == 0)
        r = arrange(choosing, problem);
    if (r == 0)
        r = cvn_match_solve(problem, NULL, &result);
    if (r)
        return r > 0 ? -EINVAL : r;
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    for (size_t i = 0; i < answer->n_pairs; i++)
        if (!best || answer->pairs[i].mentor_score > best->mentor_score)
            best = &answer->pairs[i];
    if (best)
        r = take_pair(choosing, best, ret);
    if (best && r == 0)
        r = take_meeting(choosing, problem, &best->mentor_id, ret);
    if (!best)
        ret->note = "the programme's rules leave nobody who would fit";
    cvn_match_result_free(result);
    return r;
}

/* Whom the mentor's seat may go to. */
static int choose_for_seat(const struct choosing *choosing,
                           const Convene__Mentoring__V1__Mentorship *row, struct choice *ret)
{
    const struct cvn_cohort_input *input = &choosing->cohort->input;
    struct cvn_match_problem problem = choosing->cohort->problem;
    size_t at = place_of(input->mentors, input->n_mentors, row->mentor_id);
    if (at == input->n_mentors) {
        ret->note = "the mentor has left or has no free seat";
        return 0;
    }
    if (input->n_mentees == 0) {
        ret->note = "no mentee waits";
        return 0;
    }
    problem.mentors += at;
    problem.n_mentors = 1;
    return choose(choosing, &problem, ret);
}

/* Who may mentor the mentee; not in the seat that was given away just now. */
static int choose_for_mentee(const struct choosing *choosing,
                             const Convene__Mentoring__V1__Mentorship *row,
                             const struct choice *seat, struct choice *ret)
{
    const struct cvn_cohort_input *input = &choosing->cohort->input;
    struct cvn_match_problem problem = choosing->cohort->problem;
    size_t at = place_of(input->mentees, input->n_mentees, row->mentee_id);
    if (at == input->n_mentees) {
        ret->note = "the mentee has left or does not wait";
        return 0;
    }
    if (seat->mentee && strcmp(seat->mentee->person_id, row->mentee_id) == 0) {
        ret->note = "the mentee got the seat";
        return 0;
    }
    size_t taken = seat->mentor
                       ? place_of(input->mentors, input->n_mentors, seat->mentor->person_id)
                       : input->n_mentors;
    struct cvn_match_mentor *mentors =
        cvn_arena_alloc_array(choosing->ctx->arena, problem.n_mentors, sizeof *mentors);
    if (!mentors)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < problem.n_mentors; i++) {
        mentors[n] = problem.mentors[i];
        mentors[n].capacity -= i == taken;
        n += mentors[n].capacity > 0;
    }
    if (n == 0) {
        ret->note = "no mentor has a free seat";
        return 0;
    }
    problem.mentors = mentors;
    problem.n_mentors = n;
    problem.mentees += at;
    problem.n_mentees = 1;
    return choose(choosing, &problem, ret);
}

static int gather(struct cvn_ctx *ctx, const char *id, struct cvn_ctx *large,
                  struct choices *choices, struct cvn_mentorship_case *ret_case,
                  struct cvn_gathered *ret)
{
    struct cvn_gather_query query = {0};
    struct cvn_program_counts counts;
    int r = cvn_store_snapshot(ctx->store, &ctx->txn);
    if (r)
        return r;
    large->txn = ctx->txn;
    r = find_replaceable(ctx, id, ret_case);
    query.program = ret_case->program_id;
    if (r == 0)
        r = cvn_program_counts_get(ctx, &query.program, &counts);
    if (r == 0)
        r = cvn_share_take(ctx, CVN_WORK_REPLACE, (int64_t)counts.n_mentors + counts.n_mentees,
                           &choices->share);
    if (r == 0)
        r = cvn_gather(large, &query, ret);
    cvn_snapshot_release(ctx->txn);
    ctx->txn = large->txn = NULL;
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* Where those who wait and those with free seats were. 0, CVN_REFUSED or a fault. */
static int read_attendance(struct cvn_ctx *ctx, Convene__Mentoring__V1__EventsUse use,
                           struct cvn_arena *arena, struct cvn_cohort_input *input,
                           struct choices *choices)
{
    const struct cvn_mentoring *mentoring = ctx->service;
    struct cvn_attendance_reading reading = {
        .events = mentoring->options.events,
        .cache = mentoring->attendance,
        .arena = arena,
        .subject = cvn_people_subject(&ctx->who),
        .input = input,
        .deadline_ms = ctx->deadline_ms,
    };
    if (use == USE(NONE)) {
        choices->events_note = cvn_attendance_note_unused(ctx->arena, "that was asked for.");
        return choices->events_note ? 0 : -ENOMEM;
    }
    int r = cvn_attendance_read(&reading);
    bool away = r == CVN_ATTENDANCE_REFUSED && reading.status.code == CVN_UNAVAILABLE;
    if (r == CVN_ATTENDANCE_REFUSED && (!away || use != USE(OPTIONAL)))
        return cvn_ctx_refuse(ctx, reading.status.code, "%s",
                              reading.status.message ? reading.status.message
                                                     : "The events service refused to answer.");
    if (away)
        cvn_attendance_forget(input);
    else if (r)
        return r > 0 ? -EINVAL : r;
    choices->events_used = !away;
    choices->events_note = away
                               ? cvn_attendance_note_unused(ctx->arena, reading.status.message)
                               : cvn_attendance_note_used(ctx->arena, reading.subject, ctx->now_ms);
    return choices->events_note ? 0 : -ENOMEM;
}

/* Chooses among all who wait and all free seats. 0, CVN_REFUSED or a fault. */
static int choose_among_all(struct cvn_ctx *ctx,
                            const Convene__Mentoring__V1__ReplaceMentorshipRequest *req,
                            struct choices *choices)
{
    struct cvn_mentoring *mentoring = ctx->service;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, REPLACE_ARENA_BYTES);
    struct cvn_ctx large = {.arena = &arena, .now_ms = ctx->now_ms};
    struct cvn_mentorship_case c;
    struct cvn_gathered gathered;
    struct cvn_cohort cohort;
    struct cvn_error err = {""};
    int r = gather(ctx, req->id, &large, choices, &c, &gathered);
    if (r)
        return r;
    gathered.input.candidates_per_mentee = CVN_MATCH_CANDIDATES_DEFAULT;
    gathered.input.now_ms = ctx->now_ms;
    r = read_attendance(ctx, req->events_use, &arena, &gathered.input, choices);
    if (r)
        return r;
    r = cvn_cohort_build(&cohort, &arena, mentoring->options.zones, &gathered.input, &err);
    if (r > 0)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "COHORT_UNKNOWN", "%s", err.text);
    const struct choosing choosing = {ctx, &arena, &cohort};
    if (r == 0)
        r = choose_for_seat(&choosing, c.row, &choices->seat);
    if (r == 0)
        r = choose_for_mentee(&choosing, c.row, &choices->seat, &choices->mentee);
    return r;
}

int cvn_mentorship_prepare_replace(struct cvn_ctx *ctx, const void *request)
{
    struct choices *choices = cvn_arena_alloc(ctx->arena, sizeof *choices);
    if (!choices)
        return -ENOMEM;
    int r = choose_among_all(ctx, request, choices);
    cvn_share_give(ctx, &choices->share);
    ctx->prepared = choices;
    return r;
}

/* Proposes what was chosen, if it still may be. 0, CVN_REFUSED or a fault. */
static int propose(struct cvn_ctx *ctx, struct cvn_proposable *proposable,
                   const struct cvn_mentorship_case *c, const struct choice *choice,
                   Convene__Mentoring__V1__ReplaceMentorshipResponse *response)
{
    struct cvn_verdict verdict;
    if (!choice->mentor)
        return 0;
    const struct cvn_wish wish = {
        .mentor_id = choice->mentor->person_id,
        .mentee_id = choice->mentee->person_id,
        .mentor_revision = choice->mentor->revision,
        .mentee_revision = choice->mentee->revision,
        .meeting = choice->meeting,
    };
    int r = cvn_proposable_judge(proposable, ctx, &wish, &verdict);
    if (r)
        return r;
    if (verdict.stale || verdict.already)
        return cvn_ctx_refuse_state(ctx, CVN_ABORTED, "CHANGED",
                                    "Something changed meanwhile (%s); try again.",
                                    verdict.stale ? verdict.stale : "they have found each other");
    const struct cvn_proposal proposal = {
        .program = c->program,
        .mentor = verdict.mentor,
        .mentee = verdict.mentee,
        .run_id = c->row->run_id,
        .replaces_id = c->row->id,
        .mentee_score = choice->mentee_score,
        .mentor_score = choice->mentor_score,
        .meeting = choice->meeting,
    };
    r = cvn_mentorship_propose(ctx, &proposal, &response->mentorships[response->n_mentorships]);
    response->n_mentorships += r == 0;
    return r;
}

static char *note_text(const char *note)
{
    return (char *)(uintptr_t)(note ? note : protobuf_c_empty_string);
}

int cvn_mentorship_replace(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ReplaceMentorshipRequest *req = request;
    Convene__Mentoring__V1__ReplaceMentorshipResponse *response = reply;
    const struct choices *choices = ctx->prepared;
    struct cvn_mentorship_case c;
    struct cvn_proposable proposable;
    int r = find_replaceable(ctx, req->id, &c);
    if (r)
        return r;
    response->mentorships = cvn_arena_alloc_array(ctx->arena, 2, sizeof *response->mentorships);
    if (!response->mentorships)
        return -ENOMEM;
    cvn_proposable_init(&proposable, ctx->arena, &c.program_id, c.program->id);
    r = propose(ctx, &proposable, &c, &choices->seat, response);
    if (r == 0)
        r = propose(ctx, &proposable, &c, &choices->mentee, response);
    cvn_proposable_deinit(&proposable);
    response->seat_note = note_text(choices->seat.note);
    response->mentee_note = note_text(choices->mentee.note);
    response->events_used = choices->events_used;
    response->events_note = note_text(choices->events_note);
    return r;
}
