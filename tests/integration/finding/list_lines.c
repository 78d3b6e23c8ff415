/*
 * Lists for a test in another language, over one connection: reads lines `METHOD JSON` and answers
 * each with one line. A list of events is `ok TOKEN LATITUDE LONGITUDE HINTS IDS`: the next page's
 * token or "-", the centre of the place that was named or "- -", the hints as `filter:count` with
 * commas, "+" behind a count that is a least one, or "-", and the events' external ids with blanks.
 * `ListEvents+` goes on to the last page. Anything else that succeeds is `ok`; what is refused
 * `refused SENTENCE`.
 */
#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"
#include "rpc/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "convene.events.v1.EventService/"

enum { CAP_BYTES = 64 << 20, TOKEN_BYTES = 4096 };

static void print_ids(const Convene__Events__V1__ListEventsResponse *reply)
{
    for (size_t i = 0; i < reply->n_events; i++)
        (void)printf(" %s", reply->events[i]->external_id);
}

static void print_list(const Convene__Events__V1__ListEventsResponse *reply, const char *token)
{
    (void)printf("ok %s", *token ? token : "-");
    if (reply->place)
        (void)printf(" %.6f %.6f ", reply->place->center->latitude,
                     reply->place->center->longitude);
    else
        (void)fputs(" - - ", stdout);
    for (size_t i = 0; i < reply->n_hints; i++)
        (void)printf("%s%s:%d%s", i ? "," : "", reply->hints[i]->filter, reply->hints[i]->count,
                     reply->hints[i]->at_least ? "+" : "");
    if (reply->n_hints == 0)
        (void)fputs("-", stdout);
    print_ids(reply);
}

/* Prints the ids of the pages behind the token; what is refused ends them with what is no id. */
static void print_further(struct convene *client, const void *request, const char *first)
{
    Convene__Events__V1__ListEventsRequest next =
        *(const Convene__Events__V1__ListEventsRequest *)request;
    struct convene_status status = CONVENE_STATUS_INIT;
    char token[TOKEN_BYTES];
    (void)snprintf(token, sizeof token, "%s", first);
    next.page_token = token;
    while (*token) {
        ProtobufCMessage *reply = NULL;
        if (convene_call(client, SERVICE "ListEvents", &next.base, &reply, &status)) {
            (void)printf(" refused: %s", status.message);
            break;
        }
        const Convene__Events__V1__ListEventsResponse *page = (const void *)reply;
        print_ids(page);
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
        convene_message_free(reply);
    }
    convene_status_clear(&status);
}

static void answer(struct convene *client, char *name, const char *json)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    char full[128], *all = strchr(name, '+');
    if (all)
        *all = '\0';
    const ProtobufCMethodDescriptor *method = protobuf_c_service_descriptor_get_method_by_name(
        &convene__events__v1__event_service__descriptor, name);
    struct convene_status status = CONVENE_STATUS_INIT;
    struct cvn_error err = {"there is no such method"};
    ProtobufCMessage *request = NULL, *reply = NULL;
    (void)snprintf(full, sizeof full, SERVICE "%s", name);
    if (!method ||
        cvn_json_parse(method->input, cvn_slice_of_string(json), NULL, &arena, &request, &err))
        (void)printf("refused %s\n", err.text);
    else if (convene_call(client, full, request, &reply, &status))
        (void)printf("refused %s\n", status.message);
    else if (reply->descriptor != &convene__events__v1__list_events_response__descriptor)
        (void)puts("ok");
    else {
        const Convene__Events__V1__ListEventsResponse *page = (const void *)reply;
        print_list(page, all ? "" : page->next_page_token);
        print_further(client, request, all ? page->next_page_token : "");
        (void)putchar('\n');
    }
    convene_message_free(reply);
    convene_status_clear(&status);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct convene_options options = {0};
    struct convene_status status = CONVENE_STATUS_INIT;
    struct convene *client = NULL;
    if (argc != 2)
        return EXIT_FAILURE;
    options.url = argv[1];
    if (convene_open(&client, &options, &status)) {
        (void)fprintf(stderr, "%s\n", status.message);
        return EXIT_FAILURE;
    }
    char *line = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getline(&line, &room, stdin)) > 0;) {
        char *json = line, *method = strsep(&json, " ");
        line[len - 1] = '\0';
        answer(client, method, json ? json : "{}");
    }
    free(line);
    convene_close(client);
    return EXIT_SUCCESS;
}
