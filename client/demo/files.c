#include "client/demo/files.h"

#include "base/csv.h"
#include "client/demo/community.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

enum { FIELDS_MAX = 16, NUMBER_BYTES = 32, WEEK = 7 };

static int write_row(FILE *file, const char *const *texts, size_t n)
{
    struct cvn_slice fields[FIELDS_MAX];
    for (size_t i = 0; i < n; i++) {
        fields[i] = cvn_slice_of_string(texts[i]);
    }
    return cvn_csv_write_row(file, fields, n);
}

#define WRITE_ROW(file, ...)                                                                       \
    write_row(file, (const char *const[]){__VA_ARGS__},                                            \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int write_groups(FILE *file, const struct cvn_civil *today)
{
    (void)today;
    int r = WRITE_ROW(file, "slug", "name", "city", "country", "latitude", "longitude", "time_zone",
                      "topics");
    for (size_t i = 0; r == 0 && i < cvn_demo_n_groups; i++) {
        const struct cvn_demo_group *g = &cvn_demo_groups[i];
        char latitude[NUMBER_BYTES];
        char longitude[NUMBER_BYTES];
        (void)snprintf(latitude, sizeof latitude, "%.4f", g->latitude);
        (void)snprintf(longitude, sizeof longitude, "%.4f", g->longitude);
        r = WRITE_ROW(file, g->slug, g->name, g->city, g->country, latitude, longitude,
                      g->time_zone, g->topics);
    }
    return r;
}

static int write_people(FILE *file, const struct cvn_civil *today)
{
    (void)today;
    int r = WRITE_ROW(file, "name", "email", "time_zone", "languages", "skills");
    for (size_t i = 0; r == 0 && i < cvn_demo_n_people; i++) {
        const struct cvn_demo_person *p = &cvn_demo_people[i];
        r = WRITE_ROW(file, p->name, p->email, p->time_zone, p->languages, p->skills);
    }
    return r;
}

/* The day so many days from today; a Saturday or Sunday becomes the Tuesday after. */
static struct cvn_civil weekday_after(const struct cvn_civil *today, int days)
{
    struct cvn_civil midnight = {today->year, today->month, today->day, 0, 0, 0};
    struct cvn_civil day =
        cvn_civil_of_seconds(cvn_civil_seconds(&midnight) + days * INT64_C(86400));
    int shift = cvn_civil_weekday(&day) == CVN_SATURDAY ? 3
                : cvn_civil_weekday(&day) == CVN_SUNDAY ? 2
                                                        : 0;
    return cvn_civil_of_seconds(cvn_civil_seconds(&day) + shift * INT64_C(86400));
}

static int write_event(FILE *file, const struct cvn_demo_group *group, size_t i,
                       const struct cvn_civil *today)
{
    const struct cvn_demo_event *event = &group->events[i];
    struct cvn_civil day = weekday_after(today, group->first_day + WEEK * (int)i);
    char external_id[64];
    char start[NUMBER_BYTES];
    char topics[128];
    char capacity[NUMBER_BYTES];
    char latitude[NUMBER_BYTES];
    char longitude[NUMBER_BYTES];
    (void)snprintf(external_id, sizeof external_id, "%s-%zu", group->slug, i + 1);
    (void)snprintf(start, sizeof start, "%04d-%02d-%02dT%s", day.year, day.month, day.day,
                   group->start);
    (void)snprintf(topics, sizeof topics, "%s;%s", group->topics, event->topic);
    (void)snprintf(capacity, sizeof capacity, "%d", event->capacity);
    (void)snprintf(latitude, sizeof latitude, "%.4f", group->latitude);
    (void)snprintf(longitude, sizeof longitude, "%.4f", group->longitude);
    return WRITE_ROW(file, external_id, group->slug, event->title, start, "2h", group->venue,
                     group->city, group->country, latitude, longitude, topics, group->language,
                     capacity, "1");
}

static int write_events(FILE *file, const struct cvn_civil *today)
{
    int r = WRITE_ROW(file, "external_id", "group", "title", "start", "duration", "venue", "city",
                      "country", "latitude", "longitude", "topics", "language", "capacity",
                      "max_guests");
    for (size_t g = 0; r == 0 && g < cvn_demo_n_groups; g++) {
        for (size_t i = 0; r == 0 && i < CVN_DEMO_GROUP_EVENTS; i++) {
            r = write_event(file, &cvn_demo_groups[g], i, today);
        }
    }
    return r;
}

static int write_enrolments(FILE *file, const struct cvn_civil *today)
{
    (void)today;
    int r = WRITE_ROW(file, "role", "person", "skills", "goals", "availability", "capacity");
    for (size_t i = 0; r == 0 && i < cvn_demo_n_enrolments; i++) {
        const struct cvn_demo_enrolment *e = &cvn_demo_enrolments[i];
        char capacity[NUMBER_BYTES] = "";
        if (e->capacity > 0) {
            (void)snprintf(capacity, sizeof capacity, "%d", e->capacity);
        }
        r = WRITE_ROW(file, e->role, e->person, e->skills, e->goals, e->availability, capacity);
    }
    return r;
}

int cvn_demo_write_files(const char *folder, const struct cvn_civil *today)
{
    static const struct {
        const char *name;
        int (*write)(FILE *file, const struct cvn_civil *today);
    } files[] = {
        {"groups.csv", write_groups},
        {"people.csv", write_people},
        {"events.csv", write_events},
        {"enrolments.csv", write_enrolments},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        FILE *file = fopen(path, "we");
        if (!file) {
            return -errno;
        }
        int r = files[i].write(file, today);
        if (fclose(file) && r == 0) {
            r = -EIO;
        }
        if (r) {
            return r;
        }
    }
    return 0;
}
