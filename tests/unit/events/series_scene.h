/* A group with a draft of a weekly series, for tests of series. */
#ifndef CVN_TESTS_UNIT_EVENTS_SERIES_SCENE_H
#define CVN_TESTS_UNIT_EVENTS_SERIES_SCENE_H

#include "services/events/series/series_task.h"
#include "tests/unit/events/fixture.h"

/* Of cvn_series_methods. */
enum { CREATE, GET, REGISTER, SPLIT, CANCEL };

/* 2027-01-04T00:00:00Z, a Monday. */
#define SERIES_MONDAY_MS (INT64_C(1798977600) * 1000 + INT64_C(43200) * 1000)

struct series_scene {
    struct harness *harness;
    struct cvn_id group, owner_id;
    struct client owner, stranger;
    struct draft d;
    Convene__Events__V1__Series series; /* ten Tuesdays from 2027-02-02T18:30, in Berlin */
};

/* *state becomes the scene, and is it until the teardown. */
int series_setup(void **state);
int series_teardown(void **state);

/* What the server made of the series, published; NULL where it is refused. */
const Convene__Events__V1__Series *series_make(struct series_scene *s, struct client *client);

/* Its id, which outlives the reply. */
struct id_text series_made(struct series_scene *s);

/* All that are published, cancelled ones too. */
const Convene__Events__V1__ListEventsResponse *series_occurrences(struct series_scene *s,
                                                                  const char *id);

/* What the series of that id becomes from an occurrence on, as the scene's; NULL when refused. */
const Convene__Events__V1__Series *series_split(struct series_scene *s, const char *id,
                                                const char *from);

/* A turn of the task that makes occurrences. */
int series_turn(struct series_scene *s, struct cvn_series_task *task, int64_t *ret_next_ms);

#endif
