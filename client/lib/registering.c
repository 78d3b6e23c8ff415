/* The registrar of the public header. */
#include "client/lib/convert.h"
#include "client/lib/registrar.h"
#include "client/lib/status.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_ARENA_BYTES = 4 << 20 };

struct convene_registrar {
    struct convene_registrar_options options;
    struct cvn_registrar *registrar;
    uint64_t n_pushed;
};

static void tell(void *arg, uint64_t tag, const Convene__Events__V1__RegisterResult *from)
{
    struct convene_registrar *registrar = arg;
    struct convene_registered result;
    cvn_registered_of_message(&result, from);
    registrar->options.result(tag, &result, registrar->options.user);
    convene_status_clear(&result.status);
}

int convene_registrar_open(struct convene_registrar **ret_registrar, struct convene *client,
                           const struct convene_registrar_options *options,
                           struct convene_status *status)
{
    if (!options->result) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "options.result is NULL; a function is right.");
    }
    struct convene_registrar *registrar = calloc(1, sizeof *registrar);
    if (!registrar) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory to register with.");
    }
    registrar->options = *options;
    const struct cvn_registrar_options inner = {
        .flags = options->flags, .result = tell, .arg = registrar};
    int r = cvn_registrar_new(&registrar->registrar, client, &inner, status);
    if (r) {
        free(registrar);
        return r;
    }
    cvn_status_set_ok(status);
    *ret_registrar = registrar;
    return 0;
}

int convene_registrar_push(struct convene_registrar *registrar, const struct convene_event *event,
                           struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, EVENT_ARENA_BYTES);
    Convene__Events__V1__Event *message = cvn_event_to_message(&arena, event);
    if (!message) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory for the event.");
    }
    int r = cvn_registrar_push(registrar->registrar, message, registrar->n_pushed, status);
    registrar->n_pushed += r == 0;
    return r;
}

int convene_registrar_flush(struct convene_registrar *registrar, struct convene_status *status)
{
    int r = cvn_registrar_flush(registrar->registrar, status);
    if (r == 0) {
        cvn_status_set_ok(status);
    }
    return r;
}

void convene_registrar_close(struct convene_registrar *registrar)
{
    if (registrar) {
        cvn_registrar_free(registrar->registrar);
        free(registrar);
    }
}
