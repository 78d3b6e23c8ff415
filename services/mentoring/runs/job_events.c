#include "services/mentoring/attendance.h"
#include "services/mentoring/runs/job.h"
#include "services/mentoring/spaces.h"
#include "services/mentoring/state.h"

#include <errno.h>
#include <string.h>

enum { WAIT_STEP_MS = 1000 };
/* For how long a run waits for the events service. */
#define WAIT_MS_MAX (INT64_C(24) * 60 * 60 * 1000)

#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

static const char phase_ask[] = "ask where people met";
static const char phase_wait[] = "wait for the events service";

static bool tell(void *arg, size_t done, size_t total)
{
    const struct cvn_job *job = arg;
    return cvn_run_slot_tell(job->slot, CVN_RUN_STEP_ASK, phase_ask, done, total);
}

/* Waits for the service to come back. 0 to try again, or CVN_MATCH_CANCELLED, or a failure. */
static int wait_for_events(struct cvn_job *job, int64_t *waited_ms, size_t done)
{
    const struct cvn_cohort_input *input = &job->gathered.input;
    if (*waited_ms >= WAIT_MS_MAX)
        return cvn_job_fail(job, "The events service did not answer for a day.");
    if (!cvn_run_slot_tell(job->slot, CVN_RUN_STEP_ASK, phase_wait, done,
                           input->n_mentors + input->n_mentees))
        return CVN_MATCH_CANCELLED;
    cvn_run_slot_pause(job->slot, WAIT_STEP_MS);
    *waited_ms += WAIT_STEP_MS;
    return 0;
}

static bool is_away(const struct cvn_status *status)
{
    return status->code == CVN_UNAVAILABLE;
}

static int ask_all(struct cvn_job *job, struct cvn_attendance_reading *reading)
{
    int64_t waited_ms = 0;
    for (;;) {
        int r = cvn_attendance_read(reading);
        if (r == CVN_ATTENDANCE_STOPPED)
            return CVN_MATCH_CANCELLED;
        if (r != CVN_ATTENDANCE_REFUSED)
            return r;
        if (!is_away(&reading->status) || job->run->events_use != USE(WAIT))
            return cvn_job_fail(job, reading->status.message
                                         ? reading->status.message
                                         : "The events service refused to answer.");
        r = wait_for_events(job, &waited_ms, reading->n_done);
        if (r)
            return r;
    }
}

/* Whoever started the run, as far as they still run the programme. */
static int find_subject(struct cvn_job *job, struct cvn_id *person, const struct cvn_id **ret)
{
    const Convene__Mentoring__V1__Program *program = job->gathered.input.program;
    const char *creator = job->run->creator;
    *ret = NULL;
    if (!creator[0])
        return cvn_job_fail(job, "Who started the run is not known any more; start it again.");
    if (!cvn_id_parse(person, CVN_MENTORING_PERSON_PREFIX, creator))
        return 0; /* an administrator */
    for (size_t i = 0; i < program->n_manager_ids; i++)
        if (strcmp(program->manager_ids[i], creator) == 0) {
            *ret = person;
            return 0;
        }
    return cvn_job_fail(job, "Who started the run manages the programme no more; somebody who does "
                             "may start another.");
}

static int set_note(struct cvn_job *job, char *note)
{
    job->run->events_note = note;
    return note ? 0 : -ENOMEM;
}

/* Goes on without what the events service did not say. */
static int go_without(struct cvn_job *job)
{
    cvn_attendance_forget(&job->gathered.input);
    int r = set_note(job, cvn_attendance_note_unused(&job->arena, job->error.text));
    job->error.text[0] = '\0';
    return r;
}

int cvn_job_read_attendance(struct cvn_job *job)
{
    struct cvn_id person;
    struct cvn_attendance_reading reading = {
        .events = job->mentoring->options.events,
        .cache = job->mentoring->attendance,
        .arena = &job->attended,
        .input = &job->gathered.input,
        .cancel = &job->slot->cancel,
        .tell = tell,
        .arg = job,
    };
    if (job->run->events_use == USE(NONE))
        return set_note(job, cvn_attendance_note_unused(&job->arena, "that was asked for."));
    int r = find_subject(job, &person, &reading.subject);
    if (r)
        return r;
    r = ask_all(job, &reading);
    if (r == -ECANCELED && job->run->events_use == USE(OPTIONAL) && is_away(&reading.status))
        return go_without(job);
    if (r)
        return r;
    job->run->events_used = true;
    return set_note(
        job, cvn_attendance_note_used(&job->arena, reading.subject, job->gathered.input.now_ms));
}
