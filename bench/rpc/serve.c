#include "load.h"
#include "rpc/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum { WORKERS = 2 };

static void echo_item(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    Convene__Bench__Item reply = *(const Convene__Bench__Item *)request;
    (void)user;
    reply.id++;
    cvn_server_call_finish(call, NULL, &reply.base);
}

/* How far a list has come. */
struct list {
    struct load_item item;
    uint64_t n;
};

static void write_items(struct cvn_server_call *call, void *user)
{
    struct list *list = cvn_server_call_state(call);
    (void)user;
    for (; list->item.message.id < list->n; list->item.message.id++) {
        int r = cvn_server_call_write(call, &list->item.message.base);
        if (r == CVN_CALL_LATER)
            return;
        if (r < 0)
            break;
    }
    cvn_server_call_finish(call, NULL, NULL);
}

static void list_items(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct list *list = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *list);
    if (!list) {
        cvn_server_call_finish(call, &(struct cvn_status){.code = CVN_RESOURCE_EXHAUSTED}, NULL);
        return;
    }
    load_item_init(&list->item);
    list->n = ((const Convene__Bench__ListItemsRequest *)request)->n_items;
    cvn_server_call_set_state(call, list);
    write_items(call, user);
}

static void end(struct cvn_server_call *call, void *user)
{
    (void)user;
    cvn_server_call_finish(call, &(struct cvn_status){.code = CVN_CANCELLED}, NULL);
}

static int listen_at(struct cvn_server *server, const struct load_options *options,
                     struct cvn_error *err)
{
    if (options->tls.certificate) {
        int r = cvn_server_set_tls(server, &options->tls, err);
        if (r)
            return r;
    }
    return cvn_server_listen(server, options->url, err);
}

int load_serve(const struct load_options *options)
{
    static const struct cvn_stream_handler listing = {.writable = write_items, .cancelled = end};
    static const struct cvn_method methods[] = {{echo_item, NULL}, {list_items, &listing}};
    struct cvn_server *server;
    struct cvn_error err = {""};
    sigset_t stop;
    int got;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (cvn_server_new(&server, &(struct cvn_server_options){.n_workers = WORKERS}) != 0) {
        fprintf(stderr, "There is no memory for a server.\n");
        return 1;
    }
    if (cvn_server_add_service(server, &convene__bench__load_service__descriptor, methods, NULL) ||
        listen_at(server, options, &err) != 0 || cvn_server_start(server) != 0) {
        fprintf(stderr, "%s\n", err.text);
        cvn_server_free(server);
        return 1;
    }
    puts("READY");
    (void)fflush(stdout);
    (void)sigwait(&stop, &got);
    cvn_server_free(server);
    return 0;
}
