#include "services/store_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells at its end. */
struct outcome {
    int result;
    struct cvn_error err;
};

static void __attribute__((noreturn))
be_child(int end, int (*job)(void *arg, struct cvn_error *err), void *arg)
{
    struct outcome outcome = {0};
    const struct rlimit no_core = {0, 0}; /* it would be of the store's size */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (nowhere >= 0)
        (void)dup2(nowhere, STDERR_FILENO); /* LMDB's last words are of its own lines */
    outcome.result = job(arg, &outcome.err);
    bool told = write(end, &outcome, sizeof outcome) == (ssize_t)sizeof outcome;
    bool printed = fflush(stdout) == 0;
    _exit(told && printed ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int read_outcome(int end, struct outcome *ret)
{
    size_t n = 0;
    while (n < sizeof *ret) {
        ssize_t got = read(end, (char *)ret + n, sizeof *ret - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -EUCLEAN;
        n += (size_t)got;
    }
    return 0;
}

int cvn_store_guard(const char *what, int (*job)(void *arg, struct cvn_error *err), void *arg,
                    struct cvn_error *err)
{
    int ends[2], status = 0;
    struct outcome outcome;
    (void)fflush(NULL);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child < 0)
        return cvn_error_set(err, -errno, "No process for the work can be started: %s.",
                             strerror(errno));
    if (child == 0) {
        (void)close(ends[0]);
        be_child(ends[1], job, arg);
    }
    (void)close(ends[1]);
    int r = read_outcome(ends[0], &outcome);
    (void)close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (r)
        return cvn_error_set(
            err, r, "%s is damaged: whoever reads it is ended (%s). Restore it from a backup.",
            what, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "without a signal");
    return outcome.result ? cvn_error_set(err, outcome.result, "%s", outcome.err.text) : 0;
}
