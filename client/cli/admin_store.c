#include "client/cli/admin_store.h"

#include "client/cli/call.h"
#include "client/cli/program_path.h"
#include "client/cli/stats.h"
#include "client/cli/view.h"
#include "convene/admin/v1/store.pb-c.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVICE "convene.admin.v1.StoreService/"

enum { WORDS_MAX = 6, CHECK_TIMEOUT_MS = 10 * 60 * 1000 };

const struct cvn_option cvn_admin_data_options[] = {
    {"data", 0, "DIR", "the server's data directory on this machine", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_admin_check_options[] = {
    {"data", 0, "DIR", "look at a data directory on this machine", NULL},
    {"backup", 0, "FILE", "look at a backup on this machine", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

/* Becomes convened, which knows what is in a data directory. */
static enum cvn_exit become_convened(struct cvn_cli *cli, const char *const words[WORDS_MAX])
{
    char program[PATH_MAX];
    const char *argv[WORDS_MAX + 1] = {program};
    cvn_program_path(program, sizeof program, "convened");
    for (size_t i = 0; i < WORDS_MAX; i++) {
        argv[i + 1] = i + 1 < WORDS_MAX ? words[i] : NULL;
    }
    (void)fflush(NULL);
    (void)execvp(program, (char *const *)(uintptr_t)argv);
    return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                        "convened cannot be started: %s. It is installed together with convene.",
                        strerror(errno));
}

static enum cvn_exit run_convened(struct cvn_cli *cli, const char *command, const char *file)
{
    const char *data = cvn_args_get(&cli->args, "data");
    if (!data) {
        return cvn_cli_misuse(cli, "Say which data directory: --data DIR.");
    }
    return become_convened(cli, (const char *[WORDS_MAX]){command, "--data", data, file});
}

enum cvn_exit cvn_admin_run_restore(struct cvn_cli *cli)
{
    return run_convened(cli, "restore", cvn_args_word(&cli->args, 0));
}

enum cvn_exit cvn_admin_run_compact(struct cvn_cli *cli)
{
    return run_convened(cli, "compact", NULL);
}

static void print_check(const Convene__Admin__V1__StoreCheck *check)
{
    printf("%s: %" PRIu64 " keys, %" PRIu64 " rows, %" PRIu64 " index entries, %" PRIu64
           " changes, %" PRIu64 " replay records: %s\n",
           check->name, check->keys, check->rows, check->entries, check->changes, check->replays,
           check->finding_count ? "NOT SOUND" : "sound");
    for (size_t i = 0; i < check->n_findings; i++) {
        printf("    %s\n", check->findings[i]);
    }
    if (check->finding_count > check->n_findings) {
        printf("    and %" PRIu64 " more\n", check->finding_count - check->n_findings);
    }
}

#define SEE_NUMBER(name, type, field)                                                              \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_arena_printf(&cli->arena, "%" PRIu64,                                           \
                                (uint64_t)((const type *)message)->field);                         \
    }

CVN_VIEW_STRING(see_check_name, Convene__Admin__V1__StoreCheck, name)
SEE_NUMBER(see_check_keys, Convene__Admin__V1__StoreCheck, keys)
SEE_NUMBER(see_check_rows, Convene__Admin__V1__StoreCheck, rows)
SEE_NUMBER(see_check_entries, Convene__Admin__V1__StoreCheck, entries)
SEE_NUMBER(see_check_changes, Convene__Admin__V1__StoreCheck, changes)
SEE_NUMBER(see_check_findings, Convene__Admin__V1__StoreCheck, finding_count)

static const struct cvn_view_column check_columns[] = {
    {{"Store", false, true}, see_check_name},
    {{"Keys", true, false}, see_check_keys},
    {{"Rows", true, false}, see_check_rows},
    {{"Entries", true, false}, see_check_entries},
    {{"Changes", true, false}, see_check_changes},
    {{"Findings", true, false}, see_check_findings},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_admin_run_check(struct cvn_cli *cli)
{
    const char *backup = cvn_args_get(&cli->args, "backup");
    if (backup) {
        return become_convened(cli, (const char *[WORDS_MAX]){"check", "--backup", backup});
    }
    if (cvn_args_has(&cli->args, "data")) {
        return run_convened(cli, "check", NULL);
    }
    Convene__Admin__V1__CheckStoresRequest request = CONVENE__ADMIN__V1__CHECK_STORES_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Admin__V1__StoreChecks *reply = NULL;
    if (cli->options.timeout_ms <= 0) {
        cli->options.timeout_ms = CHECK_TIMEOUT_MS;
    }
    enum cvn_exit code = cvn_call(cli, SERVICE "CheckStores", &request, &reply);
    if (code) {
        return code;
    }
    bool sound = true;
    for (size_t i = 0; i < reply->n_checks; i++) {
        sound = sound && reply->checks[i]->finding_count == 0;
        if (cli->format == CVN_FORMAT_TABLE) {
            print_check(reply->checks[i]);
        }
    }
    if (cli->format != CVN_FORMAT_TABLE) {
        code = cvn_view_rows(cli, check_columns, (ProtobufCMessage *const *)reply->checks,
                             reply->n_checks);
    }
    if (code == CVN_EXIT_DONE && !sound) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The stores are not sound; restore them from a backup.");
    }
    return code;
}

static const char *see_bytes(struct cvn_cli *cli, uint64_t bytes)
{
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_bytes(text, bytes);
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_used(struct cvn_cli *cli, const void *message)
{
    return see_bytes(cli, ((const Convene__Admin__V1__Store *)message)->used_bytes);
}

static const char *see_commit_time(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__Store *store = message;
    char text[CVN_STATS_TEXT_BYTES] = "";
    if (store->commits) {
        cvn_stats_format_us(text, (int64_t)(store->commit_sum_us / store->commits));
    }
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_snapshot_age(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__Store *store = message;
    char text[CVN_STATS_TEXT_BYTES] = "";
    if (store->snapshots) {
        cvn_stats_format_us(text, (int64_t)store->snapshot_age_us);
    }
    return cvn_arena_strdup(&cli->arena, text);
}

CVN_VIEW_STRING(see_name, Convene__Admin__V1__Store, name)
SEE_NUMBER(see_keys, Convene__Admin__V1__Store, keys)
SEE_NUMBER(see_updates, Convene__Admin__V1__Store, updates)
SEE_NUMBER(see_commits, Convene__Admin__V1__Store, commits)
SEE_NUMBER(see_queue, Convene__Admin__V1__Store, queue_now)
SEE_NUMBER(see_refused, Convene__Admin__V1__Store, refused)
SEE_NUMBER(see_faults, Convene__Admin__V1__Store, faults)
SEE_NUMBER(see_snapshots, Convene__Admin__V1__Store, snapshots)
SEE_NUMBER(see_last_change, Convene__Admin__V1__Store, last_change)

static const struct cvn_view_column store_columns[] = {
    {{"Store", false, true}, see_name},
    {{"Keys", true, false}, see_keys},
    {{"Used", true, false}, see_used},
    {{"Writes", true, false}, see_updates},
    {{"Commits", true, false}, see_commits},
    {{"Mean commit", true, false}, see_commit_time},
    {{"Queue", true, false}, see_queue},
    {{"Refused", true, false}, see_refused},
    {{"Faults", true, false}, see_faults},
    {{"Snapshots", true, false}, see_snapshots},
    {{"Oldest", true, false}, see_snapshot_age},
    {{"Last change", true, false}, see_last_change},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_admin_run_stores(struct cvn_cli *cli)
{
    Convene__Admin__V1__GetStoresRequest request = CONVENE__ADMIN__V1__GET_STORES_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Admin__V1__Stores *reply = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetStores", &request, &reply);
    return code ? code
                : cvn_view_rows(cli, store_columns, (ProtobufCMessage *const *)reply->stores,
                                reply->n_stores);
}
