#include "client/lib/convert.h"
#include "convene/convene.h"
#include "convene/events/v1/rsvp.pb-c.h"

int convene_respond(struct convene *client, const struct convene_rsvp_request *request,
                    struct convene_rsvp *ret, struct convene_status *status)
{
    Convene__Events__V1__RespondRequest message = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    message.event_id = cvn_text(request->event);
    message.person_id = cvn_text(request->person);
    message.answer = (Convene__Events__V1__RespondRequest__Answer)request->answer;
    message.guests = request->guests;
    ProtobufCMessage *answer = NULL;
    int r = convene_call(client, "convene.events.v1.RsvpService/Respond", &message.base, &answer,
                         status);
    if (r == 0 && ret) {
        cvn_rsvp_of_message(ret, (const void *)answer);
    }
    convene_message_free(answer);
    return r;
}
