#include "client/cli/mask.h"

#include "client/cli/field.h"

#include <string.h>

static bool has_path(const Google__Protobuf__FieldMask *mask, const char *path)
{
    for (size_t i = 0; i < mask->n_paths; i++) {
        if (strcmp(mask->paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds the field of the resource that the option's path leads to, or through. */
static bool add(struct cvn_cli *cli, const char *prefix, const struct cvn_option *option,
                Google__Protobuf__FieldMask *mask)
{
    size_t len = strlen(prefix);
    if (!option->path || strncmp(option->path, prefix, len) != 0) {
        return true;
    }
    char *field = cvn_arena_strdup(&cli->arena, option->path + len);
    if (!field) {
        return false;
    }
    field[strcspn(field, ".")] = '\0';
    if (!has_path(mask, field)) {
        mask->paths[mask->n_paths++] = field;
    }
    return true;
}

static const struct cvn_option *find_option(const struct cvn_cli *cli, const char *name)
{
    for (const struct cvn_option *o = cli->command->options; o->name; o++) {
        if (strcmp(o->name, name) == 0 && o->path) {
            return o;
        }
    }
    return NULL;
}

enum cvn_exit cvn_mask_fill(struct cvn_cli *cli, const char *prefix,
                            Google__Protobuf__FieldMask *mask)
{
    mask->paths = cvn_arena_alloc_array(&cli->arena, cli->args.n_given + 1, sizeof *mask->paths);
    if (!mask->paths) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; i < cli->args.n_given; i++) {
        const struct cvn_option *option = cli->args.given[i].option;
        if (strcmp(option->name, "clear") == 0) {
            option = find_option(cli, cli->args.given[i].value);
            if (!option) {
                return cvn_cli_misuse(cli, "--clear %s names no option that sets a field.",
                                      cli->args.given[i].value);
            }
        }
        if (!add(cli, prefix, option, mask)) {
            return cvn_cli_no_memory(cli);
        }
    }
    if (mask->n_paths == 0) {
        return cvn_cli_misuse(cli, "Nothing is to be changed; say what with options.");
    }
    return CVN_EXIT_DONE;
}

void cvn_mask_clear(const struct cvn_cli *cli, void *request)
{
    for (size_t i = 0; i < cli->args.n_given; i++) {
        if (strcmp(cli->args.given[i].option->name, "clear") == 0) {
            cvn_field_clear(request, find_option(cli, cli->args.given[i].value)->path);
        }
    }
}
