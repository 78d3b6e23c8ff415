/*
 * An engine that keeps everything in memory, for tests and simulations: nothing survives the
 * process. It keeps the same promises as the one on disk, but for durability.
 */
#ifndef CVN_STORAGE_ENGINE_MEMORY_H
#define CVN_STORAGE_ENGINE_MEMORY_H

struct cvn_engine_type;
struct cvn_memory;

extern const struct cvn_engine_type cvn_engine_memory;

/*
 * What a store in memory has in place of a disk: what was committed is in it, so that a store can
 * be closed, or given up as by a crash, and another be opened on it. One store at a time. NULL
 * without memory.
 */
struct cvn_memory *cvn_memory_new(void);

/* After the store. NULL is accepted. */
void cvn_memory_free(struct cvn_memory *memory);

#endif
