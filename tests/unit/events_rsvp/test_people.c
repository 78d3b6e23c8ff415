#include "services/events/people/person_check.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, GET, LIST, BATCH_GET, BATCH_REGISTER };

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static Convene__Events__V1__Person person_of(const char *name, const char *email)
{
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    person.display_name = (char *)name;
    person.email = (char *)email;
    return person;
}

static const Convene__Events__V1__Person *create(struct client *client,
                                                 Convene__Events__V1__Person person)
{
    Convene__Events__V1__CreatePersonRequest request =
        CONVENE__EVENTS__V1__CREATE_PERSON_REQUEST__INIT;
    request.person = &person;
    return client_call(client, &cvn_person_methods[CREATE], &request);
}

static const Convene__Events__V1__Person *get(struct client *client, const char *id)
{
    Convene__Events__V1__GetPersonRequest request = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    request.id = (char *)id;
    return client_call(client, &cvn_person_methods[GET], &request);
}

static void test_create_gives_back_what_is_stored(void **state)
{
    CLIENT admin = client_admin(*state);
    char *languages[] = {(char *)"en", (char *)"pt-BR"};
    Convene__Events__V1__Person given = person_of("Ada", "Ada@Example.org");
    given.languages = languages;
    given.n_languages = 2;
    given.time_zone = (char *)"Europe/London";
    const Convene__Events__V1__Person *made = create(&admin, given);
    assert_non_null(made);
    char id[CVN_ID_TEXT_BYTES];
    strcpy(id, made->id);
    const Convene__Events__V1__Person *read = get(&admin, id);
    assert_non_null(read);
    assert_string_equal(read->id, id);
    assert_string_equal(read->display_name, "Ada");
    assert_string_equal(read->email, "Ada@Example.org");
    assert_int_equal(read->n_languages, 2);
    assert_non_null(read->create_time);
}

static void test_create_when_email_is_taken_in_another_case(void **state)
{
    CLIENT admin = client_admin(*state);
    assert_non_null(create(&admin, person_of("Ada", "ada@example.org")));
    assert_null(create(&admin, person_of("Eve", "ADA@example.ORG")));
    assert_int_equal(admin.status.code, CVN_ALREADY_EXISTS);
    assert_non_null(create(&admin, person_of("Without", "")));
    assert_non_null(create(&admin, person_of("Without either", "")));
}

static void test_create_when_name_is_at_its_limit(void **state)
{
    CLIENT admin = client_admin(*state);
    char name[CVN_PERSON_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[CVN_PERSON_NAME_MAX] = '\0';
    assert_non_null(create(&admin, person_of(name, "")));
    name[CVN_PERSON_NAME_MAX] = 'a';
    name[CVN_PERSON_NAME_MAX + 1] = '\0';
    assert_null(create(&admin, person_of(name, "")));
    assert_true(client_blames(&admin, "person.display_name"));
}

static void test_create_names_every_wrong_field(void **state)
{
    CLIENT admin = client_admin(*state);
    char *languages[] = {(char *)"en", (char *)"not a tag"};
    char *links[] = {(char *)"javascript:alert(1)"};
    Convene__Events__V1__Person given = person_of(" ", "no-at-sign");
    given.languages = languages;
    given.n_languages = 2;
    given.links = links;
    given.n_links = 1;
    given.time_zone = (char *)"Mars/Olympus";
    assert_null(create(&admin, given));
    assert_true(client_blames(&admin, "person.display_name"));
    assert_true(client_blames(&admin, "person.email"));
    assert_true(client_blames(&admin, "person.languages[1]"));
    assert_true(client_blames(&admin, "person.links[0]"));
    assert_true(client_blames(&admin, "person.time_zone"));
    assert_false(client_blames(&admin, "person.languages[0]"));
}

static void test_email_valid_at_the_edges(void **state)
{
    (void)state;
    assert_true(cvn_person_email_valid("a@b"));
    assert_true(cvn_person_email_valid("first.last+tag@sub.example.org"));
    assert_false(cvn_person_email_valid("@b"));
    assert_false(cvn_person_email_valid("a@"));
    assert_false(cvn_person_email_valid("a@b@c"));
    assert_false(cvn_person_email_valid("a b@c"));
    assert_false(cvn_person_email_valid("a@b..c"));
    assert_false(cvn_person_email_valid("a@b."));
    assert_false(cvn_person_email_valid("\xc3\xa9@b"));
    char email[CVN_PERSON_EMAIL_MAX + 2];
    memset(email, 'a', sizeof email);
    email[1] = '@';
    email[CVN_PERSON_EMAIL_MAX] = '\0';
    assert_true(cvn_person_email_valid(email));
    email[CVN_PERSON_EMAIL_MAX] = 'a';
    email[CVN_PERSON_EMAIL_MAX + 1] = '\0';
    assert_false(cvn_person_email_valid(email));
}

static void test_email_is_shown_to_the_person_and_administrators(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    CLIENT admin = client_admin(harness);
    CLIENT self = client_of(harness, ada);
    CLIENT other = client_of(harness, eve);
    CLIENT nobody = client_nobody(harness);
    assert_string_equal(get(&self, "me")->email, "person1@example.org");
    assert_string_equal(get(&self, PERSON_TEXT(ada))->email, "person1@example.org");
    assert_string_equal(get(&admin, PERSON_TEXT(ada))->email, "person1@example.org");
    assert_string_equal(get(&other, PERSON_TEXT(ada))->email, "");
    assert_string_equal(get(&other, PERSON_TEXT(ada))->display_name, "person 1");
    assert_null(get(&nobody, PERSON_TEXT(ada)));
    assert_int_equal(nobody.status.code, CVN_UNAUTHENTICATED);
}

static void test_get_when_there_is_no_such_person(void **state)
{
    CLIENT admin = client_admin(*state);
    assert_null(get(&admin, "per_00000000000000000000000001"));
    assert_int_equal(admin.status.code, CVN_NOT_FOUND);
    assert_null(get(&admin, "per_x"));
    assert_true(client_blames(&admin, "id"));
    assert_null(get(&admin, ""));
    assert_true(client_blames(&admin, "id"));
    assert_null(get(&admin, "me"));
    assert_true(client_blames(&admin, "id"));
}

static void test_list_pages_neither_skip_nor_repeat(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    struct cvn_id ids[5];
    char token[1024] = "";
    unsigned seen = 0;
    for (unsigned i = 0; i < 5; i++)
        ids[i] = harness_person(harness, i);
    for (unsigned page = 0; page < 3; page++) {
        Convene__Events__V1__ListPeopleRequest request =
            CONVENE__EVENTS__V1__LIST_PEOPLE_REQUEST__INIT;
        request.page_size = 2;
        request.page_token = token;
        const Convene__Events__V1__ListPeopleResponse *reply =
            client_call(&admin, &cvn_person_methods[LIST], &request);
        assert_non_null(reply);
        for (size_t i = 0; i < reply->n_people; i++)
            assert_string_equal(reply->people[i]->id, PERSON_TEXT(ids[seen++]));
        strcpy(token, reply->next_page_token);
        assert_int_equal(token[0] != '\0', page < 2);
    }
    assert_int_equal(seen, 5);
    CLIENT person = client_of(harness, ids[0]);
    Convene__Events__V1__ListPeopleRequest request = CONVENE__EVENTS__V1__LIST_PEOPLE_REQUEST__INIT;
    assert_null(client_call(&person, &cvn_person_methods[LIST], &request));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
}

static void test_batch_get_tells_those_missing(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    struct id_text id = id_text("per", harness_person(harness, 1));
    (void)harness_person(harness, 2);
    char *ids[] = {(char *)"per_00000000000000000000000001", id.text};
    char *emails[] = {(char *)"PERSON2@example.org", (char *)"who@example.org"};
    Convene__Events__V1__BatchGetPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_PEOPLE_REQUEST__INIT;
    request.ids = ids;
    request.n_ids = 2;
    request.emails = emails;
    request.n_emails = 2;
    const Convene__Events__V1__BatchGetPeopleResponse *reply =
        client_call(&admin, &cvn_person_methods[BATCH_GET], &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_people, 2);
    assert_string_equal(reply->people[0]->id, id.text);
    assert_string_equal(reply->people[1]->email, "person2@example.org");
    assert_int_equal(reply->n_missing_ids, 1);
    assert_string_equal(reply->missing_ids[0], ids[0]);
    assert_int_equal(reply->n_missing_emails, 1);
    assert_string_equal(reply->missing_emails[0], "who@example.org");
}

static const Convene__Events__V1__BatchRegisterPeopleResponse *
batch_register(struct client *client, Convene__Events__V1__Person *people, size_t n)
{
    static Convene__Events__V1__Person *pointers[501];
    Convene__Events__V1__BatchRegisterPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_PEOPLE_REQUEST__INIT;
    for (size_t i = 0; i < n; i++)
        pointers[i] = &people[i];
    request.people = pointers;
    request.n_people = n;
    return client_call(client, &cvn_person_methods[BATCH_REGISTER], &request);
}

static void test_batch_register_tells_what_became_of_each(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    Convene__Events__V1__Person people[] = {
        person_of("Ada", "ada@example.org"),
        person_of("", "grace@example.org"),
        person_of("Nameless", ""),
        person_of("Linus", "linus@example.org"),
    };
    const Convene__Events__V1__BatchRegisterPeopleResponse *reply =
        batch_register(&admin, people, 4);
    assert_non_null(reply);
    assert_int_equal(reply->n_results, 4);
    assert_int_equal(reply->results[0]->outcome, OUTCOME(CREATED));
    assert_int_equal(reply->results[1]->outcome, OUTCOME(REFUSED));
    assert_int_equal(reply->results[1]->status->code, CVN_INVALID_ARGUMENT);
    assert_int_equal(reply->results[1]->status->n_details, 1);
    assert_non_null(strstr(reply->results[1]->status->message, "person.display_name"));
    assert_int_equal(reply->results[2]->outcome, OUTCOME(REFUSED));
    assert_int_equal(reply->results[3]->outcome, OUTCOME(CREATED));
    char id[CVN_ID_TEXT_BYTES];
    strcpy(id, reply->results[0]->id);

    harness->now_ms += HOUR_MS;
    people[3].display_name = (char *)"Linus T.";
    reply = batch_register(&admin, people, 4);
    assert_int_equal(reply->results[0]->outcome, OUTCOME(UNCHANGED));
    assert_string_equal(reply->results[0]->id, id);
    assert_int_equal(reply->results[3]->outcome, OUTCOME(UPDATED));
    const Convene__Events__V1__Person *ada = get(&admin, id);
    assert_int_equal(ada->update_time->seconds, ada->create_time->seconds);
}

static void test_batch_register_at_its_limit(void **state)
{
    CLIENT admin = client_admin(*state);
    static Convene__Events__V1__Person people[501];
    static char emails[501][32];
    for (int i = 0; i < 501; i++) {
        (void)snprintf(emails[i], sizeof emails[i], "p%d@example.org", i);
        people[i] = person_of("Somebody", emails[i]);
    }
    assert_null(batch_register(&admin, people, 501));
    assert_true(client_blames(&admin, "people"));
    assert_non_null(batch_register(&admin, people, 500));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_gives_back_what_is_stored),
        TEST(test_create_when_email_is_taken_in_another_case),
        TEST(test_create_when_name_is_at_its_limit),
        TEST(test_create_names_every_wrong_field),
        cmocka_unit_test(test_email_valid_at_the_edges),
        TEST(test_email_is_shown_to_the_person_and_administrators),
        TEST(test_get_when_there_is_no_such_person),
        TEST(test_list_pages_neither_skip_nor_repeat),
        TEST(test_batch_get_tells_those_missing),
        TEST(test_batch_register_tells_what_became_of_each),
        TEST(test_batch_register_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
