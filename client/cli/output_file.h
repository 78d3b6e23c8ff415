/* A file that a command writes: what was there before stays until the new one is whole. */
#ifndef CVN_CLIENT_CLI_OUTPUT_FILE_H
#define CVN_CLIENT_CLI_OUTPUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct cvn_output {
    FILE *file;
    char name[PATH_MAX], part[PATH_MAX]; /* part: "" where it is written in place */
};

/*
 * Opens NAME.part beside the file, for those who may read that; or the file itself where it is none
 * of the regular kind, or nothing can be made beside it. NULL is standard output. 0 or -errno.
 */
int cvn_output_open(struct cvn_output *output, const char *name);

/*
 * Closes it. What is whole takes the place of the file; what is not is removed. 0, or -errno when
 * it could not all be written, and then it is removed, too.
 */
int cvn_output_close(struct cvn_output *output, bool whole);

#endif
