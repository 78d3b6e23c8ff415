#include "services/events/registrar.h"

#include "convene/events/v1/registrar.pb-c.h"
#include "services/events/calendar_import_stream.h"
#include "services/events/meetups/register_stream.h"

int cvn_registrar_bind(struct cvn_write_streams *streams, struct cvn_server *server)
{
    static const struct cvn_write_stream_type *const types[] = {&cvn_register_stream,
                                                                &cvn_calendar_import_stream};
    return cvn_write_streams_bind(streams, server,
                                  &convene__events__v1__registrar_service__descriptor, types);
}
