#include "client/cli/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { CHUNK_BYTES = 4096, KEPT_BYTES = 1 << 20, POLL_MS = 10, SIGNALLED = 128 };

static int status_of(int raw)
{
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : SIGNALLED + WTERMSIG(raw);
}

/* Starts argv with both outputs going to fd and no signal blocked. */
static int spawn_to(pid_t *ret_pid, char *const *argv, int fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    (void)sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions)) {
        return -ENOMEM;
    }
    if (posix_spawnattr_init(&attributes)) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    int r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    r = r ? r : posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    r = r ? r : posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
    r = r ? r : posix_spawnattr_setsigmask(&attributes, &none);
    r = r ? r : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    r = r ? r : posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* Everything that comes out of fd; NULL without memory. */
static char *read_all(int fd, FILE *echo)
{
    char *kept = calloc(1, KEPT_BYTES + 1);
    size_t n = 0;
    char chunk[CHUNK_BYTES];
    ssize_t len;
    while ((len = read(fd, chunk, sizeof chunk)) > 0 || (len < 0 && errno == EINTR)) {
        if (len < 0) {
            continue;
        }
        (void)fwrite(chunk, 1, (size_t)len, echo);
        (void)fflush(echo);
        size_t room = KEPT_BYTES - n;
        size_t take = (size_t)len < room ? (size_t)len : room;
        if (kept) {
            memcpy(kept + n, chunk, take);
            n += take;
        }
    }
    return kept;
}

int cvn_subprocess_run(char *const *argv, FILE *echo, char **ret_output)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) {
        return -errno;
    }
    pid_t pid;
    int r = spawn_to(&pid, argv, ends[1]);
    (void)close(ends[1]);
    char *output = r ? NULL : read_all(ends[0], echo);
    (void)close(ends[0]);
    if (r) {
        return r;
    }
    int raw;
    while (waitpid(pid, &raw, 0) < 0) {
        if (errno != EINTR) {
            free(output);
            return -errno;
        }
    }
    if (!output) {
        return -ENOMEM;
    }
    *ret_output = output;
    return status_of(raw);
}

int cvn_subprocess_start(pid_t *ret_pid, char *const *argv, const char *log_path)
{
    int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    int r = spawn_to(ret_pid, argv, fd);
    (void)close(fd);
    return r;
}

bool cvn_subprocess_ended(pid_t pid, int *ret_status)
{
    int raw;
    pid_t found = waitpid(pid, &raw, WNOHANG);
    if (found == pid) {
        *ret_status = status_of(raw);
    }
    return found == pid;
}

bool cvn_subprocess_wait(pid_t pid, int timeout_ms, int *ret_status)
{
    for (int waited_ms = 0; waited_ms <= timeout_ms; waited_ms += POLL_MS) {
        if (cvn_subprocess_ended(pid, ret_status)) {
            return true;
        }
        (void)nanosleep(&(struct timespec){0, POLL_MS * 1000000}, NULL);
    }
    return false;
}
