#include "client/cli/events_none.h"

#include <string.h>

/* A filter of the contract: the options that ask for it, and what leaving it out means. */
struct filter {
    const char *field;
    const char *options[6];
    const char *without; /* as in "anywhere there would be 3 events" */
    const char *add;     /* the option that asks for more, where there is one */
};

static const struct filter filters[] = {
    {"near", {"near", "radius", "online-too"}, "anywhere", NULL},
    {"place", {"near", "radius", "country", "region", "online-too"}, "anywhere", NULL},
    {"city", {"city"}, "in any city", NULL},
    {"group_ids", {"group"}, "of any group", NULL},
    {"topics", {"topic"}, "on any topic", NULL},
    {"text", {"text"}, "without the words", NULL},
    {"languages", {"language"}, "in any language", NULL},
    {"attendance_mode", {"mode"}, "in person or online", NULL},
    {"attendee_id", {"attendee"}, "whoever goes there", NULL},
    {"member_id", {"mine"}, "of all groups", NULL},
    {"series_id", {"series"}, "of any series", NULL},
    {"free_seats_only", {"free-seats"}, "with full ones", NULL},
    {"start_time_from", {"when", "from", "to", "past"}, "at any time", "--from 1970-01-01"},
    {"include_cancelled", {NULL}, "with cancelled ones", "--include-cancelled"},
    {"include_unpublished", {NULL}, "with drafts", "--include-unpublished"},
};

static const struct filter *filter_of(const char *field)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (strcmp(filters[i].field, field) == 0) {
            return &filters[i];
        }
    }
    return NULL;
}

static bool asks_for(const struct filter *filter, const char *option)
{
    for (size_t i = 0; i < 6 && filter->options[i]; i++) {
        if (strcmp(filter->options[i], option) == 0) {
            return true;
        }
    }
    return false;
}

/* The word as a shell reads it back. */
static const char *quoted(struct cvn_cli *cli, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+.,:/@%=";
    if (*word && word[strspn(word, plain)] == '\0') {
        return word;
    }
    const char *all = "'";
    for (const char *at = word; all && *at; at++) {
        all = *at == '\'' ? cvn_arena_printf(&cli->arena, "%s'\\''", all)
                          : cvn_arena_printf(&cli->arena, "%s%c", all, *at);
    }
    return all ? cvn_arena_printf(&cli->arena, "%s'", all) : NULL;
}

/* The command as it was given, without what asks for the filter. */
static const char *command_without(struct cvn_cli *cli, const struct filter *filter)
{
    const char *all =
        cvn_arena_printf(&cli->arena, "convene %s %s", cli->family->name, cli->command->name);
    for (size_t i = 0; all && i < cli->args.n_given; i++) {
        const struct cvn_option *option = cli->args.given[i].option;
        if (asks_for(filter, option->name)) {
            continue;
        }
        const char *value = option->argument ? quoted(cli, cli->args.given[i].value) : "";
        all = cvn_arena_printf(&cli->arena, "%s --%s%s%s", all, option->name,
                               option->argument ? " " : "", value ? value : "");
    }
    if (all && filter->add) {
        all = cvn_arena_printf(&cli->arena, "%s %s", all, filter->add);
    }
    return all;
}

static const char *counted(struct cvn_cli *cli, const Convene__Events__V1__FilterHint *hint)
{
    if (hint->count == 0) {
        return hint->at_least ? "perhaps some" : "none";
    }
    return cvn_arena_printf(&cli->arena, "%d%s event%s", hint->count,
                            hint->at_least ? " or more" : "", hint->count == 1 ? "" : "s");
}

/* Whether it would show something that the caller did not have in mind anyway. */
static bool is_better(const Convene__Events__V1__FilterHint *hint,
                      const Convene__Events__V1__FilterHint *best)
{
    return hint->count > 0 && (!best || hint->count > best->count);
}

void cvn_events_tell_none(struct cvn_cli *cli, const Convene__Events__V1__ListEventsResponse *reply)
{
    const Convene__Events__V1__FilterHint *best = NULL;
    bool filtered = false;
    cvn_cli_note(cli, "Nothing matches.");
    for (size_t i = 0; i < reply->n_hints; i++) {
        const Convene__Events__V1__FilterHint *hint = reply->hints[i];
        const struct filter *filter = filter_of(hint->filter);
        if (!filter) {
            continue;
        }
        if (!filter->add || hint->count > 0) {
            filtered = true;
            cvn_cli_note(cli, "  %-20s %s", filter->without, counted(cli, hint));
        }
        /* What was is a poor answer to what will be. */
        if (is_better(hint, best) &&
            (!best || !filter->add || filter_of(best->filter)->add != NULL)) {
            best = hint;
        }
    }
    if (best) {
        const char *command = command_without(cli, filter_of(best->filter));
        cvn_cli_note(cli, "Next: %s", command ? command : "convene events list");
    } else if (filtered) {
        cvn_cli_note(cli, "No filter alone is to blame. Next, with fewer: convene events list");
    } else {
        cvn_cli_note(cli, "There are no events yet. Next: convene events import FILE, or convene "
                          "events create");
    }
}
