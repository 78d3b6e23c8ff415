/* The engine of every server: LMDB, a memory-mapped B+ tree of copied pages in one file. */
#ifndef CVN_STORAGE_ENGINE_LMDB_H
#define CVN_STORAGE_ENGINE_LMDB_H

struct cvn_engine_type;

extern const struct cvn_engine_type cvn_engine_lmdb;

#endif
