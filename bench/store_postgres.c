/*
 * The job on PostgreSQL, reached through the socket in the directory that STORE_BENCH_PGHOST names:
 * a connection for each caller and a transaction for each write, or one connection that pipelines a
 * group of writes in one transaction.
 */
#include "bench/store_bench.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 512, NUMBER_BYTES = 24 };

struct postgres_store {
    PGconn *main;
    PGconn *connections[CONNECTIONS_MAX];
};

static const char write_sql[] =
    "WITH e AS (UPDATE event SET taken = taken + 1 WHERE id = $1::int AND taken < capacity"
    " RETURNING id) INSERT INTO rsvp SELECT id, $2::int, 3, 0, 'as a row has it' FROM e";
static const char get_sql[] = "SELECT id, title FROM occurrence WHERE id = $1::bigint";
static const char list_sql[] =
    "SELECT id, title FROM occurrence WHERE start >= $1::bigint ORDER BY start LIMIT $2::int";

static int check(PGconn *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    int r = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : 1;
    if (r)
        fprintf(stderr, "PostgreSQL: %s", PQerrorMessage(connection));
    PQclear(result);
    return r;
}

static PGconn *connect_anew(void)
{
    const char *host = getenv("STORE_BENCH_PGHOST");
    const char *const names[] = {"host", "dbname", NULL};
    const char *const values[] = {host ? host : "", "postgres", NULL};
    PGconn *connection = PQconnectdbParams(names, values, 0);
    if (PQstatus(connection) == CONNECTION_OK &&
        check(connection, PQprepare(connection, "write", write_sql, 2, NULL)) == 0 &&
        check(connection, PQprepare(connection, "get", get_sql, 1, NULL)) == 0 &&
        check(connection, PQprepare(connection, "list", list_sql, 2, NULL)) == 0)
        return connection;
    fprintf(stderr, "PostgreSQL: %s", PQerrorMessage(connection));
    PQfinish(connection);
    return NULL;
}

static int run(PGconn *connection, const char *sql)
{
    return check(connection, PQexec(connection, sql));
}

static int make_schema(uint64_t n_occurrences)
{
    char sql[512];
    const char *host = getenv("STORE_BENCH_PGHOST");
    const char *const names[] = {"host", "dbname", NULL};
    const char *const values[] = {host ? host : "", "postgres", NULL};
    PGconn *connection = PQconnectdbParams(names, values, 0);
    int r = run(connection, "SET client_min_messages = warning");
    if (r == 0)
        r = run(connection, "DROP TABLE IF EXISTS rsvp, event, occurrence");
    if (r == 0)
        r = run(connection, "CREATE TABLE event(id int PRIMARY KEY, capacity int, taken int)");
    if (r == 0)
        r = run(connection, "CREATE TABLE rsvp(event int, person int, state int, guests int,"
                            " note text, PRIMARY KEY(event, person))");
    if (r == 0)
        r = run(connection, "CREATE INDEX ON rsvp(person)");
    if (r == 0)
        r = run(connection, "CREATE INDEX ON rsvp(event, state)");
    if (r == 0)
        r = run(connection,
                "CREATE TABLE occurrence(id bigint PRIMARY KEY, start bigint, title text)");
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO event SELECT i, %d, 0 FROM generate_series(0, %d) i",
                   STORE_CAPACITY, STORE_EVENTS - 1);
    if (r == 0)
        r = run(connection, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO occurrence SELECT i, i * 2654435761 %% 4294967296,"
                   " 'An evening about C, with room for questions' || repeat('0', 76)"
                   " FROM generate_series(0::bigint, %llu) i",
                   (unsigned long long)n_occurrences - 1);
    if (r == 0)
        r = run(connection, sql);
    if (r == 0)
        r = run(connection, "CREATE INDEX ON occurrence(start)");
    if (r == 0)
        r = run(connection, "VACUUM ANALYZE");
    PQfinish(connection);
    return r;
}

static void postgres_close(void *arg)
{
    struct postgres_store *store = arg;
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
        PQfinish(store->connections[i]);
    PQfinish(store->main);
    free(store);
}

static int postgres_open(void **ret, const char *directory, uint64_t n_occurrences)
{
    struct postgres_store *store = calloc(1, sizeof *store);
    (void)directory;
    if (!store || make_schema(n_occurrences) != 0 || !(store->main = connect_anew())) {
        free(store);
        return 1;
    }
    *ret = store;
    return 0;
}

static int postgres_connect(void *arg, unsigned number)
{
    struct postgres_store *store = arg;
    if (number < CONNECTIONS_MAX && !store->connections[number])
        store->connections[number] = connect_anew();
    return number < CONNECTIONS_MAX && store->connections[number] ? 0 : 1;
}

/* The two numbers of a statement as text. */
struct parameters {
    char texts[2][NUMBER_BYTES];
    const char *values[2];
};

static void set(struct parameters *p, uint64_t a, uint64_t b)
{
    (void)snprintf(p->texts[0], NUMBER_BYTES, "%llu", (unsigned long long)a);
    (void)snprintf(p->texts[1], NUMBER_BYTES, "%llu", (unsigned long long)b);
    p->values[0] = p->texts[0];
    p->values[1] = p->texts[1];
}

static int postgres_write(void *arg, unsigned caller, const struct store_rsvp *rsvp)
{
    PGconn *connection = ((struct postgres_store *)arg)->connections[caller];
    struct parameters p;
    set(&p, rsvp->event, rsvp->person);
    return check(connection, PQexecPrepared(connection, "write", 2, p.values, NULL, NULL, 0));
}

/* Reads all results up to the pipeline's end. */
static int end_pipeline(PGconn *connection)
{
    int r = 0;
    for (;;) {
        PGresult *result = PQgetResult(connection);
        if (!result)
            continue; /* between two statements */
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return PQexitPipelineMode(connection) == 1 ? r : 1;
        }
        r |= check(connection, result);
        if (PQstatus(connection) != CONNECTION_OK)
            return 1;
    }
}

static int postgres_group(void *arg, const struct store_rsvp *rsvps, unsigned n)
{
    PGconn *connection = ((struct postgres_store *)arg)->main;
    int sent = PQenterPipelineMode(connection) &&
               PQsendQueryParams(connection, "BEGIN", 0, NULL, NULL, NULL, NULL, 0);
    for (unsigned i = 0; sent && i < n; i++) {
        struct parameters p;
        set(&p, rsvps[i].event, rsvps[i].person);
        sent = PQsendQueryPrepared(connection, "write", 2, p.values, NULL, NULL, 0);
    }
    sent = sent && PQsendQueryParams(connection, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) &&
           PQpipelineSync(connection);
    return sent ? end_pipeline(connection) : 1;
}

static int postgres_get(void *arg, unsigned reader, uint64_t id)
{
    PGconn *connection = ((struct postgres_store *)arg)->connections[reader];
    struct parameters p;
    set(&p, id, 0);
    return check(connection, PQexecPrepared(connection, "get", 1, p.values, NULL, NULL, 0));
}

static int postgres_list(void *arg, unsigned reader, uint64_t from)
{
    PGconn *connection = ((struct postgres_store *)arg)->connections[reader];
    struct parameters p;
    set(&p, from * 2654435761U % 4294967296U, STORE_LIST);
    return check(connection, PQexecPrepared(connection, "list", 2, p.values, NULL, NULL, 0));
}

const struct store_backend store_postgres_grouped = {.name = "postgres",
                                                     .open = postgres_open,
                                                     .close = postgres_close,
                                                     .connect = postgres_connect,
                                                     .group = postgres_group,
                                                     .get = postgres_get,
                                                     .list = postgres_list};
const struct store_backend store_postgres_single = {.name = "postgres-single",
                                                    .open = postgres_open,
                                                    .close = postgres_close,
                                                    .connect = postgres_connect,
                                                    .write = postgres_write,
                                                    .get = postgres_get,
                                                    .list = postgres_list};
