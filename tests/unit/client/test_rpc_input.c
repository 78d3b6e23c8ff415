/* Where one JSON document ends and the next begins. */
#include "client/cli/rpc_input.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct cvn_rpc_input *open_input(const char *source, int wake_fd)
{
    struct cvn_rpc_input *input;
    struct cvn_error err = {""};
    if (cvn_rpc_input_open(&input, source, wake_fd, &err) < 0)
        fail_msg("%s", err.text);
    return input;
}

static void assert_next(struct cvn_rpc_input *input, const char *want)
{
    struct cvn_slice got;
    assert_int_equal(cvn_rpc_input_next(input, &got), 0);
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.data, want, got.len);
}

static void assert_end(struct cvn_rpc_input *input)
{
    struct cvn_slice got;
    assert_int_equal(cvn_rpc_input_next(input, &got), CVN_RPC_INPUT_END);
    assert_int_equal(cvn_rpc_input_next(input, &got), CVN_RPC_INPUT_END);
    cvn_rpc_input_close(input);
}

static void check_all_kinds(struct cvn_rpc_input *input)
{
    assert_next(input, "{}");
    assert_next(input, "{\"a\":[{\"b\":\"}\\\"]\"}]}");
    assert_next(input, "[1, 2]");
    assert_next(input, "\"one \\\\\"");
    assert_next(input, "\"{\"");
    assert_next(input, "17");
    assert_next(input, "{\"x\": 1}");
    assert_next(input, "null");
    assert_end(input);
}

#define ALL_KINDS " {}\n{\"a\":[{\"b\":\"}\\\"]\"}]}[1, 2]\"one \\\\\"\"{\" \t17{\"x\": 1}\r\n null"

static void test_documents_end_where_their_brackets_close(void **state)
{
    (void)state;
    check_all_kinds(open_input(ALL_KINDS, -1));
}

static char *temporary_file(const char *text, size_t n_times)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "@/tmp/convene-input-XXXXXX");
    int fd = mkstemp(name + 1);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n_times; i++)
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
    return name;
}

static void test_file_is_read_as_text_is(void **state)
{
    (void)state;
    char *name = temporary_file(ALL_KINDS, 1);
    check_all_kinds(open_input(name, -1));
    (void)unlink(name + 1);
}

static void test_document_is_read_up_to_its_limit(void **state)
{
    (void)state;
    static char spaces[1 << 20];
    memset(spaces, ' ', sizeof spaces - 1);
    for (int over = 0; over <= 1; over++) {
        struct cvn_slice got;
        char *name = temporary_file("[", 1);
        size_t len = CVN_RPC_INPUT_DOCUMENT_BYTES_MAX - 2 + (size_t)over;
        FILE *file = fopen(name + 1, "a");
        assert_non_null(file);
        for (size_t n; len > 0; len -= n) {
            n = len < sizeof spaces - 1 ? len : sizeof spaces - 1;
            assert_int_equal(fwrite(spaces, 1, n, file), n);
        }
        (void)fputs("]", file);
        (void)fclose(file);
        struct cvn_rpc_input *input = open_input(name, -1);
        assert_int_equal(cvn_rpc_input_next(input, &got), over ? -E2BIG : 0);
        cvn_rpc_input_close(input);
        (void)unlink(name + 1);
    }
}

static void test_documents_across_reads_stay_whole(void **state)
{
    (void)state;
    enum { N = 5000 };
    char *name = temporary_file("{\"text\": \"a document among many\"}\n", N);
    struct cvn_rpc_input *input = open_input(name, -1);
    for (int i = 0; i < N; i++)
        assert_next(input, "{\"text\": \"a document among many\"}");
    assert_end(input);
    (void)unlink(name + 1);
}

static void test_what_is_cut_off_is_given_as_it_is(void **state)
{
    (void)state;
    struct cvn_rpc_input *input = open_input("{\"a\": [1", -1);
    assert_next(input, "{\"a\": [1");
    assert_end(input);
    input = open_input("]{}", -1);
    assert_next(input, "]");
    assert_next(input, "{}");
    assert_end(input);
    assert_end(open_input("", -1));
    assert_end(open_input(" \n", -1));
}

static void test_waiting_ends_when_woken(void **state)
{
    (void)state;
    int wake_fd = eventfd(1, EFD_CLOEXEC), ends[2];
    assert_int_equal(pipe(ends), 0);
    char path[32];
    (void)snprintf(path, sizeof path, "@/dev/fd/%d", ends[0]);
    struct cvn_rpc_input *input = open_input(path, wake_fd);
    struct cvn_slice got;
    assert_int_equal(cvn_rpc_input_next(input, &got), CVN_RPC_INPUT_WOKEN);
    cvn_rpc_input_close(input);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(wake_fd);
}

static void test_missing_file_is_named(void **state)
{
    (void)state;
    struct cvn_rpc_input *input = NULL;
    struct cvn_error err = {""};
    assert_int_equal(cvn_rpc_input_open(&input, "@/nowhere/at-all.json", -1, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/at-all.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_end_where_their_brackets_close),
        cmocka_unit_test(test_file_is_read_as_text_is),
        cmocka_unit_test(test_document_is_read_up_to_its_limit),
        cmocka_unit_test(test_documents_across_reads_stay_whole),
        cmocka_unit_test(test_what_is_cut_off_is_given_as_it_is),
        cmocka_unit_test(test_waiting_ends_when_woken),
        cmocka_unit_test(test_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
