/* Mentors' groups and when they meet, told to people. */
#ifndef CVN_CLIENT_CLI_MENTOR_GROUPS_H
#define CVN_CLIENT_CLI_MENTOR_GROUPS_H

#include "client/cli/view.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"

/*
 * A meeting as "Mon 17:00-19:00", in UTC, and in the user's zone as its clock is now; "" for none,
 * NULL without memory.
 */
const char *cvn_meeting_utc(struct cvn_cli *cli,
                            const Convene__Mentoring__V1__MeetingTime *meeting);
const char *cvn_meeting_here(struct cvn_cli *cli,
                             const Convene__Mentoring__V1__MeetingTime *meeting);

/* Of GroupReport. */
extern const struct cvn_view_column cvn_mentor_group_columns[];

/* Prints the groups of a run's matches, by their time and the mentor's name, as -o asks. */
enum cvn_exit cvn_mentor_groups_print(struct cvn_cli *cli,
                                      Convene__Mentoring__V1__Match *const *matches, size_t n);

/* The same of a run at the server. */
enum cvn_exit cvn_mentor_groups_show(struct cvn_cli *cli, const char *run_id);

#endif
