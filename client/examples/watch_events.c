/* Follows the events of a group: watch_events GROUP CURSOR-FILE; goes on where it ended. */
#include <convene/convene.h>
#include <stdio.h>
#include <string.h>

/* All or nothing, whenever the program ends; your database, in the same transaction, is better. */
static int keep(const char *cursor, const char *path)
{
    char next[4096];
    if (snprintf(next, sizeof next, "%s.new", path) >= (int)sizeof next)
        return -1;
    FILE *file = fopen(next, "w");
    if (!file)
        return -1;
    int failed = fprintf(file, "%s\n", cursor) < 0;
    failed |= fclose(file) != 0;
    return failed || rename(next, path) != 0;
}

static int show(const struct convene_change *change, void *user)
{
    if (change->what == CONVENE_CHANGE_EVENT)
        printf("%s %s: %s\n", change->event_id, change->kind, change->event->title);
    else if (change->what == CONVENE_CHANGE_REMOVED)
        printf("%s is gone\n", change->event_id);
    else if (change->what == CONVENE_CHANGE_COMMENT && !change->comment.removed)
        printf("%s, %s said: %s\n", change->event_id, change->comment.name, change->comment.text);
    fflush(stdout);
    return keep(change->cursor, user); /* not 0 ends the watch */
}

int main(int argc, char **argv)
{
    char cursor[1024] = "";
    if (argc != 3) {
        fprintf(stderr, "Usage: %s GROUP CURSOR-FILE\n", argv[0]);
        return 2;
    }
    FILE *file = fopen(argv[2], "r");
    if (file) {
        if (fgets(cursor, sizeof cursor, file))
            cursor[strcspn(cursor, "\n")] = '\0';
        fclose(file);
    }
    const struct convene_event_filter filter = {.group = argv[1]};
    const struct convene_watch_options options = {
        .filter = &filter, .cursor = cursor, .snapshot = true, .changed = show, .user = argv[2]};
    struct convene *client = NULL;
    struct convene_watch *watch = NULL;
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = convene_open(&client, NULL, &status);
    if (r == 0)
        r = convene_watch_new(&watch, client, &options, &status);
    if (r == 0)
        r = convene_watch_run(watch, &status);
    if (r)
        fprintf(stderr, "%s: %s\n", convene_code_name(r), status.message);
    convene_watch_free(watch);
    convene_close(client);
    convene_status_clear(&status);
    return r != 0;
}
