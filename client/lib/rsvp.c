#include "base/arena.h"
#include "client/lib/convert.h"
#include "client/lib/status.h"
#include "convene/convene.h"
#include "convene/events/v1/rsvp.pb-c.h"

enum { REQUEST_BYTES = 1 << 20 };

static Convene__Events__V1__QuestionAnswer *
answer_to_message(struct cvn_arena *arena, const struct convene_question_answer *answer)
{
    Convene__Events__V1__QuestionAnswer *message = cvn_arena_alloc(arena, sizeof *message);
    char **values = cvn_arena_alloc_array(arena, answer->n_values, sizeof *values);
    if (!message || !values) {
        return NULL;
    }
    convene__events__v1__question_answer__init(message);
    message->question_id = cvn_text(answer->question);
    for (size_t i = 0; i < answer->n_values; i++) {
        values[i] = cvn_text(answer->values[i]);
    }
    message->values = values;
    message->n_values = answer->n_values;
    return message;
}

/* False when the arena is spent. */
static bool add_answers(struct cvn_arena *arena, const struct convene_rsvp_request *request,
                        Convene__Events__V1__RespondRequest *message)
{
    message->answers = cvn_arena_alloc_array(arena, request->n_answers, sizeof *message->answers);
    if (!message->answers) {
        return false;
    }
    for (; message->n_answers < request->n_answers; message->n_answers++) {
        const struct convene_question_answer *answer = &request->answers[message->n_answers];
        message->answers[message->n_answers] = answer_to_message(arena, answer);
        if (!message->answers[message->n_answers]) {
            return false;
        }
    }
    return true;
}

int convene_respond(struct convene *client, const struct convene_rsvp_request *request,
                    struct convene_rsvp *ret, struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    Convene__Events__V1__RespondRequest message = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    cvn_arena_init(&arena, REQUEST_BYTES);
    message.event_id = cvn_text(request->event);
    message.person_id = cvn_text(request->person);
    message.answer = (Convene__Events__V1__RespondRequest__Answer)request->answer;
    message.guests = request->guests;
    message.way = (Convene__Events__V1__AttendanceMode)request->way;
    if (!add_answers(&arena, request, &message)) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory for this request.");
    }
    ProtobufCMessage *answer = NULL;
    int r = convene_call(client, "convene.events.v1.RsvpService/Respond", &message.base, &answer,
                         status);
    if (r == 0 && ret) {
        cvn_rsvp_of_message(ret, (const void *)answer);
    }
    convene_message_free(answer);
    return r;
}
