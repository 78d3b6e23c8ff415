#include "client/cli/output_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int cvn_output_open(struct cvn_output *output, const char *name)
{
    struct stat found;
    *output = (struct cvn_output){.file = stdout};
    if (!name) {
        return 0;
    }
    bool in_place = lstat(name, &found) == 0 && !S_ISREG(found.st_mode);
    if (snprintf(output->name, sizeof output->name, "%s", name) >= PATH_MAX ||
        (!in_place && snprintf(output->part, sizeof output->part, "%s.part", name) >= PATH_MAX)) {
        return -ENAMETOOLONG;
    }
    output->file = fopen(in_place ? name : output->part, "wbe");
    return output->file ? 0 : -errno;
}

int cvn_output_close(struct cvn_output *output, bool whole)
{
    int r = ferror(output->file) ? -EIO : 0;
    if (r && fputc('\n', output->file) != EOF) { /* what is lost anyway says why once more */
        clearerr(output->file);
    }
    if (fflush(output->file)) {
        r = -errno;
    }
    if (output->file != stdout && fclose(output->file) && r == 0) {
        r = -errno;
    }
    if (r == 0 && whole && output->part[0] && rename(output->part, output->name) == 0) {
        return 0;
    }
    if (r == 0 && whole && output->part[0]) {
        r = -errno;
    }
    if (output->part[0]) {
        (void)unlink(output->part);
    }
    return r;
}
