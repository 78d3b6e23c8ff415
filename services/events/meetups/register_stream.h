/* RegistrarService's StreamRegisterEvents: each message is a batch (event_batch.h). */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H
#define CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H

#include "services/runtime/write_stream.h"

enum {
    CVN_REGISTER_CHUNK_BYTES_MAX = 64 << 20, /* memory for one message, and for its answer */
};

extern const struct cvn_write_stream_type cvn_register_stream;

#endif
