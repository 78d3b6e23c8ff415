/*
 * What each server offers besides its services: health, reflection, and counting of its calls.
 */
#ifndef CVN_SERVICES_OFFER_H
#define CVN_SERVICES_OFFER_H

#include "rpc/health.h"
#include "rpc/metrics.h"
#include "rpc/reflection.h"

/* What the servers of a process share; embedded by value, zeroed before init. */
struct cvn_offer_shared {
    struct cvn_types *types; /* of the whole contract */
    struct cvn_metrics *metrics;
};

/* 0, or a fault with the sentence in err. */
int cvn_offer_shared_init(struct cvn_offer_shared *shared, struct cvn_error *err);
void cvn_offer_shared_deinit(struct cvn_offer_shared *shared);

/* What one server has; embedded by value, zeroed before init; to outlive the server. */
struct cvn_offer {
    struct cvn_health *health;
    struct cvn_reflection reflection;
};

/*
 * Adds health and reflection to the server, behind all other services and before it starts. Each of
 * its services is SERVING and has its rows in the metrics, which count once their interceptor is
 * among the server's. 0 or a fault (-errno).
 */
int cvn_offer_init(struct cvn_offer *offer, const struct cvn_offer_shared *shared,
                   struct cvn_server *server);

/* Tells all who watch that nothing is served any more; before the server's drain. */
void cvn_offer_drain(struct cvn_offer *offer);

/* After the server is freed. */
void cvn_offer_deinit(struct cvn_offer *offer);

#endif
