/* One channel to several servers: calls take turns over those that can serve. */
#include "rpc/health.h"
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVICE "convene.testing.TestService"

enum { N_SERVERS = 3 };

static const char *transport;

/* Several servers, each with a health service of its own if wanted, and one channel to all. */
struct fleet {
    struct tally asked[N_SERVERS];
    char urls[N_SERVERS][TRANSPORT_URL_BYTES];
    struct cvn_health *healths[N_SERVERS];
    struct cvn_server *servers[N_SERVERS];
    struct cvn_channel *channel;
};

static void answer(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    tally_add(user);
    cvn_server_call_finish(call, NULL, NULL);
}

static const struct cvn_method counting_methods[7] = {[0] = {.unary = answer}};

static void serve(struct fleet *fleet, int i, bool again)
{
    assert_int_equal(cvn_server_new(&fleet->servers[i], NULL), 0);
    assert_int_equal(cvn_server_add_service(fleet->servers[i],
                                            &convene__testing__test_service__descriptor,
                                            counting_methods, &fleet->asked[i]),
                     0);
    if (fleet->healths[i])
        assert_int_equal(cvn_health_bind(fleet->healths[i], fleet->servers[i]), 0);
    if (again)
        transport_listen_again(fleet->servers[i], fleet->urls[i]);
    else
        transport_listen(fleet->servers[i], transport, fleet->urls[i]);
    assert_int_equal(cvn_server_start(fleet->servers[i]), 0);
}

static void wait_ready(struct fleet *fleet, unsigned n)
{
    struct cvn_channel_stats stats;
    do
        cvn_channel_read_stats(fleet->channel, &stats);
    while (stats.n_ready != n);
}

/* With a name of a service to ask the health of, the servers can tell it and it is SERVING. */
static void start_fleet(struct fleet *fleet, const char *health_service)
{
    char urls[N_SERVERS * (TRANSPORT_URL_BYTES + 1)];
    *fleet = (struct fleet){.channel = NULL};
    for (int i = 0; i < N_SERVERS; i++) {
        fleet->asked[i] = (struct tally)TALLY_INIT;
        if (health_service) {
            assert_int_equal(cvn_health_new(&fleet->healths[i]), 0);
            assert_int_equal(cvn_health_set(fleet->healths[i], SERVICE, CVN_HEALTH_SERVING), 0);
        }
        serve(fleet, i, false);
    }
    struct cvn_channel_options options = {.connect_timeout_ms = RIG_TIMEOUT_MS,
                                          .health_service = health_service,
                                          .retry = {.initial_backoff_ms = 1}};
    (void)snprintf(urls, sizeof urls, "%s,%s,%s", fleet->urls[0], fleet->urls[1], fleet->urls[2]);
    assert_int_equal(transport_connect(&fleet->channel, urls, &options, NULL), 0);
    wait_ready(fleet, N_SERVERS);
}

static void stop_fleet(struct fleet *fleet)
{
    cvn_channel_free(fleet->channel);
    for (int i = 0; i < N_SERVERS; i++) {
        cvn_server_free(fleet->servers[i]);
        cvn_health_free(fleet->healths[i]);
    }
}

static void call(struct fleet *fleet, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(rig_empty_call(fleet->channel, NULL), CVN_OK);
}

static void check_asked(struct fleet *fleet, unsigned first, unsigned second, unsigned third)
{
    assert_int_equal(tally_get(&fleet->asked[0]), first);
    assert_int_equal(tally_get(&fleet->asked[1]), second);
    assert_int_equal(tally_get(&fleet->asked[2]), third);
}

static void test_round_robin_spreads(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, NULL);
    call(&fleet, 30);
    check_asked(&fleet, 10, 10, 10);
    stop_fleet(&fleet);
}

static void test_server_down_is_skipped_and_used_again(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, NULL);
    cvn_server_free(fleet.servers[1]);
    wait_ready(&fleet, 2);
    call(&fleet, 20);
    check_asked(&fleet, 10, 0, 10);
    serve(&fleet, 1, true);
    wait_ready(&fleet, 3);
    call(&fleet, 30);
    check_asked(&fleet, 20, 10, 20);
    stop_fleet(&fleet);
}

static void *drain(void *server)
{
    return (void *)(uintptr_t)cvn_server_drain(server, RIG_TIMEOUT_MS);
}

/* What a draining server has not taken goes to another, whatever the policy. */
static void test_goaway_moves_calls_to_another_server(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, NULL);
    pthread_t drainers[2];
    for (int n = 0; n < 2; n++) {
        assert_int_equal(pthread_create(&drainers[n], NULL, drain, fleet.servers[n]), 0);
        call(&fleet, 200);
    }
    for (int n = 0; n < 2; n++)
        (void)pthread_join(drainers[n], NULL);
    stop_fleet(&fleet);
}

static void test_unhealthy_server_is_skipped_and_used_again(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, SERVICE);
    call(&fleet, 30);
    check_asked(&fleet, 10, 10, 10);
    assert_int_equal(cvn_health_set(fleet.healths[1], SERVICE, CVN_HEALTH_NOT_SERVING), 0);
    wait_ready(&fleet, 2);
    call(&fleet, 20);
    check_asked(&fleet, 20, 10, 20);
    assert_int_equal(cvn_health_set(fleet.healths[1], SERVICE, CVN_HEALTH_SERVING), 0);
    wait_ready(&fleet, 3);
    call(&fleet, 30);
    check_asked(&fleet, 30, 20, 30);
    stop_fleet(&fleet);
}

/* A service that the server does not know is not served there. */
static void test_unknown_service_is_not_called(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, SERVICE);
    assert_int_equal(cvn_health_set(fleet.healths[0], SERVICE, CVN_HEALTH_SERVICE_UNKNOWN), 0);
    assert_int_equal(cvn_health_set(fleet.healths[2], SERVICE, CVN_HEALTH_SERVICE_UNKNOWN), 0);
    wait_ready(&fleet, 1);
    call(&fleet, 10);
    check_asked(&fleet, 0, 10, 0);
    stop_fleet(&fleet);
}

static void *call_patiently(void *channel)
{
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    return (void *)(uintptr_t)rig_empty_call(channel, &options);
}

/* With no healthy server a call waits, or says so. */
static void test_no_server_is_healthy(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, SERVICE);
    for (int i = 0; i < N_SERVERS; i++)
        assert_int_equal(cvn_health_set(fleet.healths[i], SERVICE, CVN_HEALTH_NOT_SERVING), 0);
    wait_ready(&fleet, 0);
    pthread_t caller;
    assert_int_equal(pthread_create(&caller, NULL, call_patiently, fleet.channel), 0);
    struct cvn_channel_stats stats;
    do
        cvn_channel_read_stats(fleet.channel, &stats);
    while (stats.n_calls < 1);
    assert_int_equal(cvn_health_set(fleet.healths[2], SERVICE, CVN_HEALTH_SERVING), 0);
    void *code;
    (void)pthread_join(caller, &code);
    assert_int_equal((uintptr_t)code, CVN_OK);
    check_asked(&fleet, 0, 0, 1);
    stop_fleet(&fleet);
}

/* A server that comes back is asked anew, over its new connection. */
static void test_health_is_asked_again_after_a_restart(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, SERVICE);
    cvn_server_free(fleet.servers[1]);
    wait_ready(&fleet, 2);
    assert_int_equal(cvn_health_set(fleet.healths[1], SERVICE, CVN_HEALTH_NOT_SERVING), 0);
    assert_int_equal(cvn_health_set(fleet.healths[0], SERVICE, CVN_HEALTH_NOT_SERVING), 0);
    wait_ready(&fleet, 1);
    serve(&fleet, 1, true);
    call(&fleet, 20);
    check_asked(&fleet, 0, 0, 20);
    assert_int_equal(cvn_health_set(fleet.healths[1], SERVICE, CVN_HEALTH_SERVING), 0);
    wait_ready(&fleet, 2);
    call(&fleet, 20);
    check_asked(&fleet, 0, 10, 30);
    stop_fleet(&fleet);
}

/* As in gRPC: who has no health service is taken for healthy. */
static void test_server_without_a_health_service_is_used(void **state)
{
    struct fleet fleet;
    start_fleet(&fleet, NULL);
    struct cvn_channel *channel;
    struct cvn_channel_options options = {.connect_timeout_ms = RIG_TIMEOUT_MS,
                                          .health_service = SERVICE};
    assert_int_equal(transport_connect(&channel, fleet.urls[0], &options, NULL), 0);
    assert_int_equal(rig_empty_call(channel, NULL), CVN_OK);
    cvn_channel_free(channel);
    stop_fleet(&fleet);
}

/* Refuses the first calls of Watch. */
struct refusal {
    atomic_uint n_left, n_refused;
};

static enum cvn_code refuse_watch(void *user, struct cvn_server_call *call,
                                  struct cvn_status *status)
{
    struct refusal *refusal = user;
    if (!strstr(cvn_server_call_method(call), "Health/") || atomic_load(&refusal->n_left) == 0)
        return CVN_OK;
    atomic_fetch_sub(&refusal->n_left, 1);
    atomic_fetch_add(&refusal->n_refused, 1);
    return CVN_UNAVAILABLE;
}

static void test_watch_that_fails_is_tried_again(void **state)
{
    struct refusal refusal = {3, 0};
    struct cvn_interceptor interceptor = {.begin = refuse_watch, .user = &refusal};
    struct cvn_server_options options = {.interceptors = &interceptor, .n_interceptors = 1};
    struct tally asked = TALLY_INIT;
    struct cvn_server *server;
    struct cvn_health *health;
    char url[TRANSPORT_URL_BYTES];
    assert_int_equal(cvn_health_new(&health), 0);
    assert_int_equal(cvn_server_new(&server, &options), 0);
    assert_int_equal(cvn_server_add_service(server, &convene__testing__test_service__descriptor,
                                            counting_methods, &asked),
                     0);
    assert_int_equal(cvn_health_bind(health, server), 0);
    transport_listen(server, transport, url);
    assert_int_equal(cvn_server_start(server), 0);
    struct cvn_channel *channel;
    struct cvn_channel_options channel_options = {.connect_timeout_ms = RIG_TIMEOUT_MS,
                                                  .health_service = "",
                                                  .retry = {.initial_backoff_ms = 1}};
    assert_int_equal(transport_connect(&channel, url, &channel_options, NULL), 0);
    assert_int_equal(rig_empty_call(channel, NULL), CVN_OK);
    assert_int_equal(atomic_load(&refusal.n_refused), 3);
    cvn_channel_free(channel);
    cvn_server_free(server);
    cvn_health_free(health);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_robin_spreads),
        cmocka_unit_test(test_server_down_is_skipped_and_used_again),
        cmocka_unit_test(test_goaway_moves_calls_to_another_server),
        cmocka_unit_test(test_unhealthy_server_is_skipped_and_used_again),
        cmocka_unit_test(test_unknown_service_is_not_called),
        cmocka_unit_test(test_no_server_is_healthy),
        cmocka_unit_test(test_health_is_asked_again_after_a_restart),
        cmocka_unit_test(test_server_without_a_health_service_is_used),
        cmocka_unit_test(test_watch_that_fails_is_tried_again),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
