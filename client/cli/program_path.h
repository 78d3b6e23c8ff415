/* Programs that belong to this one: beside it first, then on PATH. */
#ifndef CVN_CLIENT_CLI_PROGRAM_PATH_H
#define CVN_CLIENT_CLI_PROGRAM_PATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the path of the program of that name in the folder of the running one, or in a folder
 * beside it that a build makes; the bare name, for execvp to look for on PATH, where there is none.
 */
void cvn_program_path(char *path, size_t size, const char *name);

/* Writes the running program's own path. False when it cannot be told. */
bool cvn_program_self(char *path, size_t size);

#endif
