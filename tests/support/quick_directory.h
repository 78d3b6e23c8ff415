/* Where tests keep stores whose durability is not what they test: a disk would have them wait. */
#ifndef CVN_TESTS_QUICK_DIRECTORY_H
#define CVN_TESTS_QUICK_DIRECTORY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What a test's stores may come to, several tests at a time. */
#define QUICK_DIRECTORY_BYTES ((unsigned long long)512 << 20)

/* Makes a new directory, in memory where there is room for that. False when it cannot be made. */
static inline bool quick_directory_make(char path[64])
{
    static const char memory[] = "/dev/shm";
    struct statvfs room;
    bool quick = access(memory, W_OK | X_OK) == 0 && statvfs(memory, &room) == 0 &&
                 (unsigned long long)room.f_bavail * room.f_frsize >= QUICK_DIRECTORY_BYTES;
    (void)snprintf(path, 64, "%s/convene-test-XXXXXX", quick ? memory : "/tmp");
    return mkdtemp(path) != NULL;
}

#endif
