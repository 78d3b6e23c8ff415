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
        const Convene__Events__V1__Rsvp *rsvp = (const void *)answer;
        *ret = (struct convene_rsvp){
            .state = (enum convene_rsvp_state)rsvp->state,
            .guests = rsvp->guests,
            .queue_position = rsvp->queue_position,
            .offer_expire_time_ms = cvn_ms_of_timestamp(rsvp->offer_expire_time),
        };
    }
    convene_message_free(answer);
    return r;
}
