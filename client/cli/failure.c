#include "client/cli/failure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What the server says of "me" to an administrator (services/events/people/person_table.c). */
#define NOBODY "an administrator is nobody in particular"

enum { PATH_BYTES = 256 };

enum cvn_exit cvn_failure_exit(const struct convene_status *status)
{
    switch (status->code) {
    case CONVENE_OK:
        return CVN_EXIT_DONE;
    case CONVENE_UNAUTHENTICATED:
        return CVN_EXIT_SIGN_IN;
    case CONVENE_NOT_FOUND:
        return CVN_EXIT_NOT_FOUND;
    case CONVENE_ALREADY_EXISTS:
    case CONVENE_FAILED_PRECONDITION:
    case CONVENE_ABORTED:
        return CVN_EXIT_REFUSED;
    case CONVENE_UNAVAILABLE:
        return CVN_EXIT_UNREACHABLE;
    case CONVENE_DEADLINE_EXCEEDED:
        return status->unreachable ? CVN_EXIT_UNREACHABLE : CVN_EXIT_FAILED;
    case CONVENE_INVALID_ARGUMENT:
    case CONVENE_CANCELLED:
    case CONVENE_UNKNOWN:
    case CONVENE_PERMISSION_DENIED:
    case CONVENE_RESOURCE_EXHAUSTED:
    case CONVENE_OUT_OF_RANGE:
    case CONVENE_UNIMPLEMENTED:
    case CONVENE_INTERNAL:
    case CONVENE_DATA_LOSS:
        break;
    }
    return CVN_EXIT_FAILED;
}

static void strip_indexes(char plain[PATH_BYTES], const char *path)
{
    size_t n = 0;
    bool inside = false;
    for (; *path && n + 1 < PATH_BYTES; path++) {
        inside = *path == '[' || (inside && *path != ']');
        if (!inside && *path != ']') {
            plain[n++] = *path;
        }
    }
    plain[n] = '\0';
}

/* Whether whole is tail, or ends in "." and tail. */
static bool ends_in(const char *whole, const char *tail)
{
    size_t n = strlen(whole);
    size_t m = strlen(tail);
    return m > 0 && n >= m && strcmp(whole + n - m, tail) == 0 &&
           (n == m || whole[n - m - 1] == '.');
}

bool cvn_failure_is_field(const char *violation, const char *path)
{
    char plain[PATH_BYTES];
    strip_indexes(plain, violation);
    return ends_in(plain, path) || ends_in(path, plain);
}

/* Whether the field's last part, as "program_id", is what help calls the word, as PROGRAM. */
static bool is_word_of(const char *field, const char *word, size_t n)
{
    const char *dot = strrchr(field, '.');
    const char *part = dot ? dot + 1 : field;
    size_t len = strlen(part);
    if (len > 3 && strcmp(part + len - 3, "_id") == 0) {
        len -= 3;
    }
    if (len != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (word[i] != (part[i] == '_' ? '-' : toupper((unsigned char)part[i]))) {
            return false;
        }
    }
    return true;
}

size_t cvn_failure_word(const char *words, const char *field, const char **ret)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    bool id = strcmp(field, "id") == 0;
    for (const char *at = words + strcspn(words, letters); *at; at += strcspn(at, letters)) {
        size_t n = strspn(at, letters);
        bool only = at == words + strcspn(words, letters) && !at[n + strcspn(at + n, letters)];
        if ((id && only) || is_word_of(field, at, n)) {
            *ret = at;
            return n;
        }
        at += n;
    }
    return 0;
}

/* The option that names for whom a command is done; NULL where it has none. */
static const char *person_option(const struct cvn_option *options)
{
    for (const struct cvn_option *o = options; o && o->name; o++) {
        if (strcmp(o->name, "as") == 0 || strcmp(o->name, "person") == 0) {
            return o->name;
        }
    }
    return NULL;
}

static void print_violation(struct cvn_cli *cli, const struct convene_violation *violation)
{
    const struct cvn_option *options = cli->command ? cli->command->options : NULL;
    const char *person = person_option(options);
    if (person && strstr(violation->text, NOBODY)) {
        (void)fprintf(stderr,
                      "  --%s is missing: you are an administrator here, and nobody in particular; "
                      "an id or e-mail is right\n",
                      person);
        return;
    }
    if (cli->named_field && strcmp(violation->field, cli->named_field) == 0) {
        (void)fprintf(stderr, "  %s %s\n", cli->named, violation->text);
        return;
    }
    for (const struct cvn_option *o = options; o && o->name; o++) {
        if (o->path && cvn_failure_is_field(violation->field, o->path)) {
            (void)fprintf(stderr, "  --%s %s\n", o->name, violation->text);
            return;
        }
    }
    const char *word;
    size_t n = cvn_failure_word(cli->command ? cli->command->words : "", violation->field, &word);
    if (n > 0) {
        (void)fprintf(stderr, "  %.*s %s\n", (int)n, word, violation->text);
    } else {
        (void)fprintf(stderr, "  %s %s\n", violation->field, violation->text);
    }
}

static const char *or_default(const char *text, const char *fallback)
{
    return text && *text ? text : fallback;
}

/* Where nobody answers there is advice, unless the library knows why. */
static void print_unreachable(struct cvn_cli *cli, enum cvn_exit code, const char *message)
{
    static const char answers[] = "No server answers at ";
    const char *url = cli->client ? convene_url(cli->client) : "the address given";
    const char *why =
        strncmp(message, answers, strlen(answers)) == 0 ? message + strlen(answers) : "";
    if (strncmp(why, url, strlen(url)) == 0 && why[strlen(url)] == ':')
        (void)cvn_cli_fail(cli, code, "%s", message);
    else
        (void)cvn_cli_fail(cli, code,
                           "No server answers at %s. Start one with `convene serve`, or name "
                           "another with --url.",
                           url);
}

enum cvn_exit cvn_failure_print(struct cvn_cli *cli, const struct convene_status *status)
{
    enum cvn_exit code = cvn_failure_exit(status);
    const char *name = convene_code_name((int)status->code);
    const char *message = or_default(status->message, name);
    if (status->unreachable) {
        print_unreachable(cli, code, message);
    } else if (status->n_violations > 0) {
        (void)cvn_cli_fail(cli, code, "The server did not accept:");
        for (size_t i = 0; i < status->n_violations; i++) {
            print_violation(cli, &status->violations[i]);
        }
    } else {
        (void)cvn_cli_fail(cli, code, "%s", message);
    }
    if (status->code == CONVENE_UNAUTHENTICATED && !*status->reason) {
        (void)fprintf(stderr,
                      "Give an API key with --key-file, or ask over the server's ipc socket, on "
                      "its machine, as the user that runs it.\n");
    } else if (status->code == CONVENE_DEADLINE_EXCEEDED && !status->unreachable) {
        (void)fprintf(stderr, "Whether it took effect is not known. Wait longer with --timeout.\n");
    }
    if (cli->verbose) {
        (void)fprintf(stderr, "%s%s%s: %s\n", name, *status->reason ? " " : "", status->reason,
                      status->message);
    }
    return code;
}
