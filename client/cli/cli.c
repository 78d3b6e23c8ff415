#include "client/cli/cli.h"

#include <stdio.h>

static void __attribute__((format(printf, 2, 0)))
say(struct cvn_cli *cli, const char *format, va_list args)
{
    /* What was printed so far comes before the complaint, also where both go to one file. */
    (void)fflush(stdout);
    (void)fputs(cli->colour && cli->err_terminal ? "\033[31mconvene:\033[0m " : "convene: ",
                stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
}

enum cvn_exit cvn_cli_fail(struct cvn_cli *cli, enum cvn_exit code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(cli, format, args);
    va_end(args);
    return code;
}

enum cvn_exit cvn_cli_misuse(struct cvn_cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(cli, format, args);
    va_end(args);
    if (cli->family && cli->command) {
        (void)fprintf(stderr, "See: convene help %s%s%s\n", cli->family->name,
                      *cli->command->name ? " " : "", cli->command->name);
    } else if (cli->family) {
        (void)fprintf(stderr, "See: convene help %s\n", cli->family->name);
    } else {
        (void)fprintf(stderr, "See: convene help\n");
    }
    return CVN_EXIT_USAGE;
}

enum cvn_exit cvn_cli_no_memory(struct cvn_cli *cli)
{
    return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                        "The answer does not fit into memory. Ask for less, as with --limit.");
}

void cvn_cli_note(struct cvn_cli *cli, const char *format, ...)
{
    if (cli->quiet) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)fflush(stdout);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

void cvn_cli_deinit(struct cvn_cli *cli)
{
    convene_close(cli->client);
    cvn_zones_free(cli->zones);
    cvn_arena_deinit(&cli->arena);
    cli->client = NULL;
    cli->zones = NULL;
}
