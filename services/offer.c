#include "services/offer.h"

#include "descriptors.h"

#include <string.h>

int cvn_offer_shared_init(struct cvn_offer_shared *shared, struct cvn_error *err)
{
    struct cvn_slice set = cvn_slice(cvn_descriptor_set, cvn_descriptor_set_size_bytes);
    int r = cvn_types_new_of_set(set, CVN_TYPES_CAP_BYTES, &shared->types, err);
    if (r)
        return r;
    r = cvn_metrics_new(&shared->metrics);
    return r ? cvn_error_set(err, r, "There is no memory to count calls in: %s.", strerror(-r)) : 0;
}

void cvn_offer_shared_deinit(struct cvn_offer_shared *shared)
{
    cvn_metrics_free(shared->metrics);
    cvn_types_free(shared->types);
    *shared = (struct cvn_offer_shared){0};
}

int cvn_offer_init(struct cvn_offer *offer, const struct cvn_offer_shared *shared,
                   struct cvn_server *server)
{
    offer->reflection = (struct cvn_reflection){.server = server, .types = shared->types};
    int r = cvn_health_new(&offer->health);
    if (r == 0)
        r = cvn_health_bind(offer->health, server);
    if (r == 0)
        r = cvn_reflection_bind(&offer->reflection, server);
    const ProtobufCServiceDescriptor *service;
    for (size_t i = 0; r == 0 && (service = cvn_server_service_at(server, i)); i++) {
        r = cvn_metrics_add_service(shared->metrics, service, shared->types);
        if (r == 0)
            r = cvn_health_set(offer->health, service->name, CVN_HEALTH_SERVING);
    }
    return r;
}

void cvn_offer_drain(struct cvn_offer *offer)
{
    if (offer->health)
        cvn_health_drain(offer->health);
}

void cvn_offer_deinit(struct cvn_offer *offer)
{
    cvn_health_free(offer->health);
    offer->health = NULL;
}
