/*
 * Runs a fuzz target over files, so that every seed and every input that once failed is an ordinary
 * test: replay DIRECTORY|FILE… Fails when a target aborts, and when there was nothing to run.
 */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20 };

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(FILE_BYTES_MAX);
    if (!file || !data) {
        (void)fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    size_t len = fread(data, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    /* A copy of its own size, so that a sanitizer sees a read past the end. */
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        exit(1);
    memcpy(exact, data, len);
    free(data);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 1;
}

static int run_directory(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return run_file(path);
    int n = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        n += run_file(name);
    }
    (void)closedir(directory);
    return n;
}

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++)
        n += run_directory(argv[i]);
    (void)printf("%d inputs\n", n);
    return n > 0 ? 0 : 1;
}
