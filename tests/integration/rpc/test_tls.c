/* Certificates: who is let in, what is said to who is not, and new ones while the server runs. */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CERT(name) TRANSPORT_CERTS name

enum { SOON_MS = 3000, PATIENT_MS = 60000 };

struct world {
    struct cvn_server *server;
    struct interop_service service;
    char plain_url[TRANSPORT_URL_BYTES]; /* of the same server without TLS */
    char url[TRANSPORT_URL_BYTES];
};

static struct cvn_tls_files files_of(const char *ca, const char *cert, const char *key)
{
    return (struct cvn_tls_files){.ca = ca, .certificate = cert, .key = key};
}

static void start_with(struct world *world, struct cvn_tls_files files,
                       const struct cvn_server_options *options)
{
    world->service = (struct interop_service){0};
    assert_int_equal(cvn_server_new(&world->server, options), 0);
    interop_service_add(&world->service, world->server);
    struct cvn_error err = {""};
    transport_listen(world->server, "tcp", world->plain_url);
    if (cvn_server_set_tls(world->server, &files, &err) ||
        cvn_server_listen(world->server, "tls+tcp://127.0.0.1:0", &err))
        fail_msg("%s", err.text);
    (void)snprintf(world->url, sizeof world->url, "tls+tcp://127.0.0.1:%u",
                   cvn_server_port(world->server));
    assert_int_equal(cvn_server_start(world->server), 0);
}

static void start(struct world *world, struct cvn_tls_files files)
{
    start_with(world, files, NULL);
}

static void stop(struct world *world)
{
    cvn_server_free(world->server);
}

static struct cvn_channel *connect_with(const char *url, struct cvn_tls_files files)
{
    struct cvn_channel *channel;
    struct cvn_error err = {""};
    struct cvn_channel_options options = {.tls = files, .connect_timeout_ms = SOON_MS};
    if (cvn_channel_new(&channel, url, &options, &err))
        fail_msg("%s", err.text);
    return channel;
}

/* Calls once; the code, and for UNAVAILABLE whether the sentence has the words. */
static void expect(const char *url, struct cvn_tls_files files, enum cvn_code code,
                   const char *words)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_channel *channel = connect_with(url, files);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_call_request request = {
        .service = &convene__testing__test_service__descriptor,
        .method = "EmptyCall",
        .message = &empty.base,
        .options = {.timeout_ms = PATIENT_MS, .wait_for_ready = code == CVN_OK},
    };
    ProtobufCMessage *reply;
    struct cvn_status status = {0};
    assert_int_equal(cvn_channel_call(channel, &request, &arena, &status, &reply), code);
    if (words && !strstr(status.message, words))
        fail_msg("\"%s\" does not say \"%s\"", status.message, words);
    cvn_channel_free(channel);
}

static const struct cvn_tls_files trusting = {.ca = CERT("ca.pem")};

static void test_a_certificate_is_verified(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")));
    expect(world.url, trusting, CVN_OK, NULL);
    char by_name[TRANSPORT_URL_BYTES];
    (void)snprintf(by_name, sizeof by_name, "tls+tcp://localhost:%u",
                   cvn_server_port(world.server));
    expect(by_name, trusting, CVN_OK, NULL);
    expect(world.url, files_of(CERT("other-ca.pem"), NULL, NULL), CVN_UNAVAILABLE,
           "did not accept the server's certificate");
    stop(&world);
}

/* gRPC's interoperability wish list has this one by name. */
static void test_failed_server_name_verification(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(NULL, CERT("elsewhere.pem"), CERT("elsewhere.key")));
    expect(world.url, trusting, CVN_UNAVAILABLE, "did not accept the server's certificate");
    struct cvn_tls_files by_its_name = trusting;
    by_its_name.server_name = "elsewhere.example";
    expect(world.url, by_its_name, CVN_OK, NULL);
    stop(&world);
}

static void test_clients_need_a_certificate_where_it_is_asked_for(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(CERT("ca.pem"), CERT("server.pem"), CERT("server.key")));
    expect(world.url, files_of(CERT("ca.pem"), CERT("client.pem"), CERT("client.key")), CVN_OK,
           NULL);
    expect(world.url, trusting, CVN_UNAVAILABLE, "this side's certificate, or wants one");
    expect(world.url, files_of(CERT("ca.pem"), CERT("stranger.pem"), CERT("stranger.key")),
           CVN_UNAVAILABLE, "did not accept this side's certificate");
    expect(world.url, files_of(CERT("ca.pem"), CERT("client.pem"), CERT("client.key")), CVN_OK,
           NULL);
    stop(&world);
}

static void test_tls_to_a_plain_port(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")));
    char url[TRANSPORT_URL_BYTES + 4];
    (void)snprintf(url, sizeof url, "tls+%s", world.plain_url);
    expect(url, trusting, CVN_UNAVAILABLE, "handshake failed");
    stop(&world);
}

static void test_plain_to_a_tls_port(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")));
    expect(world.url + strlen("tls+"), trusting, CVN_UNAVAILABLE, "tls+tcp://");
    expect(world.url, trusting, CVN_OK, NULL);
    stop(&world);
}

/* Connects and says the bytes. */
static int say(uint16_t port, const char *bytes, size_t len)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (len)
        (void)send(fd, bytes, len, MSG_NOSIGNAL);
    return fd;
}

/* The same, and vanishes; abruptly when told. */
static void intrude(uint16_t port, const char *bytes, size_t len, bool abruptly)
{
    int fd = say(port, bytes, len);
    if (abruptly)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    (void)close(fd);
}

static void test_intruders_leave_no_trace(void **state)
{
    (void)state;
    struct world world;
    start(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")));
    static const struct {
        const char *bytes;
        size_t len;
    } said[] = {{"", 0},
                {"GET / HTTP/1.1\r\n\r\n", 18},
                {"\0SP\0\0\x30\0\0", 8},
                {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9},
                {"\x16\x03\x01\xff\xff\xff", 6}};
    struct cvn_channel *channel = connect_with(world.url, trusting);
    struct cvn_call_options patient = {.timeout_ms = PATIENT_MS, .wait_for_ready = true};
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            intrude(cvn_server_port(world.server), said[i].bytes, said[i].len, round % 2);
    assert_int_equal(rig_empty_call(channel, &patient), CVN_OK);
    cvn_channel_free(channel);
    expect(world.url, trusting, CVN_OK, NULL);
    stop(&world);
}

/* Of a TLS record of 512 bytes, the beginning of a ClientHello. */
static const char cut_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

static void test_peers_that_stall_hold_nobody_up_and_are_cut_off(void **state)
{
    (void)state;
    struct world world;
    struct cvn_server_options options = {.hello_timeout_ms = 2000};
    start_with(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")), &options);
    int fds[8];
    for (size_t i = 0; i < 8; i++)
        fds[i] = say(cvn_server_port(world.server), cut_hello, i % 2 ? sizeof cut_hello - 1 : 0);
    expect(world.url, trusting, CVN_OK, NULL);
    for (size_t i = 0; i < 8; i++) {
        char rest[64];
        while (recv(fds[i], rest, sizeof rest, 0) > 0)
            ;
        (void)close(fds[i]);
    }
    stop(&world);
}

/* nng 1.5.2 tells nobody of some connections that are over; they would take all there may be. */
static void test_connections_that_are_over_make_room(void **state)
{
    (void)state;
    struct world world;
    struct cvn_server_options options = {.max_connections = 2};
    start_with(&world, files_of(NULL, CERT("server.pem"), CERT("server.key")), &options);
    struct cvn_call_options patient = {.timeout_ms = PATIENT_MS, .wait_for_ready = true};
    for (int i = 0; i < 30; i++) {
        struct cvn_channel *channel = connect_with(world.url, trusting);
        assert_int_equal(rig_empty_call(channel, &patient), CVN_OK);
        cvn_channel_free(channel);
    }
    stop(&world);
}

static void test_new_certificates_are_for_new_connections(void **state)
{
    (void)state;
    struct world world;
    struct cvn_error err = {""};
    struct cvn_tls_files first = files_of(NULL, CERT("server.pem"), CERT("server.key"));
    struct cvn_tls_files second =
        files_of(NULL, CERT("other-server.pem"), CERT("other-server.key"));
    start(&world, first);
    struct cvn_call_options patient = {.timeout_ms = PATIENT_MS, .wait_for_ready = true};
    struct cvn_channel *old = connect_with(world.url, trusting);
    assert_int_equal(rig_empty_call(old, &patient), CVN_OK);
    assert_int_equal(cvn_server_set_tls(world.server, &second, &err), 0);
    expect(world.url, trusting, CVN_UNAVAILABLE, "did not accept the server's certificate");
    expect(world.url, files_of(CERT("other-ca.pem"), NULL, NULL), CVN_OK, NULL);
    /* Were the old connection lost, it could not be made again. */
    assert_int_equal(rig_empty_call(old, &patient), CVN_OK);
    /* What cannot be read changes nothing. */
    first.key = CERT("client.key");
    assert_int_equal(cvn_server_set_tls(world.server, &first, &err), -EINVAL);
    expect(world.url, files_of(CERT("other-ca.pem"), NULL, NULL), CVN_OK, NULL);
    cvn_channel_free(old);
    stop(&world);
}

static void expect_fault(struct cvn_tls_files files, int fault, const char *words)
{
    struct cvn_server *server;
    struct cvn_error err = {""};
    assert_int_equal(cvn_server_new(&server, NULL), 0);
    assert_int_equal(cvn_server_set_tls(server, &files, &err), fault);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    cvn_server_free(server);
}

static void test_files_that_do_not_fit(void **state)
{
    (void)state;
    const char *cert = CERT("server.pem"), *key = CERT("server.key");
    expect_fault(files_of(NULL, NULL, NULL), -EINVAL, "neither file is given");
    expect_fault(files_of(NULL, cert, NULL), -EINVAL, "only");
    expect_fault(files_of(NULL, NULL, key), -EINVAL, "only");
    expect_fault(files_of(NULL, CERT("none.pem"), key), -ENOENT, "none.pem");
    expect_fault(files_of(NULL, cert, CERT("none.key")), -ENOENT, "none.key");
    expect_fault(files_of(NULL, TRANSPORT_CERTS, key), -EISDIR, "cannot be read");
    expect_fault(files_of(NULL, key, key), -EINVAL, "no certificate in it");
    expect_fault(files_of(NULL, cert, cert), -EINVAL, "no private key in it");
    expect_fault(files_of(NULL, cert, CERT("client.key")), -EINVAL, "is not that of");
    expect_fault(files_of(NULL, CERT("expired.pem"), CERT("expired.key")), -EINVAL,
                 "expired on 2026-02-01");
    expect_fault(files_of(NULL, cert, CERT("locked.key")), -EINVAL, "has a password");
    expect_fault(files_of(CERT("README.md"), cert, key), -EINVAL, "no certificate in it");
    expect_fault(files_of(CERT("none.pem"), cert, key), -ENOENT, "none.pem");
    struct cvn_channel *channel;
    struct cvn_error err = {""};
    static const char *const urls[] = {"tls+tcp://", "tls+tcp://:5", "tls+tcp://localhost",
                                       "tls+tcp://localhost:", "tls+tcp://[::1:5"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(transport_connect(&channel, urls[i], NULL, &err), -EINVAL);
    struct cvn_channel_options options = {.tls = files_of(CERT("none.pem"), NULL, NULL)};
    assert_int_equal(transport_connect(&channel, "tls+tcp://localhost:5", &options, &err), -ENOENT);
}

static void test_a_file_of_the_greatest_length_is_read_and_no_longer_one(void **state)
{
    (void)state;
    char path[] = "/tmp/convene-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *cert = CERT("server.pem"), *key = CERT("server.key");
    assert_int_equal(ftruncate(fd, CVN_TLS_FILE_BYTES_MAX), 0);
    expect_fault(files_of(path, cert, key), -EINVAL, "no certificate in it");
    assert_int_equal(ftruncate(fd, CVN_TLS_FILE_BYTES_MAX + 1), 0);
    expect_fault(files_of(path, cert, key), -EINVAL, "more than");
    (void)close(fd);
    (void)unlink(path);
}

static void test_a_server_without_certificates_does_not_listen(void **state)
{
    (void)state;
    struct cvn_server *server;
    struct cvn_error err = {""};
    assert_int_equal(cvn_server_new(&server, NULL), 0);
    assert_int_equal(cvn_server_listen(server, "tls+tcp://127.0.0.1:0", &err), -EINVAL);
    assert_non_null(strstr(err.text, "needs a certificate"));
    cvn_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_verified),
        cmocka_unit_test(test_failed_server_name_verification),
        cmocka_unit_test(test_clients_need_a_certificate_where_it_is_asked_for),
        cmocka_unit_test(test_tls_to_a_plain_port),
        cmocka_unit_test(test_plain_to_a_tls_port),
        cmocka_unit_test(test_intruders_leave_no_trace),
        cmocka_unit_test(test_peers_that_stall_hold_nobody_up_and_are_cut_off),
        cmocka_unit_test(test_connections_that_are_over_make_room),
        cmocka_unit_test(test_new_certificates_are_for_new_connections),
        cmocka_unit_test(test_files_that_do_not_fit),
        cmocka_unit_test(test_a_file_of_the_greatest_length_is_read_and_no_longer_one),
        cmocka_unit_test(test_a_server_without_certificates_does_not_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
