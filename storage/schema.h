/* The schema version that a store carries. */
#ifndef CVN_STORAGE_SCHEMA_H
#define CVN_STORAGE_SCHEMA_H

#include "storage/txn.h"

#include <stdint.h>

/* 0 and *ret, 0 for a new store; -EUCLEAN when what is there is no version; a fault. */
int cvn_schema_read(struct cvn_txn *txn, uint32_t *ret);

/* As cvn_txn_put. */
int cvn_schema_write(struct cvn_txn *txn, uint32_t version);

#endif
