/* Programs that this one starts: one to its end with its output kept, or one that stays. */
#ifndef CVN_CLIENT_CLI_SUBPROCESS_H
#define CVN_CLIENT_CLI_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Runs argv[0] (looked for on PATH) to its end, copies what it writes to standard output and error
 * to echo, and gives the first MiB of it as *ret_output, to be freed. Returns its exit status; 128
 * and more for a signal; -errno when it could not be run.
 */
int cvn_subprocess_run(char *const *argv, FILE *echo, char **ret_output);

/* Starts argv[0] with standard output and error going to the file at log_path. 0 or -errno. */
int cvn_subprocess_start(pid_t *ret_pid, char *const *argv, const char *log_path);

/* Whether it has ended; *ret_status as run returns it. */
bool cvn_subprocess_ended(pid_t pid, int *ret_status);

/* Waits for its end, at most timeout_ms. False when it still runs. */
bool cvn_subprocess_wait(pid_t pid, int timeout_ms, int *ret_status);

#endif
