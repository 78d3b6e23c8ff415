#include "client/cli/commands.h"
#include "client/cli/values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 512, ZONE_LINK_BYTES = 512 };

static const struct cvn_family families[] = {
    {"events", "Lists, shows, registers and cancels meetups.", cvn_events_commands},
    {"groups", "The communities that hold them.", cvn_groups_commands},
    {"people", "Who is here.", cvn_people_commands},
    {"rsvp", "Answers meetups, and who comes.", cvn_rsvp_commands},
    {"comments", "What is said about meetups.", cvn_comments_commands},
    {"programs", "Mentoring programmes and who takes part.", cvn_programs_commands},
    {"match", "Pairs mentees with mentors, and explains the pairs.", cvn_match_commands},
    {"mentorships", "Who mentors whom, from the proposal to the end.", cvn_mentorships_commands},
    {"admin", "API keys, and what a server has been called for.", cvn_admin_commands},
    {"health", "Says whether a server can be called.", cvn_health_commands},
    {"rpc", "Calls any method of any server that describes itself.", cvn_rpc_commands},
    {"serve", "Runs a server on this machine.", cvn_serve_commands},
    {"demo", "Shows all of it on a server of its own, in a minute.", cvn_demo_commands},
    {NULL, NULL, NULL},
};

/* The user's zone by its IANA name: $TZ, else where /etc/localtime points, else UTC. */
static const struct cvn_zone *find_zone(struct cvn_zones *zones)
{
    const char *name = getenv("TZ");
    const struct cvn_zone *zone = NULL;
    if (name && *name && cvn_zones_find(zones, name + (*name == ':'), &zone) == 0) {
        return zone;
    }
    char link[ZONE_LINK_BYTES];
    ssize_t len = name && *name ? -1 : readlink("/etc/localtime", link, sizeof link - 1);
    if (len > 0) {
        link[len] = '\0';
        const char *mark = strstr(link, "zoneinfo/");
        if (mark && cvn_zones_find(zones, mark + strlen("zoneinfo/"), &zone) == 0) {
            return zone;
        }
    }
    return cvn_zones_find(zones, "UTC", &zone) == 0 ? zone : NULL;
}

static bool prepare(struct cvn_cli *cli)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    cli->now_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
    cli->out_terminal = isatty(STDOUT_FILENO);
    cli->err_terminal = isatty(STDERR_FILENO);
    const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org */
    const char *terminal = getenv("TERM");
    cli->colour = !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0;
    if (cvn_zones_new(&cli->zones)) {
        return false;
    }
    cli->zone = find_zone(cli->zones);
    return cli->zone != NULL;
}

static enum cvn_exit take_global_options(struct cvn_cli *cli)
{
    cli->quiet = cvn_args_has(&cli->args, "quiet");
    cli->verbose = cvn_args_has(&cli->args, "verbose");
    cli->options.url = cvn_args_get(&cli->args, "url");
    cli->options.key = cvn_args_get(&cli->args, "key");
    cli->options.key_file = cvn_args_get(&cli->args, "key-file");
    cli->options.tls_ca_file = cvn_args_get(&cli->args, "tls-ca");
    cli->options.tls_server_name = cvn_args_get(&cli->args, "tls-name");
    cli->options.tls_cert_file = cvn_args_get(&cli->args, "tls-cert");
    cli->options.tls_key_file = cvn_args_get(&cli->args, "tls-key");
    cli->options.fail_fast = true;
    const char *timeout = cvn_args_get(&cli->args, "timeout");
    struct cvn_error err;
    if (timeout && cvn_value_span_ms(&cli->options.timeout_ms, timeout, &err)) {
        return cvn_cli_misuse(cli, "--timeout %s.", err.text);
    }
    static const char *const formats[] = {"table", "json", "csv"};
    const char *output = cvn_args_get(&cli->args, "output");
    for (int i = 0; output && i < 3; i++) {
        if (strcmp(output, formats[i]) == 0) {
            cli->format = (enum cvn_format)i;
            output = NULL;
        }
    }
    if (output) {
        return cvn_cli_misuse(cli, "--output must be table, json or csv, not \"%s\".", output);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit run_command(struct cvn_cli *cli, int argc, char *const *argv)
{
    const struct cvn_command *command = cli->command;
    if (command->raw) {
        cli->raw_argc = argc;
        cli->raw_argv = argv;
        return command->run(cli);
    }
    struct cvn_error err;
    const struct cvn_option *const tables[] = {command->options, cvn_global_options};
    if (cvn_args_parse(&cli->args, argc, argv, tables, 2, &err)) {
        return cvn_cli_misuse(cli, "%s", err.text);
    }
    if (cvn_args_has(&cli->args, "help")) {
        return cvn_help(cli, cli->family->name, command->name);
    }
    if (cli->args.n_positionals < command->min_words) {
        return cvn_cli_misuse(cli, "Something is missing: convene %s %s %s", cli->family->name,
                              command->name, command->words);
    }
    if (cli->args.n_positionals > command->max_words) {
        return cvn_cli_misuse(cli, "\"%s\" is one word too many.",
                              cli->args.positionals[command->max_words]);
    }
    enum cvn_exit code = take_global_options(cli);
    return code ? code : command->run(cli);
}

static enum cvn_exit choose_command(struct cvn_cli *cli, const char *name)
{
    if (*name && *name != '-') {
        cli->command = cvn_command_find(cli->family, name);
        if (cli->command) {
            return CVN_EXIT_DONE;
        }
        const char *near = cvn_command_near(cli->family, name);
        if (near) {
            return cvn_cli_misuse(cli, "There is no %s %s. Did you mean %s %s?", cli->family->name,
                                  name, cli->family->name, near);
        }
        return cvn_cli_misuse(cli, "There is no %s %s.", cli->family->name, name);
    }
    return cvn_cli_misuse(cli, "Say what to do with %s.", cli->family->name);
}

/* Words before the command that are global options, and their values; as in `convene --url U …`. */
static int skip_global_options(int argc, char *const *argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        bool has_value = false;
        for (const struct cvn_option *o = cvn_global_options; o->name; o++) {
            bool is_long = strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, o->name) == 0;
            bool is_letter = o->letter && argv[i][1] == o->letter && !argv[i][2];
            has_value = has_value || (o->argument && (is_long || is_letter));
        }
        i += has_value ? 2 : 1;
    }
    return i < argc ? i : argc;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* "help", "help FAMILY" or "help FAMILY COMMAND". */
static enum cvn_exit help_on(struct cvn_cli *cli, int argc, char *const *argv)
{
    const struct cvn_family *family = argc > 1 ? cvn_family_find(families, argv[1]) : NULL;
    char name[CVN_COMMAND_NAME_BYTES] = "";
    if (family && argc > 2) {
        (void)cvn_command_name(name, family, argc - 2, argv + 2);
    }
    return cvn_help(cli, argc > 1 ? argv[1] : NULL, *name ? name : NULL);
}

static enum cvn_exit dispatch(struct cvn_cli *cli, int argc, char *const *argv)
{
    if (argc > WORDS_MAX) {
        return cvn_cli_misuse(cli, "At most %d words can be read.", WORDS_MAX);
    }
    if (argc > 1 && is_one_of(argv[1], "--version", "-V", "version")) {
        (void)puts("convene " CVN_VERSION);
        return CVN_EXIT_DONE;
    }
    int at = argc > 1 && is_one_of(argv[1], "--help", "-h", "help")
                 ? 1
                 : skip_global_options(argc, argv);
    if (argc < 2 || (at < argc && is_one_of(argv[at], "help", "--help", "-h"))) {
        return help_on(cli, argc - at, argv + at);
    }
    if (at == argc) {
        return cvn_cli_misuse(cli, "Say what to do.");
    }
    cli->family = cvn_family_find(families, argv[at]);
    if (!cli->family) {
        const char *near = cvn_family_near(families, argv[at]);
        return cvn_cli_misuse(cli, "There is no command %s.%s%s%s", argv[at],
                              near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    }
    int rest = at + 1;
    cli->command = cli->family->commands;
    if (*cli->command->name) {
        if (rest < argc && is_one_of(argv[rest], "--help", "-h", "help")) {
            return cvn_help(cli, cli->family->name, NULL);
        }
        char name[CVN_COMMAND_NAME_BYTES];
        int taken = cvn_command_name(name, cli->family, argc - rest, argv + rest);
        cli->command = NULL;
        enum cvn_exit code = choose_command(cli, name);
        if (code) {
            return code;
        }
        rest += taken;
    }
    /* Options before the command count as if they came behind it. */
    char *words[WORDS_MAX];
    int n = 0;
    for (int i = 1; i < at; i++) {
        words[n++] = argv[i];
    }
    for (int i = rest; i < argc; i++) {
        words[n++] = argv[i];
    }
    return run_command(cli, n, words);
}

int main(int argc, char **argv)
{
    struct cvn_cli cli = {.families = families};
    cvn_arena_init(&cli.arena, CVN_CLI_ARENA_BYTES);
    enum cvn_exit code = CVN_EXIT_FAILED;
    if (prepare(&cli)) {
        code = dispatch(&cli, argc, argv);
    } else {
        (void)cvn_cli_fail(&cli, code, "The time zones of this machine cannot be read.");
    }
    cvn_cli_deinit(&cli);
    if (fflush(stdout) && code == CVN_EXIT_DONE) {
        (void)fprintf(stderr, "convene: The output could not be written: %s.\n", strerror(errno));
        code = CVN_EXIT_FAILED;
    }
    return (int)code;
}
