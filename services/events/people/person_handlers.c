#include "services/events/groups/community_note.h"
#include "services/events/handlers.h"
#include "services/events/people/person_check.h"
#include "services/events/people/person_table.h"
#include "services/events/people/person_update.h"
#include "services/events/record.h"
#include "services/events/service.h"
#include "services/events/spaces.h"
#include "services/runtime/page.h"

#include <errno.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
};

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CreatePersonRequest *req = request;
    int r = cvn_person_check(&ctx->problems, "person", req->person, zones_of(ctx));
    return r ? r : cvn_ctx_refuse_problems(ctx);
}

static int create_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreatePersonRequest *req = request;
    Convene__Events__V1__Person *person = reply;
    struct cvn_id id = cvn_ctx_new_id(ctx);
    *person = *req->person;
    person->email_unconfirmed = false;
    int r = cvn_person_stamp(ctx, &id, person);
    if (r != 0)
        return r;
    person->create_time = person->update_time;
    r = cvn_person_put(ctx, &id, person);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EMAIL_TAKEN",
                                    "Somebody with the e-mail address %s is registered already.",
                                    person->email);
    return r == 0 ? cvn_community_note(ctx, "person.created", person->id) : r;
}

static int get_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetPersonRequest *req = request;
    struct cvn_id id;
    Convene__Events__V1__Person *person;
    if (!req->id[0]) {
        cvn_problems_add(&ctx->problems, "id", "is empty; an id like per_… or \"me\" is right");
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = cvn_person_meant(ctx, "id", req->id, &id);
    if (r == 0)
        r = cvn_person_find(ctx, &id, &person);
    if (r != 0)
        return r;
    r = cvn_person_show(ctx, &id, person);
    *(Convene__Events__V1__Person *)reply = *person;
    return r;
}

/* Walks people after the cursor; one more than the page tells that there is a next one. */
static int list_page(struct cvn_ctx *ctx, struct cvn_cursor *cursor, int32_t page_size,
                     Convene__Events__V1__ListPeopleResponse *reply, struct cvn_key *ret_last)
{
    reply->people = cvn_arena_alloc_array(ctx->arena, (size_t)page_size, sizeof(void *));
    if (!reply->people)
        return -ENOMEM;
    struct cvn_slice key, value;
    int r;
    while ((r = cvn_cursor_next(cursor, &key, &value)) == 0) {
        if (reply->n_people == (size_t)page_size)
            return 0;
        r = cvn_ctx_unpack(ctx, &convene__events__v1__person__descriptor, value,
                           &reply->people[reply->n_people]);
        if (r != 0)
            return r;
        reply->n_people++;
        cvn_key_init(ret_last);
        cvn_key_put_raw(ret_last, key);
    }
    return r;
}

static int list_people(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListPeopleRequest *req = request;
    Convene__Events__V1__ListPeopleResponse *response = reply;
    struct cvn_slice after = {NULL, 0};
    int32_t page_size = cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &req->base, &after);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    struct cvn_key lo, hi, last;
    cvn_key_begin(&lo, CVN_SPACE_PEOPLE);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    if (r == 0)
        r = list_page(ctx, &cursor, page_size, response, &last);
    if (r == CVN_STORE_ABSENT)
        return 0;
    if (r != 0)
        return r;
    response->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
    return response->next_page_token ? 0 : -ENOMEM;
}

static int check_batch_get(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchGetPeopleRequest *req = request;
    if (req->n_ids + req->n_emails > CVN_PEOPLE_GET_MAX)
        cvn_problems_add(&ctx->problems, "ids",
                         "and emails are together %zu; at most %d can be asked for at once",
                         req->n_ids + req->n_emails, CVN_PEOPLE_GET_MAX);
    for (size_t i = 0; i < req->n_ids && ctx->problems.n < CVN_PROBLEMS_MAX; i++) {
        struct cvn_id id;
        const char *field = cvn_arena_printf(ctx->arena, "ids[%zu]", i);
        (void)cvn_ctx_read_id(ctx, field ? field : "ids", CVN_PERSON_PREFIX, req->ids[i], &id);
    }
    return cvn_ctx_refuse_problems(ctx);
}

static int batch_get_people(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchGetPeopleRequest *req = request;
    Convene__Events__V1__BatchGetPeopleResponse *response = reply;
    size_t n = req->n_ids + req->n_emails;
    int s = cvn_person_require_subject(ctx);
    if (s != 0)
        return s;
    response->people = cvn_arena_alloc_array(ctx->arena, n, sizeof(void *));
    response->missing_ids = cvn_arena_alloc_array(ctx->arena, req->n_ids, sizeof(void *));
    response->missing_emails = cvn_arena_alloc_array(ctx->arena, req->n_emails, sizeof(void *));
    if (!response->people || !response->missing_ids || !response->missing_emails)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct cvn_id id;
        int r = 0;
        if (i >= req->n_ids)
            r = cvn_person_by_email(ctx, req->emails[i - req->n_ids], &id);
        else if (!cvn_id_parse(&id, CVN_PERSON_PREFIX, req->ids[i]))
            r = CVN_STORE_ABSENT;
        if (r == 0)
            r = cvn_person_get(ctx, &id, &response->people[response->n_people]);
        if (r == 0 && ctx->who.delegated)
            r = cvn_person_show(ctx, &id, response->people[response->n_people]);
        if (r == 0)
            response->n_people++;
        else if (r != CVN_STORE_ABSENT)
            return r;
        else if (i < req->n_ids)
            response->missing_ids[response->n_missing_ids++] = req->ids[i];
        else
            response->missing_emails[response->n_missing_emails++] = req->emails[i - req->n_ids];
    }
    return 0;
}

/* Leaves the refusals in ctx->prepared: one pointer for each record, NULL for those in order. */
static int check_batch_register(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchRegisterPeopleRequest *req = request;
    if (req->n_people > CVN_PEOPLE_REGISTER_MAX) {
        cvn_problems_add(&ctx->problems, "people", "are %zu; at most %d can be registered at once",
                         req->n_people, CVN_PEOPLE_REGISTER_MAX);
        return cvn_ctx_refuse_problems(ctx);
    }
    Convene__Events__V1__RegisterResult **refused =
        cvn_arena_alloc_array(ctx->arena, req->n_people, sizeof *refused);
    if (!refused)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_people; i++) {
        struct cvn_problems problems;
        cvn_problems_init(&problems, ctx->arena);
        int r = cvn_person_check(&problems, "person", req->people[i], zones_of(ctx));
        if (r != 0)
            return r;
        if (!req->people[i]->email[0])
            cvn_problems_add(&problems, "person.email",
                             "is required: it tells whether the person is registered already");
        if (problems.total > 0 && !(refused[i] = cvn_record_refused(&problems)))
            return -ENOMEM;
    }
    ctx->prepared = refused;
    return 0;
}

static int register_person(struct cvn_ctx *ctx, const Convene__Events__V1__Person *given,
                           Convene__Events__V1__RegisterResult **ret)
{
    Convene__Events__V1__Person person = *given, *before = NULL;
    person.email_unconfirmed = false;
    struct cvn_id id;
    int r = cvn_person_by_email(ctx, given->email, &id);
    if (r == 0)
        r = cvn_person_get(ctx, &id, &before);
    else if (r == CVN_STORE_ABSENT) {
        id = cvn_ctx_new_id(ctx);
        r = 0;
    }
    if (r == 0)
        r = cvn_person_stamp(ctx, &id, &person);
    if (r != 0)
        return r;
    person.create_time = before ? before->create_time : person.update_time;
    Convene__Events__V1__RegisterResult__Outcome outcome = OUTCOME(CREATED);
    if (before) {
        Google__Protobuf__Timestamp *now = person.update_time;
        person.update_time = before->update_time;
        r = cvn_record_same(ctx->arena, &person.base, &before->base);
        if (r < 0)
            return r;
        outcome = r ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
        person.update_time = now;
    }
    if (outcome != OUTCOME(UNCHANGED)) {
        r = cvn_person_put(ctx, &id, &person);
        if (r == 0)
            r = cvn_community_note(ctx, before ? "person.updated" : "person.created", person.id);
        if (r != 0)
            return r;
    }
    *ret = cvn_record_stored(ctx->arena, person.id, outcome);
    return *ret ? 0 : -ENOMEM;
}

static int batch_register_people(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchRegisterPeopleRequest *req = request;
    Convene__Events__V1__BatchRegisterPeopleResponse *response = reply;
    Convene__Events__V1__RegisterResult *const *refused = ctx->prepared;
    response->results = cvn_arena_alloc_array(ctx->arena, req->n_people, sizeof(void *));
    if (!response->results)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_people; i++) {
        response->results[i] = refused[i];
        if (refused[i])
            continue;
        int r = register_person(ctx, req->people[i], &response->results[i]);
        if (r != 0)
            return r;
    }
    response->n_results = req->n_people;
    return 0;
}

const struct cvn_service_method cvn_person_methods[6] = {
    {"CreatePerson", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, check_create, create_person, NULL,
     CVN_SCOPE_PEOPLE_REGISTER},
    {"GetPerson", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, get_person, NULL, CVN_SCOPE_READ},
    {"ListPeople", CVN_METHOD_READ, CVN_ACCESS_ADMIN, NULL, list_people, NULL,
     CVN_SCOPE_PEOPLE_READ},
    {"BatchGetPeople", CVN_METHOD_READ, CVN_ACCESS_ADMIN, check_batch_get, batch_get_people, NULL,
     CVN_SCOPE_PEOPLE_READ, NULL, true},
    {"BatchRegisterPeople", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, check_batch_register,
     batch_register_people, NULL, CVN_SCOPE_PEOPLE_REGISTER},
    {"UpdatePerson", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_person_check_update,
     cvn_person_update, NULL, CVN_SCOPE_PEOPLE_REGISTER},
};
