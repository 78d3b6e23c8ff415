#include "client/cli/commands.h"

#include <stdio.h>
#include <string.h>

enum { FAR = 99 };

const struct cvn_option cvn_global_options[] = {
    {"url", 0, "URL", "where the server is, as in ipc:///run/convene.sock or tls+tcp://host:port",
     NULL},
    {"key-file", 0, "FILE", "sign in with the API key that is the file's first line", NULL},
    {"key", 0, "KEY", "the same with the key itself, which other users of this machine may see",
     NULL},
    {"tls-ca", 0, "FILE", "authorities of the server's certificate, in PEM; else the system's",
     NULL},
    {"tls-name", 0, "NAME", "that the certificate is for, where it is not the address's host",
     NULL},
    {"tls-cert", 0, "FILE", "certificate for a server that asks for one, in PEM", NULL},
    {"tls-key", 0, "FILE", "the private key of that certificate", NULL},
    {"timeout", 0, "5s", "how long a call may take; 10s when left out", NULL},
    {"output", 'o', "FORMAT", "table, json or csv", NULL},
    {"quiet", 'q', NULL, "no remarks and no progress", NULL},
    {"verbose", 'v', NULL, "each call and how it ended", NULL},
    {"help", 'h', NULL, "help on this command", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_family *cvn_family_find(const struct cvn_family *families, const char *name)
{
    for (; families->name; families++) {
        if (strcmp(families->name, name) == 0) {
            return families;
        }
    }
    return NULL;
}

const char *cvn_family_near(const struct cvn_family *families, const char *name)
{
    const char *best = NULL;
    size_t best_distance = FAR;
    for (; families->name; families++) {
        size_t distance = cvn_words_distance(families->name, name);
        if (distance < best_distance && cvn_words_close(families->name, name)) {
            best = families->name;
            best_distance = distance;
        }
    }
    return best;
}

const struct cvn_command *cvn_command_find(const struct cvn_family *family, const char *name)
{
    for (const struct cvn_command *c = family->commands; c->name; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

int cvn_command_name(char name[CVN_COMMAND_NAME_BYTES], const struct cvn_family *family, int argc,
                     char *const *argv)
{
    size_t len = argc > 0 ? strlen(argv[0]) : 0;
    bool prefix = false;
    for (const struct cvn_command *c = family->commands; len && c->name; c++) {
        prefix = prefix || (strncmp(c->name, argv[0], len) == 0 && c->name[len] == ' ');
    }
    bool two = prefix && argc > 1 && argv[1][0] != '-';
    (void)snprintf(name, CVN_COMMAND_NAME_BYTES, "%s%s%s", argc > 0 ? argv[0] : "", two ? " " : "",
                   two ? argv[1] : "");
    return two ? 2 : 1;
}

const char *cvn_command_near(const struct cvn_family *family, const char *name)
{
    const char *best = NULL;
    size_t best_distance = FAR;
    for (const struct cvn_command *c = family->commands; c->name; c++) {
        size_t distance = cvn_words_distance(c->name, name);
        if (distance < best_distance && cvn_words_close(c->name, name)) {
            best = c->name;
            best_distance = distance;
        }
    }
    return best;
}
