#include "client/cli/privacy.h"

#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/cli/view.h"
#include "client/json.h"
#include "convene/events/v1/privacy.pb-c.h"
#include "convene/mentoring/v1/privacy.pb-c.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENTS "convene.events.v1.PrivacyService/"
#define MENTORING "convene.mentoring.v1.PrivacyService/"

enum { PAGE = 200, NAME_BYTES = 512 };

/* A service's part of an export: every service has a method of the same shape. */
struct part {
    const char *name; /* in the file, and of --part */
    const char *method;
    const ProtobufCMessageDescriptor *request;
};

static const struct part parts[] = {
    {"events", EVENTS "ExportPerson", &convene__events__v1__export_person_request__descriptor},
    {"mentoring", MENTORING "ExportPerson",
     &convene__mentoring__v1__export_person_request__descriptor},
};

/* Whether --part, if it is given, means that one. */
static bool is_wanted(const struct cvn_cli *cli, const char *name)
{
    const char *part = cvn_args_get(&cli->args, "part");
    return !part || strcmp(part, name) == 0;
}

static enum cvn_exit check_part(struct cvn_cli *cli)
{
    const char *part = cvn_args_get(&cli->args, "part");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (is_wanted(cli, parts[i].name)) {
            return CVN_EXIT_DONE;
        }
    }
    return cvn_cli_misuse(cli, "--part must be events or mentoring, not \"%s\".", part);
}

/*
 * Calls, and is content where the server has no such service: then it holds nothing, unless that is
 * all that was asked for. *ret_reply stays NULL then.
 */
static enum cvn_exit call_part(struct cvn_cli *cli, const char *method, void *request,
                               void *ret_reply)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = cvn_call_quietly(cli, method, request, ret_reply, &status);
    bool absent = r == CONVENE_UNIMPLEMENTED && !cvn_args_get(&cli->args, "part");
    enum cvn_exit code = r && !absent ? cvn_failure_print(cli, &status) : CVN_EXIT_DONE;
    convene_status_clear(&status);
    return code;
}

static void *field_of(void *message, const char *name)
{
    const ProtobufCMessageDescriptor *type = ((ProtobufCMessage *)message)->descriptor;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(type, name);
    return (char *)message + field->offset;
}

/* Puts {"rsvp": {...}} behind the others of "rsvp", lists behind theirs; the profile is one. */
static int add_record(json_t *part, const ProtobufCMessage *record)
{
    json_t *shown = NULL;
    const char *name;
    json_t *value;
    int r = cvn_json_of_message(record, &shown);
    if (r) {
        return r;
    }
    json_object_foreach(shown, name, value)
    {
        if (strcmp(name, "profile") == 0) {
            r |= json_object_set(part, name, value);
            continue;
        }
        json_t *list = json_object_get(part, name);
        if (!list) {
            r |= json_object_set_new(part, name, json_array());
            list = json_object_get(part, name);
        }
        r |= json_is_array(value) ? json_array_extend(list, value) : json_array_append(list, value);
    }
    json_decref(shown);
    return r;
}

static int add_page(json_t *json, void *reply)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
        ((ProtobufCMessage *)reply)->descriptor, "records");
    ProtobufCMessage *const *records = *(ProtobufCMessage ***)field_of(reply, "records");
    size_t n = *(size_t *)((char *)reply + field->quantifier_offset);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = add_record(json, records[i]);
    }
    return r;
}

static enum cvn_exit export_part(struct cvn_cli *cli, const struct part *part, char *person,
                                 json_t *json)
{
    void *request = cvn_arena_alloc(&cli->arena, part->request->sizeof_message);
    if (!request) {
        return cvn_cli_no_memory(cli);
    }
    protobuf_c_message_init(part->request, request);
    *(char **)field_of(request, "person_id") = person;
    *(int32_t *)field_of(request, "page_size") = PAGE;
    for (;;) {
        CVN_REPLY_AUTO ProtobufCMessage *reply = NULL;
        enum cvn_exit code = call_part(cli, part->method, request, &reply);
        if (code || !reply) {
            return code;
        }
        if (add_page(json, reply)) {
            return cvn_cli_no_memory(cli);
        }
        const char *token = *(char **)field_of(reply, "next_page_token");
        if (!*token) {
            return CVN_EXIT_DONE;
        }
        char *next = cvn_arena_strdup(&cli->arena, token);
        if (!next) {
            return cvn_cli_no_memory(cli);
        }
        *(char **)field_of(request, "page_token") = next;
    }
}

/* The file is JSON whatever -o says: it is for machines to keep and for people to read. */
enum cvn_exit cvn_privacy_run_export(struct cvn_cli *cli)
{
    char *person = NULL;
    enum cvn_exit code = check_part(cli);
    code = code ? code : cvn_call_person(cli, cvn_args_word(&cli->args, 0), &person);
    json_t *root = json_object();
    for (size_t i = 0; code == CVN_EXIT_DONE && i < sizeof parts / sizeof *parts; i++) {
        json_t *json = json_object();
        if (!is_wanted(cli, parts[i].name)) {
            json_decref(json);
        } else if (json_object_set_new(root, parts[i].name, json)) {
            code = cvn_cli_no_memory(cli);
        } else {
            code = export_part(cli, &parts[i], person, json);
        }
    }
    if (code == CVN_EXIT_DONE &&
        (json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) || putchar('\n') < 0)) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "The export could not be written.");
    }
    json_decref(root);
    return code;
}

/* Whom the word names, and what they are called; one whose profile is gone is told by the id. */
static enum cvn_exit look_up(struct cvn_cli *cli, char **ret_id, char **ret_name)
{
    Convene__Events__V1__GetPersonRequest get = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    enum cvn_exit code = cvn_call_person(cli, cvn_args_word(&cli->args, 0), &get.id);
    if (code) {
        return code;
    }
    CVN_REPLY_AUTO Convene__Events__V1__Person *person = NULL;
    int r = strncmp(get.id, "per_", 4) == 0
                ? cvn_call_quietly(cli, "convene.events.v1.PersonService/GetPerson", &get, &person,
                                   &status)
                : 0;
    bool begun =
        r == CONVENE_NOT_FOUND || (r == CONVENE_UNIMPLEMENTED && !is_wanted(cli, "events"));
    convene_status_clear(&status);
    if (!person && !begun) {
        code = cvn_call(cli, "convene.events.v1.PersonService/GetPerson", &get, &person);
    }
    if (code) {
        return code;
    }
    *ret_id = cvn_arena_strdup(&cli->arena, person ? person->id : get.id);
    *ret_name = cvn_arena_strdup(&cli->arena, person ? person->display_name : get.id);
    return *ret_id && *ret_name ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

static const char *what_goes(const struct cvn_cli *cli)
{
    if (!is_wanted(cli, "events")) {
        return "enrolments, what was written of mentorships, and the name in match runs";
    }
    return is_wanted(cli, "mentoring")
               ? "profile, memberships, answers, comments and keys, and all of mentoring"
               : "profile, memberships, answers, comments and keys";
}

static enum cvn_exit confirm(struct cvn_cli *cli, const char *name)
{
    char line[NAME_BYTES] = "";
    if (cvn_args_has(&cli->args, "yes")) {
        return CVN_EXIT_DONE;
    }
    if (!isatty(STDIN_FILENO)) {
        return cvn_cli_misuse(cli, "There is no way back from this; say --yes to go on.");
    }
    (void)fprintf(stderr,
                  "This erases %s for good: %s.\n"
                  "`convene people export` saves them first. Type the name to go on: ",
                  name, what_goes(cli));
    if (!fgets(line, sizeof line, stdin)) {
        line[0] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, name) == 0
               ? CVN_EXIT_DONE
               : cvn_cli_fail(cli, CVN_EXIT_FAILED, "That is another name; nothing was erased.");
}

CVN_VIEW_INT(see_memberships, Convene__Events__V1__ErasePersonResponse, memberships_ended)
CVN_VIEW_INT(see_given_up, Convene__Events__V1__ErasePersonResponse, rsvps_given_up)
CVN_VIEW_INT(see_kept, Convene__Events__V1__ErasePersonResponse, rsvps_kept)
CVN_VIEW_INT(see_comments, Convene__Events__V1__ErasePersonResponse, comments_blanked)
CVN_VIEW_INT(see_others, Convene__Events__V1__ErasePersonResponse, other_rows_deleted)

static const struct cvn_view_column erase_columns[] = {
    {{"Memberships", true, false}, see_memberships}, {{"RSVPs ended", true, false}, see_given_up},
    {{"RSVPs kept", true, false}, see_kept},         {{"Comments", true, false}, see_comments},
    {{"Other rows", true, false}, see_others},       {{NULL, false, false}, NULL},
};

CVN_VIEW_INT(see_enrolments, Convene__Mentoring__V1__ErasePersonResponse, enrolments_deleted)
CVN_VIEW_INT(see_mentorships, Convene__Mentoring__V1__ErasePersonResponse, mentorships_blanked)
CVN_VIEW_INT(see_log, Convene__Mentoring__V1__ErasePersonResponse, log_entries_deleted)
CVN_VIEW_INT(see_feedback, Convene__Mentoring__V1__ErasePersonResponse, feedback_deleted)
CVN_VIEW_INT(see_matches, Convene__Mentoring__V1__ErasePersonResponse, matches_blanked)

static const struct cvn_view_column mentoring_columns[] = {
    {{"Enrolments", true, false}, see_enrolments}, {{"Mentorships", true, false}, see_mentorships},
    {{"Log entries", true, false}, see_log},       {{"Feedback", true, false}, see_feedback},
    {{"In match runs", true, false}, see_matches}, {{NULL, false, false}, NULL},
};

/* What a run that is under way still stores is left to the server. */
static void tell_awaited(struct cvn_cli *cli, const char *run_id)
{
    cvn_cli_note(cli,
                 "%s began before and may name the person; the server takes them out of it when it "
                 "has ended.",
                 run_id);
}

/* What mentoring holds goes first, as long as who asks is known. */
static enum cvn_exit erase_mentoring(struct cvn_cli *cli, char *person)
{
    for (;;) {
        Convene__Mentoring__V1__ErasePersonRequest request =
            CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
        request.person_id = request.confirm_id = person;
        CVN_REPLY_AUTO Convene__Mentoring__V1__ErasePersonResponse *reply = NULL;
        enum cvn_exit code = call_part(cli, MENTORING "ErasePerson", &request, &reply);
        if (code || !reply) {
            return code;
        }
        bool awaits = *reply->awaited_run_id;
        if (awaits) {
            tell_awaited(cli, reply->awaited_run_id);
        }
        if (reply->done || awaits) {
            return is_wanted(cli, "events") ? CVN_EXIT_DONE
                                            : cvn_view_one(cli, mentoring_columns, reply);
        }
    }
}

/* The rest, and what went of it. */
static enum cvn_exit erase_events(struct cvn_cli *cli, char *person, const char *name)
{
    Convene__Events__V1__ErasePersonRequest request =
        CONVENE__EVENTS__V1__ERASE_PERSON_REQUEST__INIT;
    request.person_id = request.confirm_id = person;
    for (;;) {
        CVN_REPLY_AUTO Convene__Events__V1__ErasePersonResponse *erased = NULL;
        enum cvn_exit code = cvn_call(cli, EVENTS "ErasePerson", &request, &erased);
        if (code) {
            return code;
        }
        if (erased->done && cli->format == CVN_FORMAT_TABLE) {
            (void)printf("%s is erased. What went, and the RSVPs that stay without a name:\n",
                         name);
        }
        if (erased->done) {
            return cvn_view_one(cli, erase_columns, erased);
        }
    }
}

enum cvn_exit cvn_privacy_run_erase(struct cvn_cli *cli)
{
    char *person = NULL, *name = NULL;
    enum cvn_exit code = check_part(cli);
    code = code ? code : look_up(cli, &person, &name);
    code = code ? code : confirm(cli, name);
    if (!code && is_wanted(cli, "mentoring")) {
        code = erase_mentoring(cli, person);
    }
    if (!code && is_wanted(cli, "events")) {
        code = erase_events(cli, person, name);
    }
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli,
                     "Backups made before still hold what is gone; erase again after restoring "
                     "one.");
    }
    return code;
}

const struct cvn_option cvn_privacy_export_options[] = {
    {"part", 0, "events|mentoring", "only what that service holds", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_privacy_erase_options[] = {
    {"part", 0, "events|mentoring", "only what that service holds", NULL},
    {"yes", 'y', NULL, "do not ask", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
