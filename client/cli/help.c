#include "client/cli/commands.h"
#include "client/cli/import.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_COLUMN = 26, USAGE_BYTES = 64 };

static void print_option(const struct cvn_option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter) {
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    }
    (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
                   option->argument ? " " : "", option->argument ? option->argument : "");
    (void)printf("  %-*s %s\n", OPTION_COLUMN, left, option->help);
}

static void print_options(const struct cvn_option *options)
{
    for (; options && options->name; options++) {
        print_option(options);
    }
}

static void print_exit_codes(void)
{
    (void)puts("Exit codes:\n"
               "  0  done\n"
               "  1  failed: a value was not accepted, or an import refused some records\n"
               "  2  the command line cannot be understood\n"
               "  4  not signed in\n"
               "  5  not found\n"
               "  6  refused by the state of things, as in already there or too late\n"
               "  7  no server answers");
}

static int longer(int width, const char *text)
{
    int len = (int)strlen(text);
    return len > width ? len : width;
}

static enum cvn_exit help_all(struct cvn_cli *cli)
{
    (void)puts("convene: meetups and mentoring from the command line\n\n"
               "  convene COMMAND [ACTION] [WORDS] [OPTIONS]\n\n"
               "Commands:");
    int width = 0;
    for (const struct cvn_family *f = cli->families; f->name; f++) {
        width = longer(width, f->name);
    }
    for (const struct cvn_family *f = cli->families; f->name; f++) {
        (void)printf("  %-*s  %s\n", width, f->name, f->summary);
    }
    (void)printf("  %-*s  Explains a command: convene help events list\n"
                 "  %-*s  Says which version this is\n\n"
                 "Options of every command:\n",
                 width, "help", width, "version");
    print_options(cvn_global_options);
    (void)puts("\nThe server is at --url, else CONVENE_URL, else the socket of a server on this\n"
               "machine. Times are local to the event; yours are read in your own zone.\n");
    print_exit_codes();
    (void)puts("\nNew here? Run: convene demo");
    return CVN_EXIT_DONE;
}

static void print_usage(const struct cvn_family *family, const struct cvn_command *command)
{
    (void)printf("  convene %s%s%s%s%s%s\n", family->name, *command->name ? " " : "", command->name,
                 *command->words ? " " : "", command->words, command->options ? " [OPTIONS]" : "");
}

static enum cvn_exit help_command(const struct cvn_family *family,
                                  const struct cvn_command *command)
{
    (void)printf("%s\n\n", command->summary);
    print_usage(family, command);
    if (command->notes) {
        (void)printf("\n%s\n", command->notes);
    }
    if (command->options) {
        (void)puts("\nOptions:");
        print_options(command->options);
    }
    if (command->imports) {
        (void)printf("\nColumns of the CSV file, and keys of JSON lines, in any order:\n");
        cvn_import_columns_help(stdout, command->imports->columns);
        (void)puts("\nFILE is - for standard input. Exits with 1 when any record was refused.");
    }
    (void)puts("\nOptions of every command are in `convene help`.");
    return CVN_EXIT_DONE;
}

/* "list PROGRAM". */
static const char *shorten(const struct cvn_command *command, char text[USAGE_BYTES])
{
    (void)snprintf(text, USAGE_BYTES, "%s%s%s", command->name, *command->words ? " " : "",
                   command->words);
    return text;
}

static enum cvn_exit help_family(const struct cvn_family *family)
{
    if (!*family->commands[0].name) {
        return help_command(family, &family->commands[0]);
    }
    (void)printf("%s\n\n", family->summary);
    int width = 0;
    char left[USAGE_BYTES];
    for (const struct cvn_command *c = family->commands; c->name; c++) {
        width = longer(width, shorten(c, left));
    }
    for (const struct cvn_command *c = family->commands; c->name; c++) {
        (void)printf("  convene %s %-*s  %s\n", family->name, width, shorten(c, left), c->summary);
    }
    (void)printf("\nMore on each: convene help %s %s\n", family->name, family->commands[0].name);
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_help(struct cvn_cli *cli, const char *family_name, const char *command_name)
{
    if (!family_name) {
        return help_all(cli);
    }
    const struct cvn_family *family = cvn_family_find(cli->families, family_name);
    if (!family) {
        const char *near = cvn_family_near(cli->families, family_name);
        return cvn_cli_misuse(cli, "There is no command %s.%s%s%s", family_name,
                              near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    }
    cli->family = family;
    if (!command_name) {
        return help_family(family);
    }
    const struct cvn_command *command = cvn_command_find(family, command_name);
    if (!command) {
        const char *near = cvn_command_near(family, command_name);
        return cvn_cli_misuse(cli, "There is no %s %s.%s%s%s", family_name, command_name,
                              near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return help_command(family, command);
}
