/* What the server was asked to do: the command line and, behind it, an optional INI file. */
#ifndef CVN_SERVICES_SETTINGS_H
#define CVN_SERVICES_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_SETTINGS_LISTEN_MAX = 8,
    CVN_SETTINGS_TEXT_BYTES = 512,
    CVN_SETTINGS_WORKERS_MAX = 64,
};

/* PEM files; "" for none. */
struct cvn_settings_tls {
    char ca[CVN_SETTINGS_TEXT_BYTES];
    char certificate[CVN_SETTINGS_TEXT_BYTES];
    char key[CVN_SETTINGS_TEXT_BYTES];
};

struct cvn_settings {
    char data[CVN_SETTINGS_TEXT_BYTES]; /* directory of the stores */
    char listen[CVN_SETTINGS_LISTEN_MAX][CVN_SETTINGS_TEXT_BYTES];
    size_t n_listen;
    bool events;                              /* run the events service */
    bool mentoring;                           /* run the mentoring service */
    char events_url[CVN_SETTINGS_TEXT_BYTES]; /* where mentoring asks, if events run elsewhere */
    char events_key_file[CVN_SETTINGS_TEXT_BYTES]; /* whose first line is the key for that */
    struct cvn_settings_tls events_tls;            /* to ask over tls+tcp */
    struct cvn_settings_tls tls; /* to be asked; with ca, clients need certificates */
    int n_workers;
    int drain_timeout_ms;
    int keep_changes_days; /* 0: as long as a store keeps them by itself */
    int caller_calls;      /* in flight of one caller */
    int caller_rate;       /* of one caller, per second */
    bool quiet;            /* no line per call */
};

enum cvn_settings_outcome {
    CVN_SETTINGS_RUN = 0,
    CVN_SETTINGS_HELP = 1,    /* --help: print the usage and end with success */
    CVN_SETTINGS_VERSION = 2, /* --version */
};

/* How to call the program, as text for people. */
extern const char cvn_settings_usage[];

/*
 * Reads argv over the file that --config names (a later flag wins over the file) over the defaults.
 * A cvn_settings_outcome, or -EINVAL with the sentence in err that says what was wrong with which
 * flag and what would be right.
 */
int cvn_settings_read(struct cvn_settings *settings, int argc, char **argv, struct cvn_error *err);

#endif
