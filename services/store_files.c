#include "services/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1200 };

bool cvn_store_files_absent(const char *path, struct cvn_error *err)
{
    DIR *directory = opendir(path);
    if (!directory && errno == ENOENT)
        return true;
    if (!directory) {
        (void)cvn_error_set(err, -errno, "%s cannot be looked into: %s.", path, strerror(errno));
        return false;
    }
    bool empty = true;
    for (struct dirent *entry; empty && (entry = readdir(directory));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    (void)closedir(directory);
    if (!empty)
        (void)cvn_error_set(err, -EEXIST,
                            "%s is not empty; a backup is restored where nothing is. Choose "
                            "another directory, or move this one away.",
                            path);
    return empty;
}

void cvn_store_files_sync_parent(const char *path)
{
    char copy[PATH_BYTES];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

int cvn_store_files_put_in_place(const char *from, const char *to, struct cvn_error *err)
{
    if (rename(from, to) < 0)
        return cvn_error_set(err, errno == ENOTEMPTY ? -EEXIST : -errno,
                             "%s cannot be renamed to %s: %s.", from, to, strerror(errno));
    cvn_store_files_sync_parent(to);
    return 0;
}

int cvn_store_files_exchange(const char *a, const char *b, struct cvn_error *err)
{
    if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
        return cvn_error_set(err, -errno, "%s and %s cannot change places: %s.", a, b,
                             strerror(errno));
    cvn_store_files_sync_parent(a);
    return 0;
}

int64_t cvn_store_files_bytes(const char *store)
{
    char name[PATH_BYTES];
    struct stat found;
    (void)snprintf(name, sizeof name, "%s/data.mdb", store);
    return stat(name, &found) == 0 ? (int64_t)found.st_size : -1;
}

static void remove_store(const char *path)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "store.lock"};
    char name[PATH_BYTES + 16];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(name, sizeof name, "%s/%s", path, files[i]);
        (void)unlink(name);
    }
    (void)rmdir(path);
}

void cvn_store_files_remove(const char *path)
{
    static const char *const stores[] = {"events", "mentoring"};
    char name[PATH_BYTES];
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        (void)snprintf(name, sizeof name, "%s/%s", path, stores[i]);
        remove_store(name);
    }
    remove_store(path);
}
