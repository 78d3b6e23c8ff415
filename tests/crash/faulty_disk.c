#include "tests/crash/faulty_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MAX = 1024, KINDS = FAULTY_DISK_TOLD + 1, VECTORS_MAX = 64 };

/* One for the process, as are the functions whose place it takes. */
static struct {
    pthread_mutex_t lock;
    bool is_data[FILES_MAX];
    bool is_meta[FILES_MAX]; /* of these, what was opened to sync each write */
    bool hurry;
    struct faulty_disk_plan plan;
    uint32_t calls[KINDS];
    struct faulty_disk_record *record;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* By the names that libraries call, whatever the headers here make of them. */
int faulty_open(const char *path, int flags, ...) __asm__("open");
int faulty_open64(const char *path, int flags, ...) __asm__("open64");
int faulty_close(int fd) __asm__("close");
ssize_t faulty_pwrite(int fd, const void *bytes, size_t n, off_t at) __asm__("pwrite");
ssize_t faulty_pwrite64(int fd, const void *bytes, size_t n, off_t at) __asm__("pwrite64");
ssize_t faulty_write(int fd, const void *bytes, size_t n) __asm__("write");
ssize_t faulty_writev(int fd, const struct iovec *vectors, int n) __asm__("writev");
int faulty_fdatasync(int fd) __asm__("fdatasync");
int faulty_fsync(int fd) __asm__("fsync");
int faulty_ftruncate(int fd, off_t size) __asm__("ftruncate");
int faulty_ftruncate64(int fd, off_t size) __asm__("ftruncate64");

static bool is_data_file(int fd)
{
    return fd >= 0 && fd < FILES_MAX && disk.is_data[fd];
}

static void note(enum faulty_disk_kind kind, uint64_t at, const void *bytes, size_t n)
{
    struct faulty_disk_record *record = disk.record;
    if (!record)
        return;
    if (record->n == record->room) {
        size_t room = record->room ? 2 * record->room : 256;
        struct faulty_disk_event *more = realloc(record->events, room * sizeof *more);
        if (!more) {
            record->incomplete = true;
            return;
        }
        record->events = more;
        record->room = room;
    }
    uint8_t *copy = n ? malloc(n) : NULL;
    if (n && !copy) {
        record->incomplete = true;
        return;
    }
    if (n)
        memcpy(copy, bytes, n);
    record->events[record->n++] = (struct faulty_disk_event){kind, at, n, copy};
}

/* Counts a call and says whether it is to fail. */
static bool fails(enum faulty_disk_kind kind)
{
    uint32_t call = ++disk.calls[kind];
    const struct faulty_disk_plan *plan = &disk.plan;
    return plan->first && plan->kind == kind && call >= plan->first &&
           call - plan->first < plan->times;
}

/* A write at a place, whole, or as the plan has it. */
static ssize_t write_at(int fd, const void *bytes, size_t n, off_t at)
{
    enum faulty_disk_kind kind = disk.is_meta[fd] ? FAULTY_DISK_META : FAULTY_DISK_WRITE;
    (void)pthread_mutex_lock(&disk.lock);
    bool fail = fails(kind);
    size_t written = !fail ? n : disk.plan.torn_bytes < n ? disk.plan.torn_bytes : n - 1;
    ssize_t r = written ? syscall(SYS_pwrite64, fd, bytes, written, at) : 0;
    int error = r < 0 ? errno : fail ? disk.plan.error : 0;
    if (r > 0)
        note(kind, (uint64_t)at, bytes, (size_t)r);
    (void)pthread_mutex_unlock(&disk.lock);
    if (error == 0)
        return r;
    errno = error;
    return -1;
}

static int open_noting(const char *path, int flags, mode_t mode)
{
    static const char data[] = "/data.mdb";
    size_t len = strlen(path), n = sizeof data - 1;
    bool is_data = len >= n && strcmp(path + len - n, data) == 0;
    int given = is_data && disk.hurry ? flags & ~O_DSYNC : flags;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, given, mode);
    if (fd >= 0 && fd < FILES_MAX) {
        disk.is_data[fd] = is_data;
        disk.is_meta[fd] = is_data && flags & O_DSYNC;
    }
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int faulty_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_noting(path, flags, mode);
}

int faulty_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_noting(path, flags, mode);
}

int faulty_close(int fd)
{
    if (fd >= 0 && fd < FILES_MAX)
        disk.is_data[fd] = false;
    return (int)syscall(SYS_close, fd);
}

ssize_t faulty_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return is_data_file(fd) ? write_at(fd, bytes, n, at) : syscall(SYS_pwrite64, fd, bytes, n, at);
}

ssize_t faulty_pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
    return faulty_pwrite(fd, bytes, n, at);
}

/* As pwrite, where the file's own position is, and moves that. */
static ssize_t write_here(int fd, const void *bytes, size_t n)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t r = at < 0 ? -1 : write_at(fd, bytes, n, at);
    if (r > 0)
        (void)lseek(fd, at + r, SEEK_SET);
    return r;
}

ssize_t faulty_write(int fd, const void *bytes, size_t n)
{
    return is_data_file(fd) ? write_here(fd, bytes, n) : syscall(SYS_write, fd, bytes, n);
}

ssize_t faulty_writev(int fd, const struct iovec *vectors, int n)
{
    if (!is_data_file(fd) || n > VECTORS_MAX)
        return syscall(SYS_writev, fd, vectors, n);
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += vectors[i].iov_len;
    uint8_t *bytes = malloc(size), *at = bytes;
    if (!bytes) {
        errno = ENOMEM;
        return -1;
    }
    for (int i = 0; i < n; i++) {
        memcpy(at, vectors[i].iov_base, vectors[i].iov_len);
        at += vectors[i].iov_len;
    }
    ssize_t r = write_here(fd, bytes, size);
    int error = errno;
    free(bytes);
    errno = error;
    return r;
}

static int sync_file(int fd, long call)
{
    if (!is_data_file(fd))
        return disk.hurry ? 0 : (int)syscall(call, fd);
    (void)pthread_mutex_lock(&disk.lock);
    bool fail = fails(FAULTY_DISK_SYNC);
    int r = fail || disk.hurry ? 0 : (int)syscall(call, fd);
    if (r == 0 && !fail)
        note(FAULTY_DISK_SYNC, 0, NULL, 0);
    int error = fail ? disk.plan.error : errno;
    (void)pthread_mutex_unlock(&disk.lock);
    if (r == 0 && !fail)
        return 0;
    errno = error;
    return -1;
}

int faulty_fdatasync(int fd)
{
    return sync_file(fd, SYS_fdatasync);
}

int faulty_fsync(int fd)
{
    return sync_file(fd, SYS_fsync);
}

int faulty_ftruncate(int fd, off_t size)
{
    if (!is_data_file(fd))
        return (int)syscall(SYS_ftruncate, fd, size);
    (void)pthread_mutex_lock(&disk.lock);
    bool fail = fails(FAULTY_DISK_TRUNCATE);
    int r = fail ? -1 : (int)syscall(SYS_ftruncate, fd, size);
    if (r == 0)
        note(FAULTY_DISK_TRUNCATE, (uint64_t)size, NULL, 0);
    int error = fail ? disk.plan.error : errno;
    (void)pthread_mutex_unlock(&disk.lock);
    errno = error;
    return r;
}

int faulty_ftruncate64(int fd, off_t size)
{
    return faulty_ftruncate(fd, size);
}

void faulty_disk_plan(const struct faulty_disk_plan *plan)
{
    (void)pthread_mutex_lock(&disk.lock);
    disk.plan = plan ? *plan : (struct faulty_disk_plan){0};
    memset(disk.calls, 0, sizeof disk.calls);
    (void)pthread_mutex_unlock(&disk.lock);
}

uint32_t faulty_disk_calls(enum faulty_disk_kind kind)
{
    (void)pthread_mutex_lock(&disk.lock);
    uint32_t n = disk.calls[kind];
    (void)pthread_mutex_unlock(&disk.lock);
    return n;
}

void faulty_disk_record(struct faulty_disk_record *record)
{
    (void)pthread_mutex_lock(&disk.lock);
    disk.record = record;
    (void)pthread_mutex_unlock(&disk.lock);
}

void faulty_disk_tell(uint64_t number)
{
    (void)pthread_mutex_lock(&disk.lock);
    note(FAULTY_DISK_TOLD, number, NULL, 0);
    (void)pthread_mutex_unlock(&disk.lock);
}

void faulty_disk_record_deinit(struct faulty_disk_record *record)
{
    for (size_t i = 0; i < record->n; i++)
        free(record->events[i].bytes);
    free(record->events);
    *record = (struct faulty_disk_record){0};
}

void faulty_disk_hurry(bool hurry)
{
    disk.hurry = hurry;
}

/* The plan of the environment, for LD_PRELOAD; a text that is none stops the program. */
__attribute__((constructor)) static void read_environment(void)
{
    static const char *const kinds[] = {"write", "meta", "sync", "truncate"};
    const char *text = getenv("CONVENE_FAULTY_DISK");
    char kind[16], error[16];
    unsigned first, times = 1, torn = 0;
    if (!text)
        return;
    int n = sscanf(text, "%15[a-z]:%u:%15[A-Z]:%u:%u", kind, &first, error, &times, &torn);
    struct faulty_disk_plan plan = {
        .kind = FAULTY_DISK_TOLD, .first = first, .times = times, .torn_bytes = torn};
    for (unsigned i = 0; n >= 3 && i < 4; i++)
        if (strcmp(kind, kinds[i]) == 0)
            plan.kind = (enum faulty_disk_kind)i;
    plan.error = n >= 3 && strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
    if (plan.kind == FAULTY_DISK_TOLD) {
        (void)fprintf(stderr, "CONVENE_FAULTY_DISK is \"%s\"; sync:20:EIO is right.\n", text);
        abort();
    }
    faulty_disk_plan(&plan);
}
