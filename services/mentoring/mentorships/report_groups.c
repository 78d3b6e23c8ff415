#include "services/mentoring/mentorships/report_groups.h"

#include "services/mentoring/mentorships/mentorship_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One mentee in a group. */
struct cvn_group_seat {
    int32_t utc_hour, hours;
    char *mentor_id, *mentor_name, *mentee_id, *mentee_name;
};

static int grow(struct cvn_report_groups *groups, struct cvn_arena *arena)
{
    size_t max = groups->max ? 2 * groups->max : 64;
    struct cvn_group_seat *grown = cvn_arena_alloc_array(arena, max, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    if (groups->n > 0)
        memcpy(grown, groups->seats, groups->n * sizeof *grown);
    groups->seats = grown;
    groups->max = max;
    return 0;
}

int cvn_report_groups_add(struct cvn_report_groups *groups, struct cvn_arena *arena,
                          const Convene__Mentoring__V1__Mentorship *row)
{
    if (!row->meeting || !cvn_mentorship_is_open(cvn_mentorship_state_of(row)))
        return 0;
    if (groups->n == groups->max && grow(groups, arena) != 0)
        return -ENOMEM;
    struct cvn_group_seat *seat = &groups->seats[groups->n++];
    *seat = (struct cvn_group_seat){
        .utc_hour = row->meeting->utc_hour,
        .hours = row->meeting->hours,
        .mentor_id = cvn_arena_strdup(arena, row->mentor_id),
        .mentor_name = cvn_arena_strdup(arena, row->mentor_name),
        .mentee_id = cvn_arena_strdup(arena, row->mentee_id),
        .mentee_name = cvn_arena_strdup(arena, row->mentee_name),
    };
    return seat->mentor_id && seat->mentor_name && seat->mentee_id && seat->mentee_name ? 0
                                                                                        : -ENOMEM;
}

static int compare_groups(const struct cvn_group_seat *x, const struct cvn_group_seat *y)
{
    if (x->utc_hour != y->utc_hour)
        return x->utc_hour < y->utc_hour ? -1 : 1;
    if (x->hours != y->hours)
        return x->hours < y->hours ? -1 : 1;
    int c = strcmp(x->mentor_name, y->mentor_name);
    return c ? c : strcmp(x->mentor_id, y->mentor_id);
}

static int compare_seats(const void *a, const void *b)
{
    const struct cvn_group_seat *x = a, *y = b;
    int c = compare_groups(x, y);
    if (c == 0)
        c = strcmp(x->mentee_name, y->mentee_name);
    return c ? c : strcmp(x->mentee_id, y->mentee_id);
}

static Convene__Mentoring__V1__GroupReport *make_group(const struct cvn_group_seat *seats, size_t n,
                                                       struct cvn_arena *arena)
{
    Convene__Mentoring__V1__GroupReport *group = cvn_arena_alloc(arena, sizeof *group);
    Convene__Mentoring__V1__MeetingTime *meeting = cvn_arena_alloc(arena, sizeof *meeting);
    if (!group || !meeting)
        return NULL;
    convene__mentoring__v1__group_report__init(group);
    convene__mentoring__v1__meeting_time__init(meeting);
    meeting->utc_hour = seats->utc_hour;
    meeting->hours = seats->hours;
    group->meeting = meeting;
    group->mentor_id = seats->mentor_id;
    group->mentor_name = seats->mentor_name;
    group->mentee_ids = cvn_arena_alloc_array(arena, n, sizeof *group->mentee_ids);
    group->mentee_names = cvn_arena_alloc_array(arena, n, sizeof *group->mentee_names);
    if (!group->mentee_ids || !group->mentee_names)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        group->mentee_ids[group->n_mentee_ids++] = seats[i].mentee_id;
        group->mentee_names[group->n_mentee_names++] = seats[i].mentee_name;
    }
    return group;
}

int cvn_report_groups_list(struct cvn_report_groups *groups, struct cvn_arena *arena,
                           Convene__Mentoring__V1__ProgramReport *report)
{
    if (groups->n == 0)
        return 0;
    qsort(groups->seats, groups->n, sizeof *groups->seats, compare_seats);
    report->groups = cvn_arena_alloc_array(arena, CVN_REPORT_GROUPS_MAX, sizeof *report->groups);
    if (!report->groups)
        return -ENOMEM;
    for (size_t first = 0, n; first < groups->n && report->n_groups < CVN_REPORT_GROUPS_MAX;
         first += n) {
        const struct cvn_group_seat *seats = &groups->seats[first];
        n = 1;
        while (first + n < groups->n && compare_groups(seats, &seats[n]) == 0)
            n++;
        report->groups[report->n_groups] = make_group(seats, n, arena);
        if (!report->groups[report->n_groups])
            return -ENOMEM;
        report->n_groups++;
    }
    return 0;
}
