#include "base/api_key.h"
#include "client/cli/admin_store.h"
#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/stats.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "client/json.h"
#include "convene/admin/v1/key.pb-c.h"

#include <stdio.h>
#include <string.h>

#define SERVICE "convene.admin.v1.KeyService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_id, Convene__Admin__V1__Key, id)
CVN_VIEW_STRING(see_label, Convene__Admin__V1__Key, label)
CVN_VIEW_INSTANT(see_created, Convene__Admin__V1__Key, create_time)
CVN_VIEW_INSTANT(see_expires, Convene__Admin__V1__Key, expire_time)
CVN_VIEW_INSTANT(see_used, Convene__Admin__V1__Key, last_use_time)
CVN_VIEW_INSTANT(see_revoked, Convene__Admin__V1__Key, revoke_time)

static const char *see_holder(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Convene__Admin__V1__Key *key = message;
    return *key->service_account ? key->service_account : key->person_id;
}

static const char *see_scopes(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__Key *key = message;
    const char *text = key->n_scopes > 0 ? "" : "everything";
    for (size_t i = 0; text && i < key->n_scopes; i++) {
        const Convene__Admin__V1__Scope *scope = key->scopes[i];
        const char *groups = cvn_view_joined(cli, scope->group_ids, scope->n_group_ids);
        text = cvn_arena_printf(&cli->arena, "%s%s%s%s%s", text, i ? "; " : "", scope->name,
                                scope->n_group_ids > 0 ? ":" : "", groups ? groups : "");
    }
    return text;
}

static const struct cvn_view_column list_columns[] = {
    {{"Key", false, false}, see_id},          {{"Label", false, true}, see_label},
    {{"Holder", false, false}, see_holder},   {{"May", false, true}, see_scopes},
    {{"Expires", false, false}, see_expires}, {{"Last used", false, false}, see_used},
    {{"Revoked", false, false}, see_revoked}, {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Key", false, false}, see_id},
    {{"Label", false, false}, see_label},
    {{"Holder", false, false}, see_holder},
    {{"May", false, false}, see_scopes},
    {{"Made", false, false}, see_created},
    {{"Expires", false, false}, see_expires},
    {{"Last used", false, false}, see_used},
    {{"Revoked", false, false}, see_revoked},
    {{NULL, false, false}, NULL},
};

/* The key alone on standard output, so that it can go straight into a file. */
static enum cvn_exit tell_secret(struct cvn_cli *cli,
                                 const Convene__Admin__V1__CreateKeyResponse *made)
{
    if (made->secret_withheld) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The key %s was made, but the answer with its secret got lost. Revoke "
                            "it and make another: convene admin keys revoke %s",
                            made->key->id, made->key->id);
    }
    if (cli->format == CVN_FORMAT_JSON) {
        return cvn_view_one(cli, show_columns, made);
    }
    cvn_cli_note(cli, "This is the only time that the key is shown. Keep it like a password.");
    (void)puts(made->secret);
    return CVN_EXIT_DONE;
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Admin__V1__CreateKeyRequest request = CONVENE__ADMIN__V1__CREATE_KEY_REQUEST__INIT;
    Google__Protobuf__Timestamp expire_time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    const char *person = cvn_args_get(&cli->args, "person");
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_fill_time(cli, "expires", &expire_time, &request.expire_time);
    code = code ? code : cvn_call_person(cli, person, &request.person_id);
    CVN_REPLY_AUTO Convene__Admin__V1__CreateKeyResponse *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateKey", &request, &made);
    return code ? code : tell_secret(cli, made);
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListKeys", list_columns,
                                              "There are no keys. Make one with `convene admin "
                                              "keys create --label TEXT`.",
                                              LIST_LIMIT};
    Convene__Admin__V1__ListKeysRequest request = CONVENE__ADMIN__V1__LIST_KEYS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code =
        code ? code : cvn_call_person(cli, cvn_args_get(&cli->args, "person"), &request.person_id);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

/* Of a whole key only the name is sent: who found a leaked one can paste it here. */
static enum cvn_exit run_revoke(struct cvn_cli *cli)
{
    Convene__Admin__V1__RevokeKeyRequest request = CONVENE__ADMIN__V1__REVOKE_KEY_REQUEST__INIT;
    struct cvn_api_key whole;
    struct cvn_api_key_id id;
    const char *word = cvn_args_word(&cli->args, 0);
    if (cvn_api_key_parse(&whole, word)) {
        id = cvn_api_key_id(&whole);
    } else if (!cvn_api_key_id_parse(&id, word)) {
        return cvn_cli_misuse(cli, "KEY must be a key's first %d characters, as in cvn_01h2xcejqt.",
                              CVN_API_KEY_ID_CHARS);
    }
    request.id = id.text;
    CVN_REPLY_AUTO Convene__Admin__V1__Key *revoked = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "RevokeKey", &request, &revoked);
    return code ? code : cvn_view_one(cli, show_columns, revoked);
}

static const struct cvn_option create_options[] = {
    {"label", 0, "TEXT", "what it is for, 1 to 100 bytes; required", "label"},
    {"person", 0, "PERSON", "id or e-mail of whose key it is; yours when left out", NULL},
    {"service-account", 0, "NAME", "a program's key in place of a person's; for administrators",
     "service_account"},
    {"scope", 0, "SCOPE[:GROUPS]",
     "all that it may do, as in events.register:c-berlin; may be given several times", "scopes"},
    {"expires", 0, "WHEN", "as in +90d or 2027-01-01; never when left out", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    {"person", 0, "PERSON",
     "id or e-mail of whose keys; yours when left out, everybody's for "
     "administrators",
     NULL},
    {"service-account", 0, "NAME", "of a program; for administrators", "service_account"},
    {"ended", 0, NULL, "those revoked or expired, too", "include_ended"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_admin_commands[] = {
    {"keys create", "", 0, 0, "Makes an API key and prints it, once.",
     "Scopes: read, events.register, rsvps.answer, rsvps.decide, groups.manage, comments.write,\n"
     "mentoring.enrol, mentoring.manage; for service accounts also people.read,\n"
     "people.register, delegation and admin. A person's key without scopes may do all that the\n"
     "person may. Behind a colon, groups separated by commas.",
     create_options, false, run_create, NULL},
    {"keys list", "", 0, 0, "Lists API keys; their secrets are kept nowhere.", NULL, list_options,
     false, run_list, NULL},
    {"keys revoke", "KEY", 1, 1, "Ends an API key for good, by its first 14 characters.", NULL,
     NULL, false, run_revoke, NULL},
    {"stats", "[SERVICE]", 0, 1, "Shows what was called, how it ended and how long it took.",
     "Failed are all calls that did not end with OK. The times are estimates from a histogram:\n"
     "half of the calls took at most p50, 99 of 100 at most p99.",
     cvn_stats_options, false, cvn_stats_run, NULL},
    {"metrics", "", 0, 0, "Prints the same for Prometheus, and the stores' figures.", NULL, NULL,
     false, cvn_metrics_run, NULL},
    {"stores", "", 0, 0, "Shows how the server's stores are doing.", NULL, NULL, false,
     cvn_admin_run_stores, NULL},
    {"check", "", 0, 0, "Looks whether the stores are sound.",
     "Recomputes every index and follows the change logs. Without --data it asks the server,\n"
     "which goes on serving; with it, this machine's files are read. Exits with 1 when they\n"
     "are not sound. With --backup a backup is read to its end and its checksum compared.",
     cvn_admin_check_options, false, cvn_admin_run_check, NULL},
    {"backup", "FILE", 1, 1, "Writes a backup of all stores while the server goes on.",
     "FILE must not be there yet; - is standard output. Each store is as of one moment. The\n"
     "server's disk needs room for the backup while it is sent.",
     NULL, false, cvn_admin_run_backup, NULL},
    {"restore", "FILE", 1, 1, "Makes a data directory from a backup.",
     "The directory must not be there yet, or be empty. The backup's checksum and the restored\n"
     "stores are checked before the directory gets its name.",
     cvn_admin_data_options, false, cvn_admin_run_restore, NULL},
    {"compact", "", 0, 0, "Gives back the room that is free in the stores' files.",
     "The server must be stopped. There must be room for a copy of each store.",
     cvn_admin_data_options, false, cvn_admin_run_compact, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
