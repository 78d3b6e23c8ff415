#include "client/lib/credentials.h"

#include "base/address.h"
#include "client/lib/status.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    text[strcspn(text, " \t\r\n")] = '\0';
    return text;
}

static int read_file(struct cvn_api_key *ret, const char *path, struct convene_status *status)
{
    FILE *file = fopen(path, "re");
    char line[LINE_BYTES] = "";
    bool read = file && fgets(line, sizeof line, file);
    int fault = errno;
    bool failed = !file || ferror(file);
    if (file) {
        (void)fclose(file);
    }
    if (failed) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The key file %s cannot be read: %s.", path,
                                       strerror(fault));
    }
    bool parsed = read && cvn_api_key_parse(ret, trim(line));
    sodium_memzero(line, sizeof line);
    if (!parsed) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The first line of the key file %s is no key; %d "
                                       "characters that begin with " CVN_API_KEY_PREFIX
                                       " are right.",
                                       path, CVN_API_KEY_CHARS);
    }
    return 0;
}

static int read_text(struct cvn_api_key *ret, const char *text, const char *where,
                     struct convene_status *status)
{
    if (cvn_api_key_parse(ret, text)) {
        return 0;
    }
    return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                   "The key in %s is malformed; %d characters that begin "
                                   "with " CVN_API_KEY_PREFIX " are right.",
                                   where, CVN_API_KEY_CHARS);
}

/* The first that is given: an option over the environment, a key over a file. */
static int find_key(struct cvn_api_key *ret, bool *ret_found, const struct convene_options *options,
                    struct convene_status *status)
{
    const char *key = getenv("CONVENE_KEY");
    const char *file = getenv("CONVENE_KEY_FILE");
    *ret_found = true;
    if (options->key && *options->key) {
        return read_text(ret, options->key, "the options", status);
    }
    if (!options->key && options->key_file && *options->key_file) {
        return read_file(ret, options->key_file, status);
    }
    if (!options->key && !options->key_file && key && *key) {
        return read_text(ret, key, "CONVENE_KEY", status);
    }
    if (!options->key && !options->key_file && file && *file) {
        return read_file(ret, file, status);
    }
    *ret_found = false;
    return 0;
}

int cvn_credentials_read(char ret[CVN_CREDENTIALS_BYTES], const struct convene_options *options,
                         const char *url, struct convene_status *status)
{
    struct cvn_api_key key;
    bool found;
    int r = find_key(&key, &found, options, status);
    if (r) {
        return r;
    }
    if (found && cvn_address_is_readable(url)) {
        sodium_memzero(&key, sizeof key);
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "A key sent to %s could be read by others on the way; "
                                       "tls+tcp://host:port is right.",
                                       url);
    }
    (void)snprintf(ret, CVN_CREDENTIALS_BYTES, "%s%s", found ? "Bearer " : "",
                   found ? key.text : "");
    sodium_memzero(&key, sizeof key);
    return 0;
}
