/* Says yes for whom the key is: answer_event EVENT [room|online] [QUESTION=ANSWER] …. */
#include <convene/convene.h>
#include <stdio.h>
#include <string.h>

enum { ANSWERS_MAX = 10 };

static const char *tell(const struct convene_rsvp *rsvp)
{
    switch (rsvp->state) {
    case CONVENE_RSVP_YES:
        return rsvp->way == CONVENE_MODE_ONLINE ? "has a seat online" : "has a seat";
    case CONVENE_RSVP_WAITLISTED:
        return "waits";
    case CONVENE_RSVP_REQUESTED:
        return "waits for approval";
    default:
        return "is not coming";
    }
}

int main(int argc, char **argv)
{
    struct convene_question_answer answers[ANSWERS_MAX];
    const char *texts[ANSWERS_MAX];
    struct convene_rsvp_request request = {.answer = CONVENE_YES, .answers = answers};
    request.event = argc > 1 ? argv[1] : NULL;
    for (int i = 2; i < argc && request.n_answers < ANSWERS_MAX; i++) {
        char *equals = strchr(argv[i], '=');
        if (strcmp(argv[i], "room") == 0 || strcmp(argv[i], "online") == 0) {
            request.way = *argv[i] == 'r' ? CONVENE_MODE_OFFLINE : CONVENE_MODE_ONLINE;
        } else if (equals) {
            *equals = '\0';
            texts[request.n_answers] = equals + 1;
            answers[request.n_answers] = (struct convene_question_answer){
                .question = argv[i], .values = &texts[request.n_answers], .n_values = 1};
            request.n_answers++;
        }
    }
    if (!request.event) {
        fprintf(stderr, "Usage: %s EVENT [room|online] [QUESTION=ANSWER] ...\n", argv[0]);
        return 2;
    }
    struct convene *client = NULL;
    struct convene_rsvp rsvp;
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = convene_open(&client, NULL, &status);
    if (r == 0) {
        r = convene_respond(client, &request, &rsvp, &status);
    }
    if (r == 0) {
        printf("%s\n", tell(&rsvp));
    } else {
        fprintf(stderr, "%s: %s\n", convene_code_name(r), status.message);
    }
    for (size_t i = 0; i < status.n_violations; i++) {
        fprintf(stderr, "  %s %s\n", status.violations[i].field, status.violations[i].text);
    }
    convene_status_clear(&status);
    convene_close(client);
    return r != 0;
}
