/*
 * Makes the stores of both services with a programme whose people know each other from meetups
 * (town.h), through the services' own tables: mentoring_load DIRECTORY MENTEES MEETUPS. Prints the
 * programme's id.
 */
#include "bench/mentoring/town.h"

#include "services/events/schema.h"
#include "storage/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int open_store(const char *directory, const char *name, uint32_t version,
                      cvn_schema_step *const *steps, struct cvn_store **ret)
{
    char path[4096];
    struct cvn_error err = {""};
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    const struct cvn_store_options options = {
        .path = path, .schema_version = version, .schema_steps = steps};
    int r = cvn_store_open(ret, &options, &err);
    if (r)
        (void)fprintf(stderr, "%s\n", err.text);
    return r;
}

static int load(const struct town *town, const char *directory, struct cvn_id *ret_programme)
{
    struct cvn_store *store;
    int r = open_store(directory, "events", CVN_EVENTS_SCHEMA, cvn_events_schema_steps, &store);
    if (r)
        return r;
    r = town_load_events(town, store);
    cvn_store_close(store);
    /* At schema 0, so that older programs can be measured, too; a service takes it forward. */
    r = r ? r : open_store(directory, "mentoring", 0, NULL, &store);
    if (r)
        return r;
    r = town_load_programme(town, store, ret_programme);
    cvn_store_close(store);
    return r;
}

int main(int argc, char **argv)
{
    struct town town;
    struct cvn_id programme;
    char text[CVN_ID_TEXT_BYTES];
    unsigned n = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (n < 4 || (mkdir(argv[1], 0700) != 0 && errno != EEXIST)) {
        (void)fprintf(stderr, "usage: mentoring_load DIRECTORY MENTEES MEETUPS\n");
        return EXIT_FAILURE;
    }
    int r = town_init(&town, n, (unsigned)strtoul(argv[3], NULL, 10), (int64_t)time(NULL) * 1000);
    r = r ? r : load(&town, argv[1], &programme);
    town_deinit(&town);
    if (r) {
        (void)fprintf(stderr, "the stores could not be filled: %s (%d)\n", strerror(r < 0 ? -r : 0),
                      r);
        return EXIT_FAILURE;
    }
    cvn_id_format(text, "prg", &programme);
    (void)printf("%s\n", text);
    return EXIT_SUCCESS;
}
