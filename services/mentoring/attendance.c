#include "services/mentoring/attendance.h"

#include "base/civil.h"
#include "services/mentoring/attendance_cache.h"
#include "services/mentoring/people_source.h"
#include "services/mentoring/spaces.h"
#include "services/runtime/ctx.h"

#include <errno.h>
#include <stdlib.h>

enum {
    STEP_PEOPLE = 5000, /* looked for in what is kept, before the next word on how far it is */
    STEP_BYTES_MAX = 256 << 20,
};

/* Those of one call, what is kept of each, and what was answered; in an arena of its own. */
struct page {
    struct cvn_arena arena;
    struct cvn_cohort_member *members[CVN_PEOPLE_ASKED_AT_ONCE];
    const char *ids[CVN_PEOPLE_ASKED_AT_ONCE];
    const char *revisions[CVN_PEOPLE_ASKED_AT_ONCE];
    struct cvn_slice kept[CVN_PEOPLE_ASKED_AT_ONCE];
    const Convene__Events__V1__Attendance *answers[CVN_PEOPLE_ASKED_AT_ONCE];
    size_t n;      /* to be asked about */
    size_t n_seen; /* and those of whom enough is known */
};

static const struct cvn_id nobody;

static struct cvn_cohort_member *member_at(const struct cvn_cohort_input *input, size_t i)
{
    return i < input->n_mentors ? &input->mentors[i] : &input->mentees[i - input->n_mentors];
}

static const struct cvn_id *subject_of(const struct cvn_attendance_reading *reading)
{
    return reading->subject ? reading->subject : &nobody;
}

static struct cvn_attendance_key key_of(const struct cvn_attendance_reading *reading,
                                        const struct cvn_cohort_member *member)
{
    return (struct cvn_attendance_key){.subject = *subject_of(reading), .person = member->person};
}

static int unpack(struct cvn_arena *arena, struct cvn_slice bytes,
                  const Convene__Events__V1__Attendance **ret)
{
    struct cvn_ctx ctx = {.arena = arena};
    Convene__Events__V1__Attendance *attendance;
    int r = cvn_ctx_unpack(&ctx, &convene__events__v1__attendance__descriptor, bytes, &attendance);
    if (r == 0)
        *ret = attendance;
    return r;
}

/* One call; what it refuses is told in reading->status. */
static int ask(struct cvn_attendance_reading *reading, struct cvn_arena *arena,
               const struct cvn_attendance_query *query, struct cvn_attendance_answer *ret)
{
    struct cvn_status status;
    reading->n_calls++;
    if (cvn_people_attendance(reading->events, arena, query, ret, &status) == CVN_OK)
        return 0;
    if (cvn_status_copy(&reading->status, reading->arena, &status) != 0)
        return -ENOMEM;
    return reading->cancel && atomic_load(reading->cancel) ? CVN_ATTENDANCE_STOPPED
                                                           : CVN_ATTENDANCE_REFUSED;
}

/*
 * The number of what is kept from now on: that of before where nothing has changed, and else a new
 * one, which what is kept of everybody else takes over.
 */
static int number_from(struct cvn_attendance_reading *reading, struct cvn_arena *arena,
                       const struct cvn_attendance_stand *stand,
                       const struct cvn_attendance_answer *answer)
{
    bool unchanged = answer->changes_known && answer->n_changed_ids == 0;
    reading->number = cvn_attendance_cache_note(reading->cache, subject_of(reading), answer->mark,
                                                unchanged ? stand->number : 0);
    if (!answer->changes_known || unchanged)
        return 0;
    struct cvn_id *changed = cvn_arena_alloc_array(arena, answer->n_changed_ids, sizeof *changed);
    if (!changed)
        return -ENOMEM;
    for (size_t i = 0; i < answer->n_changed_ids; i++)
        if (!cvn_id_parse(&changed[i], CVN_MENTORING_PERSON_PREFIX, answer->changed_ids[i]))
            return 0; /* an answer that is none: everybody is asked about */
    cvn_attendance_cache_carry(reading->cache, subject_of(reading),
                               (uint64_t[2]){stand->number, reading->number}, changed,
                               answer->n_changed_ids);
    return 0;
}

/* Asks of whom anything has changed since the subject asked last. */
static int begin(struct cvn_attendance_reading *reading)
{
    CVN_ARENA_AUTO arena;
    struct cvn_attendance_stand stand;
    struct cvn_attendance_answer answer = {0};
    cvn_arena_init(&arena, STEP_BYTES_MAX);
    cvn_attendance_cache_stand(reading->cache, subject_of(reading), &stand);
    const struct cvn_attendance_query query = {
        .subject = reading->subject,
        .mark = stand.mark,
        .cancel = reading->cancel,
        .deadline_ms = reading->deadline_ms,
    };
    int r = ask(reading, &arena, &query, &answer);
    if (r)
        return r;
    r = number_from(reading, &arena, &stand, &answer);
    reading->begun = r == 0;
    return r;
}

/* Takes what is kept of the next member, or notes that it is to be asked about. */
static int look_up(struct cvn_attendance_reading *reading, struct page *page)
{
    struct cvn_cohort_member *member = member_at(reading->input, reading->n_done + page->n_seen);
    struct cvn_attendance_key key = key_of(reading, member);
    struct cvn_slice bytes = {NULL, 0};
    const Convene__Events__V1__Attendance *kept = NULL;
    uint64_t number = 0;
    int r = 0;
    bool found = cvn_attendance_cache_get(reading->cache, &key, &page->arena, &bytes, &number);
    page->n_seen++;
    if (found && number == reading->number && number > 0) {
        reading->n_unchanged++;
        return unpack(reading->arena, bytes, &member->attendance);
    }
    if (found)
        r = unpack(&page->arena, bytes, &kept);
    page->members[page->n] = member;
    page->ids[page->n] = member->enrolment->person_id;
    page->kept[page->n] = bytes;
    page->revisions[page->n++] = kept ? kept->revision : "";
    return r;
}

static int fill_page(struct cvn_attendance_reading *reading, struct page *page)
{
    size_t n_left = reading->input->n_mentors + reading->input->n_mentees - reading->n_done;
    int r = 0;
    while (r == 0 && page->n < CVN_PEOPLE_ASKED_AT_ONCE && page->n_seen < n_left &&
           page->n_seen < STEP_PEOPLE)
        r = look_up(reading, page);
    return r;
}

static int take_answer(struct cvn_attendance_reading *reading, struct page *page, size_t i)
{
    const Convene__Events__V1__Attendance *answer = page->answers[i];
    struct cvn_attendance_key key = key_of(reading, page->members[i]);
    struct cvn_ctx ctx = {.arena = &page->arena};
    struct cvn_slice bytes = page->kept[i];
    page->members[i]->attendance = NULL;
    if (!answer)
        return 0;
    if (answer->unchanged && bytes.data) {
        reading->n_unchanged++;
        cvn_attendance_cache_renew(reading->cache, &key, reading->number);
        return unpack(reading->arena, bytes, &page->members[i]->attendance);
    }
    int r = cvn_ctx_pack(&ctx, &answer->base, &bytes);
    if (r)
        return r;
    cvn_attendance_cache_put(reading->cache, &key, bytes, reading->number);
    return unpack(reading->arena, bytes, &page->members[i]->attendance);
}

static int ask_page(struct cvn_attendance_reading *reading, struct page *page)
{
    const struct cvn_attendance_query query = {
        .subject = reading->subject,
        .ids = page->ids,
        .revisions = page->revisions,
        .n = page->n,
        .cancel = reading->cancel,
        .deadline_ms = reading->deadline_ms,
    };
    struct cvn_attendance_answer answer = {.attendance = page->answers};
    int r = ask(reading, &page->arena, &query, &answer);
    for (size_t i = 0; r == 0 && i < page->n; i++)
        r = take_answer(reading, page, i);
    if (r == 0)
        reading->n_asked += page->n;
    return r;
}

static int read_page(struct cvn_attendance_reading *reading)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return -ENOMEM;
    cvn_arena_init(&page->arena, STEP_BYTES_MAX);
    size_t n_unchanged = reading->n_unchanged;
    int r = fill_page(reading, page);
    if (r == 0 && page->n > 0)
        r = ask_page(reading, page);
    if (r == 0)
        reading->n_done += page->n_seen;
    else
        reading->n_unchanged = n_unchanged;
    cvn_arena_deinit(&page->arena);
    free(page);
    return r;
}

int cvn_attendance_read(struct cvn_attendance_reading *reading)
{
    size_t n = reading->input->n_mentors + reading->input->n_mentees;
    int r = 0;
    while (r == 0 && reading->n_done < n)
        if (reading->tell && !reading->tell(reading->arg, reading->n_done, n))
            r = CVN_ATTENDANCE_STOPPED;
        else
            r = reading->begun ? read_page(reading) : begin(reading);
    return r;
}

void cvn_attendance_forget(struct cvn_cohort_input *input)
{
    for (size_t i = 0; i < input->n_mentors + input->n_mentees; i++)
        member_at(input, i)->attendance = NULL;
}

char *cvn_attendance_note_used(struct cvn_arena *arena, const struct cvn_id *subject,
                               int64_t now_ms)
{
    char at[CVN_INSTANT_TEXT_BYTES], text[CVN_ID_TEXT_BYTES] = "";
    cvn_instant_format(at, now_ms, 0);
    if (subject)
        cvn_id_format(text, "per", subject);
    return cvn_arena_printf(arena,
                            "Meetups and groups are as the events service had them at %s%s%s%s", at,
                            subject ? ", as far as " : "", text, subject ? " may see them" : "");
}

char *cvn_attendance_note_unused(struct cvn_arena *arena, const char *why)
{
    return cvn_arena_printf(arena, "Meetups and groups are not part of the score: %s", why);
}
