#include "services/settings.h"

#include "base/address.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char cvn_settings_usage[] =
    "usage: convened [--data DIR] [--listen URL]… [options]\n"
    "       convened check --data DIR | --backup FILE\n"
    "       convened restore FILE --data DIR\n"
    "       convened compact --data DIR\n"
    "\n"
    "Serves meetup events and mentorship matching from one embedded store.\n"
    "\n"
    "  --data DIR          where the stores are kept; made if it is not there\n"
    "                      (default: $XDG_DATA_HOME/convene or ~/.local/share/convene)\n"
    "  --listen URL        ipc:///path, tcp://address:port, tls+tcp://address:port or\n"
    "                      inproc://name; may be repeated\n"
    "                      (default: $CONVENE_URL, or ipc on convene.sock in\n"
    "                      $XDG_RUNTIME_DIR or ~/.local/share/convene)\n"
    "  --services LIST     events,mentoring (the default), events, or mentoring\n"
    "  --events-url URL    where the events service is, when only mentoring runs here\n"
    "  --events-key-file FILE\n"
    "                      the API key to ask it with, in the file's first line\n"
    "  --events-tls-ca FILE, --events-tls-cert FILE, --events-tls-key FILE\n"
    "                      for that over tls+tcp: the authorities of its certificate, and a\n"
    "                      certificate and private key if it asks for one\n"
    "  --tls-cert FILE, --tls-key FILE\n"
    "                      certificate and private key of tls+tcp:// addresses, in PEM\n"
    "  --tls-ca FILE       admit only clients with a certificate from these authorities\n"
    "  --workers N         threads that run calls, 1 to 64 (default: 8)\n"
    "  --caller-calls N    calls that one caller may have in flight, 1 to 100000\n"
    "                      (default: 4096)\n"
    "  --caller-rate N     calls that one caller may begin in a second, 1 to 1000000, and twice\n"
    "                      as many at once (default: 50000)\n"
    "  --keep-changes D    days for which the log of changes is kept, 1 to 36500 (default: 90)\n"
    "  --drain-timeout S   seconds that running calls may take at the end (default: 10)\n"
    "  --quiet             no log line for each call\n"
    "  --config FILE       an INI file, section [convened], keys named as the flags above\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM and SIGINT stop it cleanly: running calls finish, new ones are refused.\n"
    "SIGHUP reads the certificates again, for new connections; without any it stops as well.\n";

enum {
    WORKERS_DEFAULT = 8,
    DRAIN_SECONDS_DEFAULT = 10,
    DRAIN_SECONDS_MAX = 3600,
    CALLER_CALLS_DEFAULT = 4096,
    CALLER_CALLS_MAX = 100000,
    CALLER_RATE_DEFAULT = 50000,
    CALLER_RATE_MAX = 1000000,
    KEEP_CHANGES_DAYS_MAX = 36500,
};

struct setting {
    const char *name;
    int (*set)(struct cvn_settings *settings, const char *value, struct cvn_error *err);
    size_t text; /* without set: where in the settings the value is copied to */
};

static int copy(char to[CVN_SETTINGS_TEXT_BYTES], const char *name, const char *value,
                struct cvn_error *err)
{
    size_t len = strlen(value);
    if (len == 0 || len >= CVN_SETTINGS_TEXT_BYTES)
        return cvn_error_set(err, -EINVAL, "--%s needs a value of 1 to %d bytes.", name,
                             CVN_SETTINGS_TEXT_BYTES - 1);
    memcpy(to, value, len + 1);
    return 0;
}

static int whole_number(const char *name, const char *value, const int range[2],
                        struct cvn_error *err)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno || end == value || *end || number < range[0] || number > range[1])
        return cvn_error_set(err, -EINVAL, "--%s is \"%s\"; a whole number from %d to %d is right.",
                             name, value, range[0], range[1]);
    return (int)number;
}

static int set_listen(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    static const char *const schemes[] = {"ipc://", "tcp://", "tls+tcp://", "inproc://"};
    if (settings->n_listen == CVN_SETTINGS_LISTEN_MAX)
        return cvn_error_set(err, -EINVAL, "--listen may be given at most %d times.",
                             CVN_SETTINGS_LISTEN_MAX);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(value, schemes[i], strlen(schemes[i])) == 0 && value[strlen(schemes[i])])
            return copy(settings->listen[settings->n_listen++], "listen", value, err);
    return cvn_error_set(err, -EINVAL,
                         "--listen is \"%s\"; ipc:///path, tcp://address:port, "
                         "tls+tcp://address:port or inproc://name is right.",
                         value);
}

static int set_services(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    bool both = strcmp(value, "events,mentoring") == 0 || strcmp(value, "mentoring,events") == 0;
    bool events = strcmp(value, "events") == 0, mentoring = strcmp(value, "mentoring") == 0;
    if (!both && !events && !mentoring)
        return cvn_error_set(
            err, -EINVAL, "--services is \"%s\"; events, mentoring or events,mentoring is right.",
            value);
    settings->events = both || events;
    settings->mentoring = both || mentoring;
    return 0;
}

static int set_workers(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int n = whole_number("workers", value, (const int[2]){1, CVN_SETTINGS_WORKERS_MAX}, err);
    if (n < 0)
        return n;
    settings->n_workers = n;
    return 0;
}

static int set_caller_calls(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int n = whole_number("caller-calls", value, (const int[2]){1, CALLER_CALLS_MAX}, err);
    if (n < 0)
        return n;
    settings->caller_calls = n;
    return 0;
}

static int set_caller_rate(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int n = whole_number("caller-rate", value, (const int[2]){1, CALLER_RATE_MAX}, err);
    if (n < 0)
        return n;
    settings->caller_rate = n;
    return 0;
}

static int set_data(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int r = copy(settings->data, "data", value, err);
    for (size_t len = strlen(settings->data); r == 0 && len > 1 && value[len - 1] == '/'; len--)
        settings->data[len - 1] = '\0';
    return r;
}

static int set_keep_changes(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int n = whole_number("keep-changes", value, (const int[2]){1, KEEP_CHANGES_DAYS_MAX}, err);
    if (n < 0)
        return n;
    settings->keep_changes_days = n;
    return 0;
}

static int set_drain(struct cvn_settings *settings, const char *value, struct cvn_error *err)
{
    int n = whole_number("drain-timeout", value, (const int[2]){0, DRAIN_SECONDS_MAX}, err);
    if (n < 0)
        return n;
    settings->drain_timeout_ms = n * 1000;
    return 0;
}

#define TEXT(member) NULL, offsetof(struct cvn_settings, member)
static const struct setting table[] = {
    {"data", set_data, 0},
    {"listen", set_listen, 0},
    {"services", set_services, 0},
    {"workers", set_workers, 0},
    {"drain-timeout", set_drain, 0},
    {"keep-changes", set_keep_changes, 0},
    {"events-url", TEXT(events_url)},
    {"events-key-file", TEXT(events_key_file)},
    {"events-tls-ca", TEXT(events_tls.ca)},
    {"events-tls-cert", TEXT(events_tls.certificate)},
    {"events-tls-key", TEXT(events_tls.key)},
    {"tls-ca", TEXT(tls.ca)},
    {"tls-cert", TEXT(tls.certificate)},
    {"tls-key", TEXT(tls.key)},
    {"caller-calls", set_caller_calls, 0},
    {"caller-rate", set_caller_rate, 0},
};
#undef TEXT

static int apply(const struct setting *setting, struct cvn_settings *settings, const char *value,
                 struct cvn_error *err)
{
    return setting->set ? setting->set(settings, value, err)
                        : copy((char *)settings + setting->text, setting->name, value, err);
}

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

struct file_reading {
    struct cvn_settings *settings;
    struct cvn_error *err;
};

/* inih asks for 1 where all is well and stops at the first line that gets 0. */
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct file_reading *reading = user;
    const struct setting *setting = strcmp(section, "convened") == 0 ? find(name) : NULL;
    if (!setting) {
        (void)cvn_error_set(reading->err, -EINVAL, "[%s] %s is not a setting of convened.", section,
                            name);
        return 0;
    }
    return apply(setting, reading->settings, value, reading->err) == 0;
}

static int read_file(struct cvn_settings *settings, const char *path, struct cvn_error *err)
{
    struct cvn_error line_error = {""};
    struct file_reading reading = {settings, &line_error};
    int line = ini_parse(path, take_line, &reading);
    if (line < 0)
        return cvn_error_set(err, -EINVAL, "--config %s cannot be read: %s.", path,
                             strerror(errno));
    if (line > 0)
        return cvn_error_set(err, -EINVAL, "--config %s, line %d: %s", path, line,
                             line_error.text[0] ? line_error.text : "this is no `name = value`.");
    return 0;
}

static int defaults(struct cvn_settings *settings, struct cvn_error *err)
{
    *settings = (struct cvn_settings){
        .events = true,
        .mentoring = true,
        .n_workers = WORKERS_DEFAULT,
        .drain_timeout_ms = DRAIN_SECONDS_DEFAULT * 1000,
        .caller_calls = CALLER_CALLS_DEFAULT,
        .caller_rate = CALLER_RATE_DEFAULT,
    };
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n = data && *data ? snprintf(settings->data, sizeof settings->data, "%s/convene", data)
                          : snprintf(settings->data, sizeof settings->data,
                                     "%s/.local/share/convene", home && *home ? home : ".");
    if (n >= (int)sizeof settings->data)
        return cvn_error_set(err, -EINVAL, "The home directory's name is too long; give --data.");
    return 0;
}

/* What the flags mean together, once all are read. */
static int complete(struct cvn_settings *settings, struct cvn_error *err)
{
    if (settings->mentoring && !settings->events && !settings->events_url[0])
        return cvn_error_set(err, -EINVAL,
                             "--services mentoring needs --events-url: where the events service "
                             "is.");
    if (settings->n_listen > 0)
        return 0;
    char url[CVN_ADDRESS_BYTES];
    if (!cvn_address_default(url, getenv("CONVENE_URL"), getenv("XDG_RUNTIME_DIR"), getenv("HOME")))
        return cvn_error_set(err, -EINVAL,
                             "There is no place for a socket: neither XDG_RUNTIME_DIR nor HOME "
                             "helps; give --listen.");
    (void)snprintf(settings->listen[0], sizeof settings->listen[0], "%s", url);
    settings->n_listen = 1;
    return 0;
}

static int take_flag(struct cvn_settings *settings, const char *flag, const char *value,
                     struct cvn_error *err)
{
    const struct setting *setting = find(flag + 2);
    if (!setting && strcmp(flag, "--config") != 0)
        return cvn_error_set(err, -EINVAL, "%s is not an option of convened; see --help.", flag);
    if (!value)
        return cvn_error_set(err, -EINVAL, "%s needs a value; see --help.", flag);
    return setting ? apply(setting, settings, value, err) : 0;
}

/* The file first, wherever --config stands, so that flags win over it. */
static int read_config(struct cvn_settings *settings, int argc, char **argv, struct cvn_error *err)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--config") == 0) {
            int r = read_file(settings, argv[i + 1], err);
            if (r < 0)
                return r;
        }
    return 0;
}

int cvn_settings_read(struct cvn_settings *settings, int argc, char **argv, struct cvn_error *err)
{
    int r = defaults(settings, err);
    if (r == 0)
        r = read_config(settings, argc, argv, err);
    bool listens_from_file = settings->n_listen > 0;
    for (int i = 1; r == 0 && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return CVN_SETTINGS_HELP;
        if (strcmp(argv[i], "--version") == 0)
            return CVN_SETTINGS_VERSION;
        if (strcmp(argv[i], "--quiet") == 0) {
            settings->quiet = true;
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0)
            return cvn_error_set(err, -EINVAL, "\"%s\" is not expected; see --help.", argv[i]);
        if (listens_from_file && strcmp(argv[i], "--listen") == 0) {
            settings->n_listen = 0;
            listens_from_file = false;
        }
        r = take_flag(settings, argv[i], i + 1 < argc ? argv[i + 1] : NULL, err);
        i++;
    }
    return r < 0 ? r : complete(settings, err);
}
