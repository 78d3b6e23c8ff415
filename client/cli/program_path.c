#include "client/cli/program_path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool cvn_program_self(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size);
    if (len <= 0 || (size_t)len >= size) {
        return false;
    }
    path[len] = '\0';
    return true;
}

void cvn_program_path(char *path, size_t size, const char *name)
{
    /* In a build tree client/convene stands beside services/convened. */
    static const char *const folders[] = {"", "../services/", "../sbin/"};
    char self[PATH_MAX];
    char *slash = cvn_program_self(self, sizeof self) ? strrchr(self, '/') : NULL;
    for (size_t i = 0; slash && i < sizeof folders / sizeof *folders; i++) {
        slash[1] = '\0';
        int len = snprintf(path, size, "%s%s%s", self, folders[i], name);
        if (len > 0 && (size_t)len < size && access(path, X_OK) == 0) {
            return;
        }
    }
    (void)snprintf(path, size, "%s", name);
}
