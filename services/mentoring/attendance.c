#include "services/mentoring/attendance.h"

#include "base/civil.h"
#include "services/mentoring/attendance_cache.h"
#include "services/mentoring/people_source.h"
#include "services/runtime/ctx.h"

#include <errno.h>
#include <string.h>

/* Those of one call, and what was kept of each. */
struct page {
    struct cvn_cohort_member *members[CVN_PEOPLE_ASKED_AT_ONCE];
    const char *ids[CVN_PEOPLE_ASKED_AT_ONCE];
    const char *revisions[CVN_PEOPLE_ASKED_AT_ONCE];
    const Convene__Events__V1__Attendance *kept[CVN_PEOPLE_ASKED_AT_ONCE];
    const Convene__Events__V1__Attendance *answers[CVN_PEOPLE_ASKED_AT_ONCE];
    size_t n;
};

static struct cvn_cohort_member *member_at(const struct cvn_cohort_input *input, size_t i)
{
    return i < input->n_mentors ? &input->mentors[i] : &input->mentees[i - input->n_mentors];
}

static struct cvn_attendance_key key_of(const struct cvn_attendance_reading *reading,
                                        const struct cvn_cohort_member *member)
{
    struct cvn_attendance_key key = {.person = member->person};
    if (reading->subject)
        key.subject = *reading->subject;
    return key;
}

/* Notes whom the page asks for, and what is kept of them. */
static int fill_page(const struct cvn_attendance_reading *reading, struct page *page)
{
    size_t n_all = reading->input->n_mentors + reading->input->n_mentees;
    struct cvn_ctx ctx = {.arena = reading->arena};
    for (; page->n < CVN_PEOPLE_ASKED_AT_ONCE && reading->n_done + page->n < n_all; page->n++) {
        struct cvn_cohort_member *member = member_at(reading->input, reading->n_done + page->n);
        struct cvn_attendance_key key = key_of(reading, member);
        struct cvn_slice bytes;
        Convene__Events__V1__Attendance *kept = NULL;
        int r =
            cvn_attendance_cache_get(reading->cache, &key, reading->arena, &bytes)
                ? cvn_ctx_unpack(&ctx, &convene__events__v1__attendance__descriptor, bytes, &kept)
                : 0;
        if (r)
            return r;
        page->members[page->n] = member;
        page->ids[page->n] = member->enrolment->person_id;
        page->kept[page->n] = kept;
        page->revisions[page->n] = kept ? kept->revision : "";
    }
    return 0;
}

static int take_answer(struct cvn_attendance_reading *reading, const struct page *page, size_t i)
{
    const Convene__Events__V1__Attendance *answer = page->answers[i];
    struct cvn_ctx ctx = {.arena = reading->arena};
    struct cvn_slice bytes;
    if (answer && answer->unchanged && page->kept[i]) {
        page->members[i]->attendance = page->kept[i];
        reading->n_unchanged++;
        return 0;
    }
    page->members[i]->attendance = answer;
    if (!answer)
        return 0;
    int r = cvn_ctx_pack(&ctx, &answer->base, &bytes);
    if (r)
        return r;
    struct cvn_attendance_key key = key_of(reading, page->members[i]);
    cvn_attendance_cache_put(reading->cache, &key, bytes);
    return 0;
}

static int read_page(struct cvn_attendance_reading *reading)
{
    struct page *page = cvn_arena_alloc(reading->arena, sizeof *page);
    if (!page)
        return -ENOMEM;
    int r = fill_page(reading, page);
    if (r)
        return r;
    const struct cvn_attendance_query query = {
        .subject = reading->subject,
        .ids = page->ids,
        .revisions = page->revisions,
        .n = page->n,
        .cancel = reading->cancel,
        .deadline_ms = reading->deadline_ms,
    };
    if (cvn_people_attendance(reading->events, reading->arena, &query, page->answers,
                              &reading->status) != CVN_OK)
        return reading->cancel && atomic_load(reading->cancel) ? CVN_ATTENDANCE_STOPPED
                                                               : CVN_ATTENDANCE_REFUSED;
    for (size_t i = 0; r == 0 && i < page->n; i++)
        r = take_answer(reading, page, i);
    if (r == 0)
        reading->n_done += page->n;
    return r;
}

int cvn_attendance_read(struct cvn_attendance_reading *reading)
{
    size_t n = reading->input->n_mentors + reading->input->n_mentees;
    int r = 0;
    while (r == 0 && reading->n_done < n)
        r = reading->tell && !reading->tell(reading->arg, reading->n_done, n)
                ? CVN_ATTENDANCE_STOPPED
                : read_page(reading);
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
