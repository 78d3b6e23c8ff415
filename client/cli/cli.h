/* One run of the command line: what was asked, with what, and how to answer. Main composes it. */
#ifndef CVN_CLIENT_CLI_CLI_H
#define CVN_CLIENT_CLI_CLI_H

#include "base/arena.h"
#include "base/zone.h"
#include "client/cli/options.h"
#include "convene/convene.h"

#include <stdbool.h>
#include <stdint.h>

/* Exit codes; stable, documented in help and the manual page. */
enum cvn_exit {
    CVN_EXIT_DONE = 0,
    CVN_EXIT_FAILED = 1,      /* everything else, as values that the server does not accept */
    CVN_EXIT_USAGE = 2,       /* the command line cannot be understood */
    CVN_EXIT_SIGN_IN = 4,     /* UNAUTHENTICATED */
    CVN_EXIT_NOT_FOUND = 5,   /* NOT_FOUND */
    CVN_EXIT_REFUSED = 6,     /* FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED */
    CVN_EXIT_UNREACHABLE = 7, /* UNAVAILABLE; DEADLINE_EXCEEDED where nothing was connected */
};

enum cvn_format {
    CVN_FORMAT_TABLE,
    CVN_FORMAT_JSON,
    CVN_FORMAT_CSV,
};

enum {
    CVN_CLI_ARENA_BYTES = 256 << 20,
    CVN_CLI_GROUP_BYTES = 128, /* a longer name is no group's */
};

struct cvn_cli;
struct cvn_import_kind;

struct cvn_command {
    const char *name;  /* "list"; "" for a family that is a command; NULL ends a table */
    const char *words; /* what help calls the words that follow, as in "EVENT [PERSON]" */
    size_t min_words;
    size_t max_words;
    const char *summary;              /* a sentence */
    const char *notes;                /* paragraphs for help; may be NULL */
    const struct cvn_option *options; /* may be NULL */
    bool raw;                         /* takes its words unread: raw_argc and raw_argv */
    enum cvn_exit (*run)(struct cvn_cli *cli);
    const struct cvn_import_kind *imports; /* of an import, for help on its columns; else NULL */
};

struct cvn_family {
    const char *name;    /* "events"; NULL ends a table */
    const char *summary; /* a sentence */
    const struct cvn_command *commands;
};

struct cvn_cli {
    const struct cvn_family *families;
    const struct cvn_family *family;
    const struct cvn_command *command;
    struct cvn_args args;
    int raw_argc;
    char *const *raw_argv;

    struct convene_options options;
    struct convene *client; /* opened by the first call */
    struct cvn_arena arena; /* of the run */
    struct cvn_zones *zones;
    const struct cvn_zone *zone; /* the user's */
    int64_t now_ms;
    char zone_group[CVN_CLI_GROUP_BYTES]; /* whose zone was looked up last, and the zone */
    const struct cvn_zone *group_zone;
    enum cvn_exit zone_failure; /* of asking for it, which was told; then nothing goes on */
    /* A field of requests that no option is, and what the user calls it, as a file; or NULL. */
    const char *named_field, *named;
    enum cvn_format format;
    bool quiet;
    bool verbose;
    bool out_terminal;
    bool err_terminal;
    bool colour;
};

/* Says "convene: …" on standard error and returns code. */
enum cvn_exit cvn_cli_fail(struct cvn_cli *cli, enum cvn_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fail, with CVN_EXIT_USAGE and the way to the command's help behind it. */
enum cvn_exit cvn_cli_misuse(struct cvn_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* CVN_EXIT_FAILED for lack of memory. */
enum cvn_exit cvn_cli_no_memory(struct cvn_cli *cli);

/* A remark on standard error, unless -q. */
void cvn_cli_note(struct cvn_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Closes the connection and frees what the run holds. */
void cvn_cli_deinit(struct cvn_cli *cli);

#endif
