/*
 * Stands between LMDB and the C library: records the order of the writes and syncs of a store's
 * data file, and lets those chosen fail, come to half, or take no time. Linked into a test it takes
 * the place of the library's functions for every library that the program uses; built as a module
 * it does so by LD_PRELOAD, and then the environment variable CONVENE_FAULTY_DISK says what fails:
 *
 *     CONVENE_FAULTY_DISK=sync:20:EIO         the 20th sync, and that one only
 *     CONVENE_FAULTY_DISK=write:5:ENOSPC:100  the writes 5 to 104
 *     CONVENE_FAULTY_DISK=meta:9:EIO:1:60     the 9th write of a meta page, after its 60th byte
 *
 * LMDB 0.9.24 and later write data pages by pwrite, or by lseek and writev, then call fdatasync,
 * and then write a meta page by pwrite through a second descriptor that is O_DSYNC.
 */
#ifndef CVN_TESTS_FAULTY_DISK_H
#define CVN_TESTS_FAULTY_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum faulty_disk_kind {
    FAULTY_DISK_WRITE, /* of data pages: on the disk after the next sync */
    FAULTY_DISK_META,  /* through the descriptor that syncs: on the disk when it returns */
    FAULTY_DISK_SYNC,
    FAULTY_DISK_TRUNCATE, /* at is the new size */
    FAULTY_DISK_TOLD,     /* faulty_disk_tell: at is its number */
};

struct faulty_disk_event {
    enum faulty_disk_kind kind;
    uint64_t at;
    size_t n;
    uint8_t *bytes; /* n of them */
};

struct faulty_disk_record {
    struct faulty_disk_event *events;
    size_t n, room;
    bool incomplete; /* there was no memory for an event */
};

/* Which calls fail. */
struct faulty_disk_plan {
    enum faulty_disk_kind kind;
    uint32_t first;    /* the first call of the kind that fails, from 1; 0: none */
    uint32_t times;    /* so many calls, one after the other */
    int error;         /* errno; 0: the call comes to torn_bytes and says so */
    size_t torn_bytes; /* of a write that fails, so many are written all the same */
};

/* Begins to count calls for the plan; NULL ends it. */
void faulty_disk_plan(const struct faulty_disk_plan *plan);
/* How many calls of the kind there were since the plan began. */
uint32_t faulty_disk_calls(enum faulty_disk_kind kind);

/* From now on what happens is added to the record; NULL ends it. */
void faulty_disk_record(struct faulty_disk_record *record);
/* Adds an event of the test's own to the record. */
void faulty_disk_tell(uint64_t number);
void faulty_disk_record_deinit(struct faulty_disk_record *record);

/* Syncs succeed at once, for stores that are thrown away. */
void faulty_disk_hurry(bool hurry);

#endif
