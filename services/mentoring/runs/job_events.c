#include "services/mentoring/attendance_cache.h"
#include "services/mentoring/people_source.h"
#include "services/mentoring/runs/job.h"
#include "services/mentoring/state.h"

#include "base/civil.h"

#include <errno.h>
#include <string.h>

enum { WAIT_STEP_MS = 1000 };
/* For how long a run waits for the events service. */
#define WAIT_MS_MAX (INT64_C(24) * 60 * 60 * 1000)

#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

static const char phase_ask[] = "ask where people met";
static const char phase_wait[] = "wait for the events service";

/* Everybody of the run, mentors first; those of whom nothing is kept are asked for. */
struct asking {
    struct cvn_job *job;
    size_t n;
    struct cvn_cohort_member **unknown;
    size_t n_unknown;
    int64_t oldest_ms; /* when the oldest of what is known was asked */
};

static struct cvn_cohort_member *member_at(const struct cvn_job *job, size_t i)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    return i < input->n_mentors ? &input->mentors[i] : &input->mentees[i - input->n_mentors];
}

static int take_kept(struct asking *asking, struct cvn_cohort_member *member)
{
    struct cvn_job *job = asking->job;
    struct cvn_slice bytes;
    int64_t asked_ms;
    Convene__Events__V1__Attendance *attendance;
    if (!cvn_attendance_cache_get(job->mentoring->attendance, &member->person,
                                  job->gathered.input.now_ms, &job->arena, &bytes, &asked_ms)) {
        asking->unknown[asking->n_unknown++] = member;
        return 0;
    }
    if (asked_ms < asking->oldest_ms)
        asking->oldest_ms = asked_ms;
    if (bytes.len == 0)
        return 0;
    int r =
        cvn_ctx_unpack(&job->ctx, &convene__events__v1__attendance__descriptor, bytes, &attendance);
    member->attendance = attendance;
    return r;
}

static int keep(struct asking *asking, struct cvn_cohort_member *member,
                const Convene__Events__V1__Attendance *attendance)
{
    struct cvn_job *job = asking->job;
    struct cvn_slice bytes = {NULL, 0};
    member->attendance = attendance;
    int r = attendance ? cvn_ctx_pack(&job->ctx, &attendance->base, &bytes) : 0;
    if (r == 0)
        cvn_attendance_cache_put(job->mentoring->attendance, &member->person,
                                 job->gathered.input.now_ms, bytes);
    return r;
}

/* Asks for some. 0, with job->status saying how the call ended, or a fault. */
static int ask_some(struct asking *asking, size_t first, size_t n)
{
    struct cvn_job *job = asking->job;
    const char *ids[CVN_PEOPLE_ASKED_AT_ONCE];
    const Convene__Events__V1__Attendance *attendance[CVN_PEOPLE_ASKED_AT_ONCE];
    for (size_t i = 0; i < n; i++)
        ids[i] = asking->unknown[first + i]->enrolment->person_id;
    struct cvn_attendance_query query = {ids, n, &job->slot->cancel};
    (void)cvn_people_attendance(job->mentoring->options.events, &job->arena, &query, attendance,
                                &job->status);
    int r = 0;
    for (size_t i = 0; r == 0 && job->status.code == CVN_OK && i < n; i++)
        r = keep(asking, asking->unknown[first + i], attendance[i]);
    return r;
}

/* Waits for the service to come back. 0 to try again, or CVN_MATCH_CANCELLED, or a failure. */
static int wait_for_events(struct asking *asking, int64_t *waited_ms, size_t first)
{
    struct cvn_job *job = asking->job;
    if (*waited_ms >= WAIT_MS_MAX)
        return cvn_job_fail(job, "The events service did not answer for a day.");
    if (!cvn_run_slot_tell(job->slot, CVN_RUN_STEP_ASK, phase_wait, first, asking->n_unknown))
        return CVN_MATCH_CANCELLED;
    cvn_run_slot_pause(job->slot, WAIT_STEP_MS);
    *waited_ms += WAIT_STEP_MS;
    return 0;
}

static bool is_away(const struct cvn_status *status)
{
    return status->code == CVN_UNAVAILABLE;
}

static int ask_all(struct asking *asking)
{
    struct cvn_job *job = asking->job;
    int64_t waited_ms = 0;
    int r = 0;
    for (size_t first = 0; r == 0 && first < asking->n_unknown;) {
        size_t left = asking->n_unknown - first;
        size_t n = left < CVN_PEOPLE_ASKED_AT_ONCE ? left : CVN_PEOPLE_ASKED_AT_ONCE;
        if (!cvn_run_slot_tell(job->slot, CVN_RUN_STEP_ASK, phase_ask, first, asking->n_unknown))
            return CVN_MATCH_CANCELLED;
        r = ask_some(asking, first, n);
        if (r)
            return r;
        if (job->status.code == CVN_OK)
            first += n;
        else if (atomic_load(&job->slot->cancel))
            r = CVN_MATCH_CANCELLED;
        else if (is_away(&job->status) && job->run->events_use == USE(WAIT))
            r = wait_for_events(asking, &waited_ms, first);
        else
            return cvn_job_fail(job, job->status.message ? job->status.message
                                                         : "The events service refused to answer.");
    }
    return r;
}

/* Goes on without what the events service did not say. */
static int go_without(struct asking *asking)
{
    struct cvn_job *job = asking->job;
    for (size_t i = 0; i < asking->n; i++)
        member_at(job, i)->attendance = NULL;
    job->run->events_note = cvn_arena_printf(
        &job->arena, "Meetups and groups are not part of the score: %s", job->error.text);
    job->error.text[0] = '\0';
    return job->run->events_note ? 0 : -ENOMEM;
}

static int note_time(struct asking *asking)
{
    struct cvn_job *job = asking->job;
    char text[CVN_INSTANT_TEXT_BYTES];
    cvn_instant_format(text, asking->oldest_ms, 0);
    job->run->events_used = true;
    job->run->events_note = cvn_arena_printf(
        &job->arena, "Meetups and groups are as the events service had them at %s", text);
    return job->run->events_note ? 0 : -ENOMEM;
}

int cvn_job_read_attendance(struct cvn_job *job)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    struct asking asking = {
        .job = job, .n = input->n_mentors + input->n_mentees, .oldest_ms = input->now_ms};
    if (job->run->events_use == USE(NONE)) {
        job->run->events_note = cvn_arena_strdup(
            &job->arena, "Meetups and groups are not part of the score, as was asked.");
        return job->run->events_note ? 0 : -ENOMEM;
    }
    asking.unknown = cvn_arena_alloc_array(&job->arena, asking.n, sizeof *asking.unknown);
    int r = asking.unknown ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < asking.n; i++)
        r = take_kept(&asking, member_at(job, i));
    if (r == 0)
        r = ask_all(&asking);
    if (r == -ECANCELED && job->run->events_use == USE(OPTIONAL) && is_away(&job->status))
        return go_without(&asking);
    return r ? r : note_time(&asking);
}
