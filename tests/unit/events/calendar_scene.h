/* A group, people, and calendars that are imported into it and fed from it. */
#ifndef CVN_TESTS_EVENTS_CALENDAR_SCENE_H
#define CVN_TESTS_EVENTS_CALENDAR_SCENE_H

#include "convene/events/v1/registrar.pb-c.h"
#include "tests/unit/events/fixture.h"

#define RESULT(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id, member_id;
    struct client owner, member, stranger;
    bool publish, validate_only;
    int32_t first_line, piece_line;
    Convene__Events__V1__StreamImportCalendarResponse report; /* of the last import */
    struct client *importing;
    int n_answers;
    int32_t last_line; /* where the last answer begins */
    char *kept;        /* a copy of a calendar, freed at the end */
};

/* For cmocka's setup and teardown; *state becomes the scene. */
int scene_setup(void **state);
int scene_teardown(void **state);

/* The report of all answers; NULL when it was refused. It lives until the client's next call. */
const Convene__Events__V1__StreamImportCalendarResponse *
import_into(struct scene *s, struct client *client, struct cvn_id group, const char *content);

/* The same by the group's owner; asserts that it was not refused. */
const Convene__Events__V1__StreamImportCalendarResponse *import(struct scene *s,
                                                                const char *content);

/* The only line of the report for a calendar with these lines in one VEVENT of UID "one". */
const Convene__Events__V1__CalendarResult *import_one(struct scene *s, const char *lines);

/* The event of a line of the report; asserts. */
struct cvn_id stored_id(const Convene__Events__V1__CalendarResult *result);

/* The feed of the group as the client sees it, until its next call. */
const char *feed(struct scene *s, struct client *client, bool unpublished);

/* A copy that lives until the next. */
char *keep(struct scene *s, const char *content);

/* A series of UID "w" on Tuesdays from 2027-02-02 on, with occurrences that differ. */
extern const char weekly[];

#endif
