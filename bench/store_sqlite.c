/* The job on SQLite as it is durable: WAL, synchronous FULL, writes grouped in one transaction. */
#include "bench/store_bench.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 512, PATH_BYTES = 1024 };

struct sqlite_store {
    char path[PATH_BYTES];
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *take, *insert;
    sqlite3 *readers[CONNECTIONS_MAX];
    sqlite3_stmt *gets[CONNECTIONS_MAX], *lists[CONNECTIONS_MAX];
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, capacity INT, taken INT);"
    "CREATE TABLE rsvp(event INT, person INT, state INT, guests INT, note TEXT,"
    " PRIMARY KEY(event, person)) WITHOUT ROWID;"
    "CREATE INDEX rsvp_person ON rsvp(person);"
    "CREATE INDEX rsvp_state ON rsvp(event, state);"
    "CREATE TABLE occurrence(id INTEGER PRIMARY KEY, start INT, title TEXT);";

static int run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK)
        return 0;
    fprintf(stderr, "SQLite: %s\n", why);
    sqlite3_free(why);
    return 1;
}

static int load(sqlite3 *db, uint64_t n_occurrences)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   " INSERT INTO event SELECT i, %d, 0 FROM n;",
                   STORE_EVENTS - 1, STORE_CAPACITY);
    if (run(db, sql) != 0)
        return 1;
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %llu)"
                   " INSERT INTO occurrence SELECT i, i * 2654435761 %% 4294967296,"
                   " 'An evening about C, with room for questions' || hex(zeroblob(38)) FROM n;"
                   "CREATE INDEX occurrence_start ON occurrence(start);",
                   (unsigned long long)n_occurrences - 1);
    return run(db, sql);
}

static void sqlite_close(void *arg)
{
    struct sqlite_store *store = arg;
    sqlite3_stmt *const statements[] = {store->begin, store->commit, store->take, store->insert};
    for (unsigned i = 0; i < 4; i++)
        (void)sqlite3_finalize(statements[i]);
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
        (void)sqlite3_finalize(store->gets[i]);
        (void)sqlite3_finalize(store->lists[i]);
        (void)sqlite3_close(store->readers[i]);
    }
    (void)sqlite3_close(store->db);
    free(store);
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
    if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK)
        return 0;
    fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(db));
    return 1;
}

static int sqlite_open(void **ret, const char *directory, uint64_t n_occurrences)
{
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (!store)
        return 1;
    (void)snprintf(store->path, sizeof store->path, "%s/db", directory);
    int r = sqlite3_open(store->path, &store->db);
    if (r == 0)
        r = run(store->db, schema);
    if (r == 0)
        r = load(store->db, n_occurrences);
    if (r == 0)
        r = prepare(store->db, "BEGIN IMMEDIATE", &store->begin);
    if (r == 0)
        r = prepare(store->db, "COMMIT", &store->commit);
    if (r == 0)
        r = prepare(store->db,
                    "UPDATE event SET taken = taken + 1 WHERE id = ? AND taken < capacity",
                    &store->take);
    if (r == 0)
        r = prepare(store->db, "INSERT INTO rsvp VALUES(?, ?, 3, 0, 'as a row has it')",
                    &store->insert);
    if (r != 0) {
        sqlite_close(store);
        return 1;
    }
    *ret = store;
    return 0;
}

/* Each reader has a connection of its own, as SQLite would have it. */
static int sqlite_connect(void *arg, unsigned number)
{
    struct sqlite_store *store = arg;
    if (number >= CONNECTIONS_MAX)
        return 1;
    if (store->readers[number])
        return 0;
    int r = sqlite3_open_v2(store->path, &store->readers[number],
                            SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (r == 0)
        r = prepare(store->readers[number], "SELECT id, title FROM occurrence WHERE id = ?",
                    &store->gets[number]);
    return r ? r
             : prepare(store->readers[number],
                       "SELECT id, title FROM occurrence WHERE start >= ? ORDER BY start LIMIT ?",
                       &store->lists[number]);
}

static int step(sqlite3_stmt *statement)
{
    int r = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return r == SQLITE_DONE ? 0 : 1;
}

static int sqlite_group(void *arg, const struct store_rsvp *rsvps, unsigned n)
{
    struct sqlite_store *store = arg;
    int r = step(store->begin);
    for (unsigned i = 0; r == 0 && i < n; i++) {
        (void)sqlite3_bind_int64(store->take, 1, rsvps[i].event);
        r = step(store->take);
        if (r == 0 && sqlite3_changes(store->db) == 1) {
            (void)sqlite3_bind_int64(store->insert, 1, rsvps[i].event);
            (void)sqlite3_bind_int64(store->insert, 2, rsvps[i].person);
            r = step(store->insert);
        }
    }
    return r ? r : step(store->commit);
}

static int read_rows(sqlite3_stmt *statement)
{
    int r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW)
        (void)sqlite3_column_text(statement, 1);
    (void)sqlite3_reset(statement);
    return r == SQLITE_DONE ? 0 : 1;
}

static int sqlite_get(void *arg, unsigned reader, uint64_t id)
{
    sqlite3_stmt *get = ((struct sqlite_store *)arg)->gets[reader];
    (void)sqlite3_bind_int64(get, 1, (sqlite3_int64)id);
    return read_rows(get);
}

static int sqlite_list(void *arg, unsigned reader, uint64_t from)
{
    sqlite3_stmt *list = ((struct sqlite_store *)arg)->lists[reader];
    (void)sqlite3_bind_int64(list, 1, (sqlite3_int64)(from * 2654435761U % 4294967296U));
    (void)sqlite3_bind_int(list, 2, STORE_LIST);
    return read_rows(list);
}

const struct store_backend store_sqlite_grouped = {.name = "sqlite",
                                                   .open = sqlite_open,
                                                   .close = sqlite_close,
                                                   .connect = sqlite_connect,
                                                   .group = sqlite_group,
                                                   .get = sqlite_get,
                                                   .list = sqlite_list};
