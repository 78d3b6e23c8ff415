/* RegistrarService's StreamRegisterEvents: each message is a batch (event_batch.h). */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H
#define CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H

#include "services/runtime/write_stream.h"

extern const struct cvn_write_stream_type cvn_register_stream;

#endif
