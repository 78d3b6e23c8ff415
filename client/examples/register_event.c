/* Registers one meetup: register_event GROUP START TITLE, as in c-berlin 2026-12-01T18:30 "Hi". */
#include <convene/convene.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "Usage: %s GROUP START TITLE\n", argv[0]);
        return 2;
    }
    const char *const topics[] = {"c", "example"};
    const struct convene_event event = {
        .group = argv[1],
        .external_id = argv[2], /* running it again updates the same event */
        .start = argv[2],
        .title = argv[3],
        .topics = topics,
        .n_topics = 2,
        .capacity = 30,
    };
    struct convene *client = NULL;
    struct convene_registered done;
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = convene_open(&client, NULL, &status);
    if (r == 0) {
        r = convene_register_event(client, &event, CONVENE_PUBLISH, &done, &status);
    }
    if (r == 0) {
        printf("%s %s\n", done.id, done.outcome == CONVENE_CREATED ? "created" : "kept");
    } else {
        fprintf(stderr, "%s: %s\n", convene_code_name(r), status.message);
    }
    for (size_t i = 0; i < status.n_violations; i++) {
        fprintf(stderr, "  %s %s\n", status.violations[i].field, status.violations[i].text);
    }
    convene_status_clear(&status);
    convene_close(client);
    return r != 0;
}
