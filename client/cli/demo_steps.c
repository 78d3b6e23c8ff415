#include "client/cli/demo_steps.h"

#include "client/cli/program_path.h"
#include "client/cli/subprocess.h"
#include "client/demo/files.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    WORDS_MAX = 24,
    READY_TIMEOUT_MS = 30000,
    READY_POLL_MS = 20,
    STOP_TIMEOUT_MS = 15000,
    LOG_BYTES = 8192,
    FOLDERS_OPEN_MAX = 16,
};

struct cvn_demo {
    struct cvn_cli *cli;
    char folder[PATH_MAX];
    char self[PATH_MAX];
    char url[PATH_MAX];
    char log[PATH_MAX];
    pid_t server;
    char *output; /* of the last step */
    int n_steps;
    sigset_t signals; /* that were let through before */
};

static const char *style(const struct cvn_demo *demo, const char *code)
{
    return demo->cli->colour && demo->cli->out_terminal ? code : "";
}

/* Where Ctrl-C is only noted, so that the server and the folder do not stay behind. */
static void hold_signals(struct cvn_demo *demo)
{
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &held, &demo->signals);
}

static bool interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
            sigismember(&pending, SIGHUP) == 1);
}

static bool make_folder(struct cvn_demo *demo)
{
    /* A socket's path has at most 107 bytes, which a long TMPDIR would exceed. */
    const char *base = getenv("TMPDIR");
    bool fits = base && *base == '/' && strlen(base) < 64;
    (void)snprintf(demo->folder, sizeof demo->folder, "%s/convene-demo-XXXXXX",
                   fits ? base : "/tmp");
    if (!mkdtemp(demo->folder)) {
        demo->folder[0] = '\0';
        return false;
    }
    return true;
}

static bool log_has(const struct cvn_demo *demo, const char *text)
{
    char log[LOG_BYTES];
    FILE *file = fopen(demo->log, "re");
    size_t n = file ? fread(log, 1, sizeof log - 1, file) : 0;
    log[n] = '\0';
    if (file) {
        (void)fclose(file);
    }
    return strstr(log, text) != NULL;
}

static void print_log(const struct cvn_demo *demo)
{
    FILE *file = fopen(demo->log, "re");
    char line[512];
    while (file && fgets(line, sizeof line, file)) {
        (void)fputs(line, stderr);
    }
    if (file) {
        (void)fclose(file);
    }
}

static enum cvn_exit start_server(struct cvn_demo *demo)
{
    char program[PATH_MAX];
    char data[PATH_MAX + 8];
    cvn_program_path(program, sizeof program, "convened");
    (void)snprintf(data, sizeof data, "%s/data", demo->folder);
    char *const argv[] = {program, (char *)"--data", data, (char *)"--listen", demo->url, NULL};
    (void)printf("%s$ convene serve --data data --listen %s &%s\n", style(demo, "\033[1m"),
                 demo->url, style(demo, "\033[0m"));
    int r = cvn_subprocess_start(&demo->server, argv, demo->log);
    if (r) {
        demo->server = 0;
        return cvn_cli_fail(demo->cli, CVN_EXIT_FAILED,
                            "convened cannot be started: %s. It is installed together with "
                            "convene.",
                            strerror(-r));
    }
    for (int waited_ms = 0; waited_ms < READY_TIMEOUT_MS; waited_ms += READY_POLL_MS) {
        int status;
        if (log_has(demo, "convened: ready on")) {
            (void)printf("%s$ export CONVENE_URL=%s%s\n", style(demo, "\033[1m"), demo->url,
                         style(demo, "\033[0m"));
            return CVN_EXIT_DONE;
        }
        if (cvn_subprocess_ended(demo->server, &status)) {
            demo->server = 0;
            print_log(demo);
            return cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "The server ended at once, with %d.",
                                status);
        }
        (void)nanosleep(&(struct timespec){0, READY_POLL_MS * 1000000}, NULL);
    }
    print_log(demo);
    return cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "The server was not ready after %d s.",
                        READY_TIMEOUT_MS / 1000);
}

enum cvn_exit cvn_demo_begin(struct cvn_cli *cli, struct cvn_demo **ret_demo)
{
    struct cvn_demo *demo = calloc(1, sizeof *demo);
    if (!demo) {
        return cvn_cli_no_memory(cli);
    }
    *ret_demo = demo;
    demo->cli = cli;
    hold_signals(demo);
    struct cvn_civil today = cvn_zone_civil(cli->zone, cli->now_ms);
    if (!make_folder(demo) || !cvn_program_self(demo->self, sizeof demo->self)) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "A temporary folder cannot be made: %s.",
                            strerror(errno));
    }
    (void)snprintf(demo->url, sizeof demo->url, "ipc://%.100s/convene.sock", demo->folder);
    (void)snprintf(demo->log, sizeof demo->log, "%.100s/server.log", demo->folder);
    int r = cvn_demo_write_files(demo->folder, &today);
    /* The demo's calls are those of the server's own user, over ipc. */
    (void)unsetenv("CONVENE_KEY");
    (void)unsetenv("CONVENE_KEY_FILE");
    if (r || chdir(demo->folder) || setenv("CONVENE_URL", demo->url, 1)) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The sample files cannot be written: %s.",
                            strerror(r ? -r : errno));
    }
    cvn_demo_title(demo, "A server in a temporary folder");
    return start_server(demo);
}

void cvn_demo_title(struct cvn_demo *demo, const char *text)
{
    (void)printf("\n%s# %s%s\n\n", style(demo, "\033[36m"), text, style(demo, "\033[0m"));
    (void)fflush(stdout);
}

static void print_command(const struct cvn_demo *demo, char *const *words)
{
    (void)printf("%s$ convene", style(demo, "\033[1m"));
    for (; *words; words++) {
        bool quote = strpbrk(*words, " \"'") != NULL;
        (void)printf(quote ? " \"%s\"" : " %s", *words);
    }
    (void)printf("%s\n", style(demo, "\033[0m"));
    (void)fflush(stdout);
}

static bool has_all(const char *output, const char *expected, char *missing, size_t size)
{
    while (*expected) {
        size_t len = strcspn(expected, "|");
        (void)snprintf(missing, size, "%.*s", (int)len, expected);
        if (!strstr(output, missing)) {
            return false;
        }
        expected += len + (expected[len] == '|');
    }
    return true;
}

bool cvn_demo_step(struct cvn_demo *demo, const char *expected, ...)
{
    char *words[WORDS_MAX + 2] = {demo->self};
    size_t n = 1;
    va_list list;
    va_start(list, expected);
    for (char *word; n <= WORDS_MAX && (word = va_arg(list, char *));) {
        words[n++] = word;
    }
    va_end(list);
    words[n] = NULL;
    demo->n_steps++;
    print_command(demo, words + 1);
    free(demo->output);
    demo->output = NULL;
    int status = cvn_subprocess_run(words, stdout, &demo->output);
    (void)putchar('\n');
    if (interrupted()) {
        (void)cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "Interrupted.");
        return false;
    }
    char missing[256] = "";
    if (status != 0) {
        (void)cvn_cli_fail(demo->cli, CVN_EXIT_FAILED,
                           "Step %d, convene %s %s, exited with %d instead of 0.", demo->n_steps,
                           words[1], words[2], status);
        return false;
    }
    if (!has_all(demo->output, expected, missing, sizeof missing)) {
        (void)cvn_cli_fail(demo->cli, CVN_EXIT_FAILED,
                           "Step %d, convene %s %s, did not say \"%s\".", demo->n_steps, words[1],
                           words[2], missing);
        return false;
    }
    return true;
}

bool cvn_demo_find_id(struct cvn_demo *demo, const char *prefix, const char *line_text,
                      char id[CONVENE_ID_BYTES])
{
    const char *at = demo->output ? demo->output : "";
    if (line_text) {
        const char *line = strstr(at, line_text);
        at = line ? line : "";
    }
    at = strstr(at, prefix);
    size_t len = at ? strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
    if (len == 0 || len >= CONVENE_ID_BYTES) {
        (void)cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "Step %d showed no id like %s….",
                           demo->n_steps, prefix);
        return false;
    }
    memcpy(id, at, len);
    id[len] = '\0';
    return true;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *place)
{
    (void)status;
    (void)flag;
    (void)place;
    (void)remove(path);
    return 0;
}

/* Asks the server to stop and waits; a server that must be killed has not stopped cleanly. */
static enum cvn_exit stop_server(struct cvn_demo *demo)
{
    int status = 0;
    (void)kill(demo->server, SIGTERM);
    if (!cvn_subprocess_wait(demo->server, STOP_TIMEOUT_MS, &status)) {
        (void)kill(demo->server, SIGKILL);
        (void)cvn_subprocess_wait(demo->server, STOP_TIMEOUT_MS, &status);
        return cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "The server did not stop within %d s.",
                            STOP_TIMEOUT_MS / 1000);
    }
    if (status) {
        print_log(demo);
        return cvn_cli_fail(demo->cli, CVN_EXIT_FAILED, "The server ended with %d, not with 0.",
                            status);
    }
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_demo_end(struct cvn_demo *demo, enum cvn_exit code)
{
    if (!demo) {
        return code;
    }
    if (demo->server > 0) {
        enum cvn_exit stopped = stop_server(demo);
        code = code ? code : stopped;
    }
    if (*demo->folder) {
        (void)chdir("/");
        (void)nftw(demo->folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
    }
    if (code == CVN_EXIT_DONE) {
        cvn_demo_title(demo, "That was it: the server stopped cleanly, its folder is gone");
        (void)puts("Next:\n"
                   "  convene serve                    run a server of your own\n"
                   "  convene help                     what else there is\n"
                   "  convene help events import       the columns of a file of meetups");
    }
    (void)fflush(stdout);
    (void)sigprocmask(SIG_SETMASK, &demo->signals, NULL);
    free(demo->output);
    free(demo);
    return code;
}
