#include "services/store_metrics.h"

#include <errno.h>
#include <inttypes.h>

/* One figure of the stats: where it lies, and by what it is divided. */
struct figure {
    const char *name, *type, *help;
    size_t offset;
    double per;
    bool small; /* 32 bits wide */
};

#define AT(field) offsetof(struct cvn_store_stats, field)

static const struct figure figures[] = {
    {"convene_store_updates_total", "counter", "Writes run.", AT(n_updates), 1, false},
    {"convene_store_updates_undone_total", "counter", "Writes that failed and were taken back.",
     AT(n_undone), 1, false},
    {"convene_store_updates_expired_total", "counter",
     "Writes not begun: cancelled or past their deadline.", AT(n_expired), 1, false},
    {"convene_store_updates_refused_total", "counter", "Writes refused because the queue was full.",
     AT(n_refused), 1, false},
    {"convene_store_batch_faults_total", "counter", "Batches that failed as a whole.", AT(n_faults),
     1, false},
    {"convene_store_reopenings_total", "counter", "Reopenings after a fault.", AT(n_reopenings), 1,
     false},
    {"convene_store_queue_length", "gauge", "Writes waiting.", AT(queue_now), 1, false},
    {"convene_store_map_bytes", "gauge", "Address space of the store.", AT(map_bytes), 1, false},
    {"convene_store_used_bytes", "gauge", "Of it, used at some time: the file's size.",
     AT(map_used_bytes), 1, false},
    {"convene_store_keys", "gauge", "Rows, index entries and all else.", AT(n_keys), 1, false},
    {"convene_store_snapshots", "gauge", "Snapshots open in this process.", AT(snapshots_now), 1,
     true},
    {"convene_store_oldest_snapshot_seconds", "gauge", "How long the oldest one has been open.",
     AT(snapshot_ns_now), 1e9, false},
    {"convene_store_reader_lag_commits", "gauge",
     "Commits since the oldest snapshot of any process was taken.", AT(reader_lag_most), 1, false},
    {"convene_store_readers", "gauge", "Places taken in the table of readers, by all processes.",
     AT(readers_now), 1, true},
    {"convene_store_readers_cleared_total", "counter", "Places that dead processes had left.",
     AT(n_readers_cleared), 1, false},
    {"convene_store_map_growths_total", "counter", "How often more address space was taken.",
     AT(n_growths), 1, false},
    {"convene_store_replays_purged_total", "counter", "Replay records whose time was over.",
     AT(n_replays_purged), 1, false},
    {"convene_store_changes_trimmed_total", "counter", "Changes whose time was over.",
     AT(n_changes_trimmed), 1, false},
};

static double value_of(const struct figure *figure, const struct cvn_store_stats *stats)
{
    const char *at = (const char *)stats + figure->offset;
    uint64_t value = figure->small ? *(const uint32_t *)at : *(const uint64_t *)at;
    return (double)value / figure->per;
}

static void write_heading(FILE *out, const char *name, const char *help, const char *type)
{
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A histogram of which bucket i ends at first << i, in units of 1 / per. */
struct histogram {
    const char *name, *help;
    const uint64_t *buckets;
    size_t n_buckets;
    double first;
    double sum;
};

static void write_histogram(FILE *out, const char *store, const struct histogram *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i < h->n_buckets; i++) {
        n += h->buckets[i];
        bool last = i + 1 == h->n_buckets;
        if (last)
            (void)fprintf(out, "%s_bucket{store=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", h->name, store,
                          n);
        else
            (void)fprintf(out, "%s_bucket{store=\"%s\",le=\"%g\"} %" PRIu64 "\n", h->name, store,
                          h->first * (double)(UINT64_C(1) << i), n);
    }
    (void)fprintf(out, "%s_sum{store=\"%s\"} %g\n%s_count{store=\"%s\"} %" PRIu64 "\n", h->name,
                  store, h->sum, h->name, store, n);
}

static void write_histograms(FILE *out, const struct cvn_store_admin *stores, bool commits,
                             const struct cvn_store_stats *stats)
{
    const char *name =
        commits ? "convene_store_commit_seconds" : "convene_store_batch_size_updates";
    write_heading(out, name,
                  commits ? "How long commits took." : "Writes that were committed together.",
                  "histogram");
    for (size_t i = 0; i < stores->n_stores; i++) {
        struct histogram h = {.name = name, .first = 1, .sum = (double)stats[i].n_updates};
        h.buckets = stats[i].batches;
        h.n_buckets = CVN_STORE_BATCH_BUCKETS;
        if (commits) {
            h.buckets = stats[i].commits;
            h.n_buckets = CVN_STORE_COMMIT_BUCKETS;
            h.first = 64e-6;
            h.sum = (double)stats[i].commit_ns_sum / 1e9;
        }
        write_histogram(out, stores->stores[i].name, &h);
    }
}

int cvn_store_metrics_write(FILE *out, const struct cvn_store_admin *stores)
{
    struct cvn_store_stats stats[CVN_STORE_ADMIN_STORES_MAX];
    for (size_t i = 0; i < stores->n_stores; i++)
        cvn_store_stats(stores->stores[i].store, &stats[i]);
    for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
        write_heading(out, figures[f].name, figures[f].help, figures[f].type);
        for (size_t i = 0; i < stores->n_stores; i++)
            (void)fprintf(out, "%s{store=\"%s\"} %.15g\n", figures[f].name, stores->stores[i].name,
                          value_of(&figures[f], &stats[i]));
    }
    write_histograms(out, stores, false, stats);
    write_histograms(out, stores, true, stats);
    return ferror(out) ? -EIO : 0;
}
