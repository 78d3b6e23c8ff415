/* The stores' figures as text for Prometheus, exposition format 0.0.4. */
#ifndef CVN_SERVICES_STORE_METRICS_H
#define CVN_SERVICES_STORE_METRICS_H

#include "services/store_admin.h"

#include <stdio.h>

/* Writes all stores' figures, by name. 0, or -EIO when out takes no more. */
int cvn_store_metrics_write(FILE *out, const struct cvn_store_admin *stores);

#endif
