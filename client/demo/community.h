/* The sample community of `convene demo`: people, groups and meetups of our own invention. */
#ifndef CVN_CLIENT_DEMO_COMMUNITY_H
#define CVN_CLIENT_DEMO_COMMUNITY_H

#include <stddef.h>

enum { CVN_DEMO_GROUP_EVENTS = 5 };

struct cvn_demo_event {
    const char *title;
    const char *topic; /* beside the group's */
    int capacity;      /* 0: unlimited */
};

struct cvn_demo_group {
    const char *slug;
    const char *name;
    const char *city;
    const char *country;
    double latitude;
    double longitude;
    const char *time_zone;
    const char *topics;
    const char *language;
    const char *venue;
    const char *start; /* of its evenings, "18:30" */
    int first_day;     /* days from today to its first meetup; one a week follows */
    struct cvn_demo_event events[CVN_DEMO_GROUP_EVENTS];
};

struct cvn_demo_person {
    const char *name;
    const char *email;
    const char *time_zone;
    const char *languages;
    const char *skills;
};

/* A row of the programme's CSV file. */
struct cvn_demo_enrolment {
    const char *role;
    const char *person;
    const char *skills;
    const char *goals;
    const char *availability;
    int capacity;
};

extern const struct cvn_demo_group cvn_demo_groups[];
extern const size_t cvn_demo_n_groups;
extern const struct cvn_demo_person cvn_demo_people[];
extern const size_t cvn_demo_n_people;
extern const struct cvn_demo_enrolment cvn_demo_enrolments[];
extern const size_t cvn_demo_n_enrolments;

#endif
