/* A process killed in the middle of writing loses nothing that it was told is stored. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 3, THREADS = 4, ACKNOWLEDGED = 200 };

struct child {
    struct cvn_store *store;
    int acks;
    int round, thread;
};

static int put_number(struct cvn_txn *txn, void *arg)
{
    return cvn_txn_put(txn, text(arg), text("stored"));
}

static void *write_and_tell(void *arg)
{
    struct child *child = arg;
    for (int i = 0;; i++) {
        char key[32] = {0};
        (void)snprintf(key, sizeof key, "r%dt%dn%d", child->round, child->thread, i);
        if (cvn_store_update(child->store, put_number, key, 0) != 0 ||
            write(child->acks, key, sizeof key) != sizeof key)
            _exit(1);
    }
}

static void run_child(const char *path, int acks, int round)
{
    struct child children[THREADS];
    pthread_t thread;
    struct cvn_store *store;
    struct cvn_store_options options = {.path = path, .map_bytes = 1 << 20};
    if (cvn_store_open(&store, &options, NULL) != 0)
        _exit(1);
    for (int i = 0; i < THREADS; i++) {
        children[i] = (struct child){store, acks, round, i};
        if (pthread_create(&thread, NULL, write_and_tell, &children[i]) != 0)
            _exit(1);
    }
    for (;;)
        (void)pause();
}

static void test_acknowledged_writes_survive_kill(void **state)
{
    struct scratch s = {.engine = NULL};
    static char told[ROUNDS * ACKNOWLEDGED][32];
    int n_told = 0;
    scratch_open(&s, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        int pipe_ends[2];
        cvn_store_close(s.store);
        assert_int_equal(pipe(pipe_ends), 0);
        pid_t child = fork();
        if (child == 0)
            run_child(s.path, pipe_ends[1], round);
        (void)close(pipe_ends[1]);
        for (int i = 0; i < ACKNOWLEDGED; i++, n_told++)
            assert_int_equal(read(pipe_ends[0], told[n_told], 32), 32);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        (void)close(pipe_ends[0]);
        struct cvn_store_options options = {.path = s.path};
        assert_int_equal(cvn_store_open(&s.store, &options, NULL), 0);
        char buffer[256];
        for (int i = 0; i < n_told; i++)
            if (!scratch_get(&s, told[i], buffer))
                fail_msg("%s was acknowledged and is lost", told[i]);
    }
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_acknowledged_writes_survive_kill)};
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
