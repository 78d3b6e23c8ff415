/* What the methods of the events service share beside the store. */
#ifndef CVN_SERVICES_EVENTS_SERVICE_H
#define CVN_SERVICES_EVENTS_SERVICE_H

#include "base/zone.h"

/* The service state given to cvn_methods_bind; lives as long as the server. */
struct cvn_events_service {
    struct cvn_zones *zones; /* borrowed */
};

#endif
