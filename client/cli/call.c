#include "client/cli/call.h"

#include "base/text.h"
#include "client/cli/failure.h"
#include "client/cli/field.h"
#include "client/cli/when.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PEOPLE "convene.events.v1.PersonService/"

enum { PROGRAM_PAGES_MAX = 100, FOLD_BYTES = 8192, PATIENCE_MS = 5 * 60 * 1000 };

int cvn_call_open(struct cvn_cli *cli, struct convene_status *status)
{
    return cli->client ? 0 : convene_open(&cli->client, &cli->options, status);
}

int cvn_call_quietly(struct cvn_cli *cli, const char *method, const void *request, void *ret_reply,
                     struct convene_status *status)
{
    int r = cvn_call_open(cli, status);
    if (r) {
        return r;
    }
    ProtobufCMessage *reply = NULL;
    r = convene_call(cli->client, method, request, &reply, status);
    if (r == 0) {
        memcpy(ret_reply, &reply, sizeof reply);
    }
    if (cli->verbose) {
        cvn_cli_note(cli, "%s: %s", method, convene_code_name(r));
    }
    return r;
}

enum cvn_exit cvn_call(struct cvn_cli *cli, const char *method, const void *request,
                       void *ret_reply)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    enum cvn_exit code = CVN_EXIT_DONE;
    if (cvn_call_quietly(cli, method, request, ret_reply, &status)) {
        code = cvn_failure_print(cli, &status);
    }
    convene_status_clear(&status);
    return code;
}

void cvn_call_be_patient(struct cvn_cli *cli)
{
    if (!cli->options.timeout_ms) {
        cli->options.timeout_ms = PATIENCE_MS;
    }
}

enum cvn_exit cvn_call_fill(struct cvn_cli *cli, void *request)
{
    for (size_t i = 0; i < cli->args.n_given; i++) {
        const struct cvn_option *option = cli->args.given[i].option;
        if (!option->path) {
            continue;
        }
        const char *value = option->argument ? cli->args.given[i].value : "yes";
        struct cvn_error err = {""};
        int r = cvn_field_set(&cli->arena, request, option->path, value, &err);
        if (r == -ENOMEM) {
            return cvn_cli_no_memory(cli);
        }
        if (r) {
            return cvn_cli_misuse(cli, "--%s %s.", option->name,
                                  *err.text ? err.text : "cannot be set here");
        }
    }
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_call_fill_time(struct cvn_cli *cli, const char *option,
                                 Google__Protobuf__Timestamp *time,
                                 Google__Protobuf__Timestamp **ret)
{
    const char *text = cvn_args_get(&cli->args, option);
    struct cvn_when when;
    struct cvn_error err;
    if (!text) {
        return CVN_EXIT_DONE;
    }
    if (cvn_when_parse(&when, text, cli->now_ms, cli->zone, &err)) {
        return cvn_cli_misuse(cli, "--%s %s.", option, err.text);
    }
    time->seconds = when.from_ms / 1000;
    *ret = time;
    return CVN_EXIT_DONE;
}

char *cvn_call_word(const struct cvn_cli *cli, size_t i)
{
    const char *text = cvn_args_word(&cli->args, i);
    return (char *)(uintptr_t)(text ? text : "");
}

/*
 * For who is no administrator, and so was refused to look for an e-mail: their own is known all the
 * same.
 */
static enum cvn_exit own_email(struct cvn_cli *cli, const char *text, char **ret_id,
                               const struct convene_status *refused)
{
    Convene__Events__V1__GetPersonRequest request = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Person *person = NULL;
    struct convene_status status = CONVENE_STATUS_INIT;
    request.id = (char *)(uintptr_t) "me";
    int r = cvn_call_quietly(cli, PEOPLE "GetPerson", &request, &person, &status);
    convene_status_clear(&status);
    if (r) {
        return cvn_failure_print(cli, refused);
    }
    if (strcasecmp(person->email, text) != 0) {
        return cvn_cli_fail(cli, cvn_failure_exit(refused),
                            "%s is not your own e-mail, and only administrators find others by "
                            "theirs; an id like per_… is right.",
                            text);
    }
    *ret_id = cvn_arena_strdup(&cli->arena, person->id);
    return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

static enum cvn_exit person_of_email(struct cvn_cli *cli, const char *text, char **ret_id)
{
    Convene__Events__V1__BatchGetPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_PEOPLE_REQUEST__INIT;
    char *email = cvn_arena_strdup(&cli->arena, text);
    request.emails = &email;
    request.n_emails = 1;
    CVN_REPLY_AUTO Convene__Events__V1__BatchGetPeopleResponse *reply = NULL;
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = cvn_call_quietly(cli, PEOPLE "BatchGetPeople", &request, &reply, &status);
    enum cvn_exit code = r == 0                           ? CVN_EXIT_DONE
                         : r == CONVENE_PERMISSION_DENIED ? own_email(cli, text, ret_id, &status)
                                                          : cvn_failure_print(cli, &status);
    convene_status_clear(&status);
    if (r) {
        return code;
    }
    if (reply->n_people == 0) {
        return cvn_cli_fail(cli, CVN_EXIT_NOT_FOUND,
                            "Nobody has the e-mail %s. See `convene people list`.", text);
    }
    *ret_id = cvn_arena_strdup(&cli->arena, reply->people[0]->id);
    return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

enum cvn_exit cvn_call_person(struct cvn_cli *cli, const char *text, char **ret_id)
{
    if (text && strchr(text, '@')) {
        return person_of_email(cli, text, ret_id);
    }
    *ret_id = cvn_arena_strdup(&cli->arena, text ? text : "");
    return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

static bool same_name(const char *a, const char *b)
{
    struct cvn_arena arena;
    cvn_arena_init(&arena, FOLD_BYTES);
    struct cvn_slice x;
    struct cvn_slice y;
    bool same = cvn_text_fold(&arena, cvn_slice_of_string(a), &x) == 0 &&
                cvn_text_fold(&arena, cvn_slice_of_string(b), &y) == 0 &&
                cvn_slice_compare(x, y) == 0;
    cvn_arena_deinit(&arena);
    return same;
}

static enum cvn_exit program_of_name(struct cvn_cli *cli, const char *text, char **ret_id)
{
    Convene__Mentoring__V1__ListProgramsRequest request =
        CONVENE__MENTORING__V1__LIST_PROGRAMS_REQUEST__INIT;
    request.page_size = 1000;
    for (int page = 0; page < PROGRAM_PAGES_MAX; page++) {
        CVN_REPLY_AUTO Convene__Mentoring__V1__ListProgramsResponse *reply = NULL;
        enum cvn_exit code =
            cvn_call(cli, "convene.mentoring.v1.ProgramService/ListPrograms", &request, &reply);
        if (code) {
            return code;
        }
        for (size_t i = 0; i < reply->n_programs; i++) {
            if (same_name(reply->programs[i]->name, text)) {
                *ret_id = cvn_arena_strdup(&cli->arena, reply->programs[i]->id);
                return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
            }
        }
        if (!*reply->next_page_token) {
            break;
        }
        request.page_token = cvn_arena_strdup(&cli->arena, reply->next_page_token);
    }
    return cvn_cli_fail(cli, CVN_EXIT_NOT_FOUND,
                        "There is no programme \"%s\". See `convene programs list`.", text);
}

enum cvn_exit cvn_call_group(struct cvn_cli *cli, const char *text, char **ret_id)
{
    Convene__Events__V1__GetGroupRequest request = CONVENE__EVENTS__V1__GET_GROUP_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Group *group = NULL;
    request.id = (char *)(uintptr_t)text;
    if (*text && strncmp(text, "grp_", 4) != 0) {
        enum cvn_exit code =
            cvn_call(cli, "convene.events.v1.GroupService/GetGroup", &request, &group);
        if (code) {
            return code;
        }
    }
    *ret_id = cvn_arena_strdup(&cli->arena, group ? group->id : text);
    return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

enum cvn_exit cvn_call_program(struct cvn_cli *cli, const char *text, char **ret_id)
{
    if (strncmp(text, "prg_", 4) != 0) {
        return program_of_name(cli, text, ret_id);
    }
    *ret_id = cvn_arena_strdup(&cli->arena, text);
    return *ret_id ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

void cvn_call_free_reply(void *pointer_to_reply)
{
    ProtobufCMessage *reply;
    memcpy(&reply, pointer_to_reply, sizeof reply);
    convene_message_free(reply);
}
