#include "client/lib/sender.h"

#include "client/lib/channel.h"
#include "client/lib/status.h"

#include <stdlib.h>

enum {
    ANSWER_BYTES = 64 << 20,
    WAIT_MS = 200, /* between two looks at whether to give up */
};

struct cvn_sender {
    struct cvn_sender_options options;
    struct cvn_line line;
    struct cvn_sender_message *first, **end; /* unanswered, oldest first */
    size_t n;
    bool broken; /* and that was told */
    int failed;  /* the code; from then on nothing is done any more */
    struct convene_status why;
};

static int fail(struct cvn_sender *sender, int code, struct convene_status *status)
{
    if (!sender->failed) {
        sender->failed = code;
    }
    if (!status) {
        return sender->failed;
    }
    if (sender->why.code == CONVENE_OK) {
        return cvn_status_set_sentence(status, (enum convene_code)sender->failed,
                                       "Sending has failed before.");
    }
    convene_status_clear(status);
    *status = sender->why;
    sender->why = (struct convene_status)CONVENE_STATUS_INIT;
    return sender->failed;
}

static int fail_for(struct cvn_sender *sender, enum convene_code code, const char *sentence)
{
    (void)cvn_status_set_sentence(&sender->why, code, "%s", sentence);
    sender->failed = (int)code;
    return (int)code;
}

int cvn_sender_fail(struct cvn_sender *sender, enum convene_code code, const char *sentence,
                    struct convene_status *status)
{
    return fail(sender, fail_for(sender, code, sentence), status);
}

int cvn_sender_failed(const struct cvn_sender *sender)
{
    return sender->failed;
}

int cvn_sender_new(struct cvn_sender **ret, struct convene *client,
                   const struct cvn_sender_options *options, struct convene_status *status)
{
    struct cvn_sender *sender = calloc(1, sizeof *sender);
    int64_t patience_ms = cvn_client_timeout_ms(client);
    if (!sender || cvn_line_init(&sender->line, client, patience_ms) != 0) {
        free(sender);
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory to send with.");
    }
    sender->options = *options;
    sender->why = (struct convene_status)CONVENE_STATUS_INIT;
    sender->end = &sender->first;
    sender->line.request = options->request;
    *ret = sender;
    return 0;
}

struct cvn_sender_message *cvn_sender_message_new(size_t arena_bytes)
{
    struct cvn_sender_message *message = calloc(1, sizeof *message);
    if (message) {
        cvn_arena_init(&message->arena, arena_bytes);
    }
    return message;
}

void cvn_sender_message_free(struct cvn_sender_message *message)
{
    if (message) {
        cvn_arena_deinit(&message->arena);
        free(message);
    }
}

static void drop_first(struct cvn_sender *sender)
{
    struct cvn_sender_message *message = sender->first;
    sender->first = message->next;
    if (!sender->first) {
        sender->end = &sender->first;
    }
    sender->n--;
    cvn_sender_message_free(message);
}

void cvn_sender_free(struct cvn_sender *sender)
{
    if (!sender) {
        return;
    }
    if (!sender->first && !sender->failed) {
        cvn_line_close(&sender->line);
    }
    while (sender->first) {
        drop_first(sender);
    }
    cvn_line_deinit(&sender->line);
    convene_status_clear(&sender->why);
    free(sender);
}

/* Sends what was not sent in this call, as far as it is taken. */
static void send_messages(struct cvn_sender *sender)
{
    for (struct cvn_sender_message *message = sender->first; message; message = message->next) {
        if (!message->sent && cvn_stream_try_write(sender->line.stream, message->message) != 0) {
            return; /* later, or the end is read next */
        }
        message->sent = true;
    }
}

static int take_answer(struct cvn_sender *sender, const ProtobufCMessage *answer)
{
    struct cvn_sender_message *message = sender->first;
    if (!message || !message->sent) {
        return fail_for(sender, CONVENE_INTERNAL,
                        "The server's answer does not belong to what it was sent.");
    }
    int r = sender->options.answer(sender->options.arg, message, answer, &sender->why);
    if (r == 0) {
        drop_first(sender);
    }
    sender->failed = r > 0 ? r : sender->failed;
    return r == CVN_SENDER_MORE ? 0 : r;
}

static void tell_line(struct cvn_sender *sender, const struct convene_status *why)
{
    if (sender->options.line && sender->broken != (why != NULL)) {
        sender->options.line(sender->options.arg, why);
    }
    sender->broken = why != NULL;
}

/* Reads one answer. 0 when there was one; CVN_LINE_LATER; the code of a failure, negative. */
static int read_answer(struct cvn_sender *sender)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    cvn_arena_init(&arena, ANSWER_BYTES);
    int r = cvn_line_read(&sender->line, &arena, &message, &sender->why);
    if (r == 0) {
        tell_line(sender, NULL);
        return -take_answer(sender, message);
    }
    if (r == CVN_LINE_BROKEN) {
        tell_line(sender, &sender->why);
        return CVN_LINE_LATER;
    }
    if (r == CVN_LINE_ENDED) {
        return -fail_for(sender, CONVENE_INTERNAL, "The server ended the stream too early.");
    }
    return r;
}

/* Sends and takes what can be, without waiting. 0 or the code of a failure. */
static int move(struct cvn_sender *sender)
{
    int r = cvn_line_open(&sender->line);
    if (r == 0) {
        for (struct cvn_sender_message *m = sender->first; m; m = m->next) {
            m->sent = false;
        }
    } else if (r < 0) {
        return fail_for(sender, CONVENE_RESOURCE_EXHAUSTED, "There is no memory for a call.");
    }
    if (sender->line.stream) {
        send_messages(sender);
    }
    do {
        r = read_answer(sender);
    } while (r == 0);
    return r < 0 ? -r : 0;
}

/* Moves on until no more than n messages are unanswered. */
static int settle(struct cvn_sender *sender, size_t n, struct convene_status *status)
{
    int r = sender->failed;
    while (r == 0 && sender->n > n) {
        r = move(sender);
        if (r || sender->n <= n) {
            break;
        }
        if (sender->options.interrupted && sender->options.interrupted(sender->options.arg)) {
            r = fail_for(sender, CONVENE_CANCELLED, "It was given up.");
            break;
        }
        cvn_line_wait(&sender->line, WAIT_MS);
    }
    return r ? fail(sender, r, status) : 0;
}

int cvn_sender_push(struct cvn_sender *sender, struct cvn_sender_message *message,
                    struct convene_status *status)
{
    *sender->end = message;
    sender->end = &message->next;
    sender->n++;
    if (sender->failed) {
        return fail(sender, sender->failed, status);
    }
    int r = move(sender);
    return r ? fail(sender, r, status) : settle(sender, sender->options.under_way_max, status);
}

int cvn_sender_flush(struct cvn_sender *sender, struct convene_status *status)
{
    return settle(sender, 0, status);
}
