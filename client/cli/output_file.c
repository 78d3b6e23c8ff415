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
    bool there = lstat(name, &found) == 0;
    if (snprintf(output->name, sizeof output->name, "%s", name) >= PATH_MAX ||
        snprintf(output->part, sizeof output->part, "%s.part", name) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    output->file = there && !S_ISREG(found.st_mode) ? NULL : fopen(output->part, "wbe");
    if (output->file && there) {
        (void)fchmod(fileno(output->file), found.st_mode & 0777);
    }
    if (!output->file) { /* a device; or a file in a folder where no other may be made */
        output->part[0] = '\0';
        output->file = fopen(name, "wbe");
    }
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
