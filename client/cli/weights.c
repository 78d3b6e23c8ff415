#include "client/cli/weights.h"

#include "client/cli/field.h"

#include <string.h>

enum { TEXT_BYTES = 256 };

/* Sets "skills:400" and notes the field. */
static enum cvn_exit set_weight(struct cvn_cli *cli, const char *path, ProtobufCMessage *program,
                                char *item, struct cvn_weights_given *given)
{
    char *colon = strchr(item, ':');
    struct cvn_error err = {""};
    if (!colon || given->n == CVN_WEIGHTS_GIVEN) {
        return cvn_cli_misuse(cli, "Weights are written like skills:400; goals:100, not \"%.40s\".",
                              item);
    }
    *colon = '\0';
    const char *field = cvn_arena_printf(&cli->arena, "%s.%s", path, item);
    if (!field) {
        return cvn_cli_no_memory(cli);
    }
    if (cvn_field_set(&cli->arena, program, field, colon + 1, &err)) {
        return cvn_cli_misuse(cli, "The weight \"%.40s\" %s.", item,
                              *err.text ? err.text
                                        : "is none; skills, goals, hours, languages, groups, "
                                          "meetups, previous, waiting and ranking are");
    }
    given->fields[given->n++] = field;
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_weights_set(struct cvn_cli *cli, const char *option, const char *path,
                              ProtobufCMessage *program, struct cvn_weights_given *ret)
{
    const char *given = cvn_args_get(&cli->args, option);
    char text[TEXT_BYTES];
    char *save = NULL;
    ret->n = 0;
    if (!given) {
        return CVN_EXIT_DONE;
    }
    if (strlen(given) >= sizeof text) {
        return cvn_cli_misuse(cli, "--%s is too long.", option);
    }
    (void)strcpy(text, given);
    enum cvn_exit code = CVN_EXIT_DONE;
    for (char *item = strtok_r(text, "; ,", &save); item && code == CVN_EXIT_DONE;
         item = strtok_r(NULL, "; ,", &save)) {
        code = set_weight(cli, path, program, item, ret);
    }
    return code;
}
