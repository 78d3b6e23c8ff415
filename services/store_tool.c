#include "services/store_tool.h"

#include "services/events/audit.h"
#include "services/events/schema.h"
#include "services/events/service.h"
#include "services/mentoring/schema.h"
#include "services/mentoring/service.h"
#include "services/store_files.h"
#include "services/store_guard.h"
#include "services/store_pace.h"
#include "storage/backup.h"
#include "storage/schema.h"
#include "storage/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOOL_USAGE = 2, DATA_BYTES = 512, PATH_BYTES = 640 };

/* The stores that a data directory may hold, by the names of their directories. */
struct kind {
    const char *name;
    const struct cvn_table *const *tables;
    cvn_verify_audit *audit; /* NULL for none */
    uint32_t schema_version;
    cvn_schema_step *const *schema_steps;
};

static const struct kind *kind_of(const char *name)
{
    static const struct kind kinds[] = {
        {"events", cvn_events_tables, cvn_events_audit, CVN_EVENTS_SCHEMA, cvn_events_schema_steps},
        {"mentoring", cvn_mentoring_tables, NULL, CVN_MENTORING_SCHEMA,
         cvn_mentoring_schema_steps}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* How a store of the kind is opened for writing: one of an older version is taken forward. */
static struct cvn_store_options options_of(const struct kind *kind, const char *path)
{
    return (struct cvn_store_options){
        .path = path,
        .manual = true,
        .schema_version = kind->schema_version,
        .schema_steps = kind->schema_steps,
    };
}

static const char *const store_names[] = {"events", "mentoring"};
enum { N_STORES = 2 };

static const char usage[] =
    "usage: convened check --data DIR            look whether the stores are sound\n"
    "       convened check --backup FILE         look whether a backup is whole\n"
    "       convened restore FILE --data DIR     make a data directory from a backup\n"
    "       convened compact --data DIR          give back the room that is free in the stores\n"
    "\n"
    "check may run beside a server; restore wants a DIR that is not there yet, or is empty;\n"
    "compact wants the server stopped.\n";

/* Of the data directory, which was checked for its length. */
static void path_in(char path[PATH_BYTES], const char *data, const char *name, const char *suffix)
{
    if (snprintf(path, PATH_BYTES, "%s%s%s%s", data, *name ? "/" : "", name, suffix) >= PATH_BYTES)
        *path = '\0';
}

static int fail(const char *sentence)
{
    fprintf(stderr, "convened: %s\n", sentence);
    return EXIT_FAILURE;
}

/* Standard error where a person looks at it: a stream that a child can go on with. */
static FILE *terminal(void)
{
    static FILE *opened;
    if (!opened && isatty(STDERR_FILENO))
        opened = fdopen(dup(STDERR_FILENO), "w");
    return opened;
}

/* Makes way for a sentence where progress was shown. */
static void clear_line(FILE *terminal)
{
    if (!terminal)
        return;
    (void)fputs("\r\033[K", terminal);
    (void)fflush(terminal);
}

/* What a child does with one store, and who is told how far it has come. */
struct task {
    const char *data;
    const struct kind *kind;
    FILE *terminal; /* NULL: nobody looks on */
    const char *doing;
    bool audits; /* also what rows say of one another: a store is restored and compacted without */
    struct cvn_store_pace pace;
};

static int show_progress(void *arg, uint64_t n_done, uint64_t n_total)
{
    struct task *task = arg;
    if (!task->terminal)
        return 0;
    if (n_done >= n_total) {
        clear_line(task->terminal);
    } else if (cvn_store_pace_due(&task->pace)) {
        (void)fprintf(task->terminal, "\r\033[K%s: %s, %" PRIu64 " %%", task->kind->name,
                      task->doing, n_done * 100 / n_total);
        (void)fflush(task->terminal);
    }
    return 0;
}

static void print_report(const struct kind *kind, const struct cvn_verify_report *report)
{
    printf("%s: %" PRIu64 " keys, %" PRIu64 " rows, %" PRIu64 " index entries, %" PRIu64
           " changes, %" PRIu64 " replay records: %s\n",
           kind->name, report->n_keys, report->n_rows, report->n_entries, report->n_changes,
           report->n_replays, report->n_findings ? "NOT SOUND" : "sound");
    for (size_t i = 0; i < cvn_verify_n_kept(report); i++)
        printf("    %s\n", report->findings[i]);
    if (report->n_findings > CVN_VERIFY_FINDINGS_KEPT)
        printf("    and %" PRIu64 " more\n", report->n_findings - CVN_VERIFY_FINDINGS_KEPT);
}

/* Verifies the open store and says what was found. */
static int check_open(struct task *task, struct cvn_store *store, const char *path,
                      struct cvn_error *err)
{
    static struct cvn_verify_report report;
    const struct cvn_progress progress = {show_progress, task};
    struct cvn_txn *snapshot;
    task->doing = "looking";
    int r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        r = cvn_store_verify(snapshot, task->kind->tables, &progress, &report);
        if (r == 0 && task->audits && task->kind->audit)
            r = task->kind->audit(snapshot, &progress, &report);
        cvn_snapshot_release(snapshot);
    }
    if (r)
        return cvn_error_set(err, r,
                             "The store %s cannot be read to its end: %s. Restore it from a "
                             "backup.",
                             path, strerror(r < 0 ? -r : EBUSY));
    print_report(task->kind, &report);
    return report.n_findings
               ? cvn_error_set(err, -EUCLEAN,
                               "The store %s is not sound; restore it from a backup.", path)
               : 0;
}

/* The indexes of an older store are not those that it is looked at for. */
static int require_version(const struct kind *kind, struct cvn_store *store, const char *path,
                           struct cvn_error *err)
{
    struct cvn_txn *snapshot;
    uint32_t version = 0;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        r = cvn_schema_read(snapshot, &version);
        cvn_snapshot_release(snapshot);
    }
    if (r)
        return cvn_error_set(err, r, "The store %s cannot be read.", path);
    return version == kind->schema_version
               ? 0
               : cvn_error_set(err, -EPROTO,
                               "The store %s is of an older version, schema %" PRIu32
                               "; start the server once, which takes it to %" PRIu32
                               ", and check it then.",
                               path, version, kind->schema_version);
}

/* In a child, as all that opens a store here. */
static int check_job(void *arg, struct cvn_error *err)
{
    struct task *task = arg;
    char path[PATH_BYTES];
    path_in(path, task->data, task->kind->name, "");
    struct cvn_store *store;
    struct cvn_store_options options = options_of(task->kind, path);
    options.read_only = true;
    int r = cvn_store_open(&store, &options, err);
    if (r)
        return r;
    r = require_version(task->kind, store, path, err);
    if (r == 0)
        r = check_open(task, store, path, err);
    cvn_store_close(store);
    return r;
}

/* Takes a store of an older version forward. */
static int step_job(void *arg, struct cvn_error *err)
{
    struct task *task = arg;
    char path[PATH_BYTES];
    path_in(path, task->data, task->kind->name, "");
    struct cvn_store *store;
    const struct cvn_store_options options = options_of(task->kind, path);
    int r = cvn_store_open(&store, &options, err);
    if (r == 0)
        cvn_store_close(store);
    return r;
}

/* Has a child do it. */
static int guard(int (*job)(void *arg, struct cvn_error *err), struct task *task,
                 struct cvn_error *err)
{
    char what[PATH_BYTES + 16], path[PATH_BYTES];
    path_in(path, task->data, task->kind->name, "");
    (void)snprintf(what, sizeof what, "The store %s", path);
    return cvn_store_guard(what, job, task, err);
}

static int check_store(struct task *task, struct cvn_error *err)
{
    return guard(check_job, task, err);
}

/* Which stores there are, in order. */
static size_t list_stores(const char *data, const struct kind *ret[N_STORES])
{
    size_t n = 0;
    for (size_t i = 0; i < N_STORES; i++) {
        char path[PATH_BYTES];
        struct stat found;
        path_in(path, data, store_names[i], "/data.mdb");
        if (stat(path, &found) == 0)
            ret[n++] = kind_of(store_names[i]);
    }
    return n;
}

static int check(const char *data)
{
    const struct kind *kinds[N_STORES];
    size_t n = list_stores(data, kinds);
    struct cvn_error err = {""};
    int status = EXIT_SUCCESS;
    if (n == 0) {
        (void)cvn_error_set(&err, -ENOENT, "There is no store in %s.", data);
        return fail(err.text);
    }
    for (size_t i = 0; i < n; i++) {
        struct task task = {.data = data, .kind = kinds[i], .terminal = terminal(), .audits = true};
        if (check_store(&task, &err) != 0)
            status = fail(err.text);
    }
    return status;
}

/* A backup that is read, and who is told how much of it was. */
struct source {
    FILE *file, *terminal;
    const char *doing;
    uint64_t n_read, n_total; /* 0: nobody knows, as of a pipe */
    struct cvn_store_pace pace;
};

static int64_t read_source(void *arg, void *buffer, size_t n)
{
    struct source *source = arg;
    size_t got = fread(buffer, 1, n, source->file);
    source->n_read += got;
    if (source->terminal && source->n_total && got && cvn_store_pace_due(&source->pace)) {
        (void)fprintf(source->terminal, "\r\033[K%s, %" PRIu64 " %%", source->doing,
                      source->n_read * 100 / source->n_total);
        (void)fflush(source->terminal);
    }
    return got == 0 && ferror(source->file) ? -EIO : (int64_t)got;
}

static int open_source(struct source *source, const char *name, const char *doing,
                       struct cvn_error *err)
{
    struct stat found;
    *source = (struct source){.file = fopen(name, "re"), .terminal = terminal(), .doing = doing};
    if (!source->file)
        return cvn_error_set(err, -errno, "The backup %s cannot be opened: %s.", name,
                             strerror(errno));
    if (fstat(fileno(source->file), &found) == 0 && S_ISREG(found.st_mode))
        source->n_total = (uint64_t)found.st_size;
    return 0;
}

/* What kind a part of a backup is, or why this program cannot restore it. */
static int kind_of_part(const struct cvn_backup_part *part, const struct kind **ret,
                        struct cvn_error *err)
{
    const struct kind *kind = kind_of(part->name);
    if (!kind)
        return cvn_error_set(err, -EPROTO,
                             "The backup has a store \"%s\", which this program does not know.",
                             part->name);
    if (part->schema_version > kind->schema_version)
        return cvn_error_set(err, -EPROTO,
                             "The backup's store %s has schema version %" PRIu32
                             ", newer than the %" PRIu32
                             " that this program knows; restore it with "
                             "the program that wrote it, or a newer one.",
                             part->name, part->schema_version, kind->schema_version);
    *ret = kind;
    return 0;
}

static int restore_part(struct cvn_backup_reader *reader, const char *data, struct cvn_error *err)
{
    struct cvn_backup_part part;
    int r = cvn_backup_read_part(reader, &part, err);
    if (r)
        return r;
    const struct kind *kind = NULL;
    r = kind_of_part(&part, &kind, err);
    if (r)
        return r;
    char path[PATH_BYTES];
    path_in(path, data, kind->name, "");
    r = cvn_backup_restore_part(reader, &(struct cvn_store_options){.path = path}, err);
    clear_line(terminal());
    struct task task = {.data = data, .kind = kind, .terminal = terminal()};
    if (r == 0)
        r = guard(step_job, &task, err);
    return r ? r : check_store(&task, err);
}

/* Restores all parts into the directory, which is there and empty. */
static int restore_parts(struct source *source, const char *into, struct cvn_error *err)
{
    struct cvn_backup_reader *reader;
    int r = cvn_backup_reader_new(&reader, read_source, source);
    if (r)
        return cvn_error_set(err, r, "No memory to read the backup.");
    while (r == 0)
        r = restore_part(reader, into, err);
    cvn_backup_reader_free(reader);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Reads a backup to its end without restoring it, and says whether that could be done. */
static int check_parts(struct cvn_backup_reader *reader, struct cvn_error *err)
{
    struct cvn_backup_part part;
    const struct kind *kind = NULL;
    uint64_t n_records;
    int r, unfit = 0;
    while ((r = cvn_backup_read_part(reader, &part, err)) == 0) {
        r = cvn_backup_check_part(reader, &n_records, err);
        clear_line(terminal());
        if (r)
            return r;
        printf("%s: %" PRIu64 " keys, schema version %" PRIu32 ", up to change %" PRIu64
               ": whole\n",
               part.name, n_records, part.schema_version, part.last_change);
        unfit = unfit ? unfit : kind_of_part(&part, &kind, err);
    }
    return r == CVN_STORE_ABSENT ? unfit : r;
}

static int check_backup(const char *name)
{
    struct cvn_error err = {""};
    struct cvn_backup_reader *reader;
    struct source source;
    if (open_source(&source, name, "looking", &err) != 0)
        return fail(err.text);
    int r = cvn_backup_reader_new(&reader, read_source, &source);
    if (r == 0) {
        r = check_parts(reader, &err);
        cvn_backup_reader_free(reader);
    }
    (void)fclose(source.file);
    return r ? fail(*err.text ? err.text : "No memory to read the backup.") : EXIT_SUCCESS;
}

/* Restores beside the data directory and puts the whole in its place, or removes it. */
static int restore_source(struct source *source, const char *data, struct cvn_error *err)
{
    char into[PATH_BYTES];
    path_in(into, data, "", ".restoring");
    if (mkdir(into, 0700) < 0)
        return cvn_error_set(err, -errno, "The directory %s cannot be made: %s.%s", into,
                             strerror(errno),
                             errno == EEXIST ? " An earlier restoring left it; remove it." : "");
    int r = restore_parts(source, into, err);
    if (r == 0)
        r = cvn_store_files_put_in_place(into, data, err);
    if (r)
        cvn_store_files_remove(into);
    return r;
}

static int restore(const char *name, const char *data)
{
    struct cvn_error err = {""};
    if (!cvn_store_files_absent(data, &err))
        return fail(err.text);
    struct source source;
    if (open_source(&source, name, "restoring", &err) != 0)
        return fail(err.text);
    int r = restore_source(&source, data, &err);
    (void)fclose(source.file);
    if (r)
        return fail(err.text);
    printf("%s is restored from %s.\n", data, name);
    return EXIT_SUCCESS;
}

/* Copies the open store to a directory beside it, and has them change places. */
static int compact_into(struct task *task, struct cvn_store *store, const char *copy_path,
                        struct cvn_error *err)
{
    struct cvn_store *copy;
    struct cvn_txn *snapshot;
    const struct cvn_progress progress = {show_progress, task};
    struct cvn_store_options options = {.path = copy_path, .manual = true};
    int r = cvn_store_open(&copy, &options, err);
    if (r)
        return r;
    task->doing = "copying";
    r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        r = cvn_backup_copy(snapshot, copy, &progress);
        cvn_snapshot_release(snapshot);
    }
    cvn_store_close(copy);
    return r ? cvn_error_set(err, r, "The store cannot be copied to %s: %s.", copy_path,
                             strerror(r < 0 ? -r : EBUSY))
             : 0;
}

/* Opens the store for writing, so that no server is about to, and looks before it copies. */
static int compact_job(void *arg, struct cvn_error *err)
{
    struct task *task = arg;
    char path[PATH_BYTES], copy_path[PATH_BYTES];
    path_in(path, task->data, task->kind->name, "");
    path_in(copy_path, task->data, task->kind->name, ".compacting");
    int64_t before = cvn_store_files_bytes(path);
    struct cvn_store *store;
    const struct cvn_store_options options = options_of(task->kind, path);
    int r = cvn_store_open(&store, &options, err);
    if (r)
        return r;
    cvn_store_files_remove(copy_path); /* what an earlier, interrupted run left */
    r = check_open(task, store, path, err);
    if (r == 0)
        r = compact_into(task, store, copy_path, err);
    if (r == 0)
        r = cvn_store_files_exchange(path, copy_path, err);
    cvn_store_close(store);
    cvn_store_files_remove(copy_path); /* the former store, or the copy that failed */
    if (r == 0)
        printf("%s: %" PRId64 " bytes before, %" PRId64 " now\n", task->kind->name, before,
               cvn_store_files_bytes(path));
    return r;
}

static int compact(const char *data)
{
    const struct kind *kinds[N_STORES];
    size_t n = list_stores(data, kinds);
    struct cvn_error err = {""};
    if (n == 0) {
        (void)cvn_error_set(&err, -ENOENT, "There is no store in %s.", data);
        return fail(err.text);
    }
    for (size_t i = 0; i < n; i++) {
        struct task task = {.data = data, .kind = kinds[i], .terminal = terminal()};
        if (guard(compact_job, &task, &err) != 0)
            return fail(err.text);
    }
    return EXIT_SUCCESS;
}

bool cvn_store_tool_is(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "check") == 0 || strcmp(argv[1], "restore") == 0 ||
                        strcmp(argv[1], "compact") == 0);
}

/* What the words say. */
struct words {
    const char *file;
    char data[DATA_BYTES];
};

static bool set_data(struct words *words, const char *value)
{
    size_t len = strlen(value);
    while (len > 1 && value[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof words->data)
        return false;
    (void)snprintf(words->data, sizeof words->data, "%.*s", (int)len, value);
    return true;
}

static bool read_words(struct words *words, int argc, char **argv, bool wants_file)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--data") == 0 && i + 1 < argc) {
            if (!set_data(words, argv[++i]))
                return false;
        } else if (strncmp(argv[i], "--data=", 7) == 0) {
            if (!set_data(words, argv[i] + 7))
                return false;
        } else if (strcmp(argv[1], "check") == 0 && strcmp(argv[i], "--backup") == 0 &&
                   i + 1 < argc) {
            words->file = argv[++i];
        } else if (wants_file && !words->file && argv[i][0] != '-') {
            words->file = argv[i];
        } else {
            return false;
        }
    }
    return wants_file ? words->data[0] && words->file : !words->data[0] == !!words->file;
}

int cvn_store_tool_main(int argc, char **argv)
{
    struct words words = {.file = NULL};
    bool wants_file = strcmp(argv[1], "restore") == 0;
    if (!read_words(&words, argc, argv, wants_file)) {
        (void)fputs(usage, stderr);
        return TOOL_USAGE;
    }
    if (sodium_init() < 0)
        return fail("This machine has no source of randomness.");
    if (wants_file)
        return restore(words.file, words.data);
    if (words.file)
        return check_backup(words.file);
    return strcmp(argv[1], "check") == 0 ? check(words.data) : compact(words.data);
}
