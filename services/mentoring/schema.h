/*
 * The versions of the mentoring service's store. A step leads from each to the next; it runs when a
 * newer program opens an older store (storage/store.h).
 *
 *     0  as first released: results of runs are packed ExplainMatchResponses, a page each
 *     1  results name people and texts by number (runs/result_row.h)
 */
#ifndef CVN_SERVICES_MENTORING_SCHEMA_H
#define CVN_SERVICES_MENTORING_SCHEMA_H

#include "storage/store.h"

enum { CVN_MENTORING_SCHEMA = 1 };

extern cvn_schema_step *const cvn_mentoring_schema_steps[CVN_MENTORING_SCHEMA];

#endif
