#include "base/address.h"
#include "client/cli/commands.h"
#include "client/cli/program_path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 64, EXTRA_WORDS = 6 };

static bool has_option(int argc, char *const *argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0 && (argv[i][len] == '\0' || argv[i][len] == '=')) {
            return true;
        }
    }
    return false;
}

/* $XDG_DATA_HOME/convene, else ~/.local/share/convene; NULL where neither is known. */
static char *default_data(struct cvn_arena *arena)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data && *data == '/') {
        return cvn_arena_printf(arena, "%s/convene", data);
    }
    return home && *home == '/' ? cvn_arena_printf(arena, "%s/.local/share/convene", home) : NULL;
}

static enum cvn_exit run_serve(struct cvn_cli *cli)
{
    if (cli->raw_argc > WORDS_MAX) {
        return cvn_cli_misuse(cli, "At most %d words can be passed on.", WORDS_MAX);
    }
    char program[PATH_MAX];
    cvn_program_path(program, sizeof program, "convened");
    char *words[WORDS_MAX + EXTRA_WORDS] = {program};
    size_t n = 1;
    char url[CVN_ADDRESS_BYTES];
    if (!has_option(cli->raw_argc, cli->raw_argv, "--data") &&
        !has_option(cli->raw_argc, cli->raw_argv, "--help")) {
        words[n++] = (char *)"--data";
        words[n++] = default_data(&cli->arena);
        if (!words[n - 1]) {
            return cvn_cli_misuse(cli, "Say where the data is to be kept: --data DIR.");
        }
    }
    if (!has_option(cli->raw_argc, cli->raw_argv, "--listen") &&
        !has_option(cli->raw_argc, cli->raw_argv, "--help")) {
        if (!cvn_address_default(url, getenv("CONVENE_URL"), getenv("XDG_RUNTIME_DIR"),
                                 getenv("HOME"))) {
            return cvn_cli_misuse(cli, "Say where to listen: --listen ipc:///PATH.");
        }
        words[n++] = (char *)"--listen";
        words[n++] = url;
    }
    for (int i = 0; i < cli->raw_argc; i++) {
        words[n++] = cli->raw_argv[i];
    }
    words[n] = NULL;
    (void)fflush(NULL);
    (void)execvp(program, words);
    return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                        "convened cannot be started: %s. It is installed together with convene.",
                        strerror(errno));
}

const struct cvn_command cvn_serve_commands[] = {
    {"", "[OPTIONS OF convened]", 0, 0,
     "Runs a server in the foreground until it is told to stop (Ctrl-C).",
     "Every option is convened's; see `convened --help`. Without --data it keeps its data in\n"
     "~/.local/share/convene, without --listen it listens where convene looks for it.",
     NULL, true, run_serve, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
