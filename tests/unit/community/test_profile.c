#include "services/runtime/field_mask.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, GET, LIST, BATCH_GET, BATCH_REGISTER, UPDATE };

/* One update under way: the fields given, by a mask. */
struct update {
    Convene__Events__V1__Person person;
    Google__Protobuf__FieldMask mask;
    char *paths[CVN_FIELD_MASK_MAX + 1];
    char id[CVN_ID_TEXT_BYTES];
    const char *etag;
};

static struct update update_of(struct cvn_id person, const char *path)
{
    struct update update = {.person = CONVENE__EVENTS__V1__PERSON__INIT,
                            .mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT,
                            .etag = ""};
    strcpy(update.id, PERSON_TEXT(person));
    update.paths[0] = (char *)path;
    update.mask.n_paths = 1;
    return update;
}

static const Convene__Events__V1__Person *run(struct client *client, struct update *update)
{
    Convene__Events__V1__UpdatePersonRequest request =
        CONVENE__EVENTS__V1__UPDATE_PERSON_REQUEST__INIT;
    update->person.id = update->id;
    update->mask.paths = update->paths;
    request.person = &update->person;
    request.update_mask = &update->mask;
    request.etag = (char *)update->etag;
    return client_call(client, &cvn_person_methods[UPDATE], &request);
}

static const Convene__Events__V1__Person *get(struct client *client, const char *id)
{
    Convene__Events__V1__GetPersonRequest request = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    request.id = (char *)id;
    return client_call(client, &cvn_person_methods[GET], &request);
}

static void test_update_changes_what_the_mask_names_and_nothing_else(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    char *skills[] = {(char *)"c", (char *)"sql"};
    struct update update = update_of(ada, "skills");
    update.person.skills = skills;
    update.person.n_skills = 2;
    update.person.display_name = (char *)"not named by the mask";
    const Convene__Events__V1__Person *after = run(&client, &update);
    assert_non_null(after);
    assert_string_equal(after->display_name, "person 1");
    assert_int_equal(after->n_skills, 2);

    struct update empty = update_of(ada, "skills");
    after = run(&client, &empty);
    assert_non_null(after);
    assert_int_equal(after->n_skills, 0);
    assert_string_equal(after->email, "person1@example.org");
}

static void test_update_of_the_place_keeps_it_whole(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    Convene__Events__V1__Place place = CONVENE__EVENTS__V1__PLACE__INIT;
    Convene__Events__V1__LatLng at = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    place.city = (char *)"Köln";
    place.country = (char *)"de";
    place.location = &at;
    at.latitude = 50.9375;
    struct update update = update_of(ada, "place");
    update.person.place = &place;
    assert_non_null(run(&client, &update));
    const Convene__Events__V1__Person *read = get(&client, "me");
    assert_string_equal(read->place->city, "Köln");
    assert_true(read->place->location->latitude == 50.9375);
    CLIENT other = client_of(harness, harness_person(harness, 2));
    read = get(&other, PERSON_TEXT(ada)); /* the town is for all, the house is not */
    assert_string_equal(read->place->city, "Köln");
    assert_null(read->place->location);
    at.latitude = 90.5;
    place.country = (char *)"Germany";
    assert_null(run(&client, &update));
    assert_true(client_blames(&client, "person.place.location.latitude"));
    assert_true(client_blames(&client, "person.place.country"));
}

static void test_update_with_a_stale_etag_is_refused(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    char etag[64];
    (void)snprintf(etag, sizeof etag, "%s", get(&client, "me")->etag);
    assert_true(etag[0]);
    struct update update = update_of(ada, "display_name");
    update.person.display_name = (char *)"Ada";
    update.etag = etag;
    assert_non_null(run(&client, &update));
    update.person.display_name = (char *)"Countess";
    assert_null(run(&client, &update));
    assert_int_equal(client.status.code, CVN_ABORTED);
    assert_string_equal(get(&client, "me")->display_name, "Ada");
}

static void test_update_is_the_persons_and_the_administrators(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    CLIENT other = client_of(harness, eve);
    CLIENT nobody = client_nobody(harness);
    CLIENT admin = client_admin(harness);
    struct update update = update_of(ada, "display_name");
    update.person.display_name = (char *)"Mallory";
    assert_null(run(&other, &update));
    assert_int_equal(other.status.code, CVN_PERMISSION_DENIED);
    assert_null(run(&nobody, &update));
    assert_int_equal(nobody.status.code, CVN_UNAUTHENTICATED);
    assert_non_null(run(&admin, &update));
    assert_string_equal(get(&other, PERSON_TEXT(ada))->email, "");
    assert_string_equal(get(&other, PERSON_TEXT(ada))->etag, "");
}

static void test_email_of_somebody_else_in_another_case(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    (void)harness_person(harness, 2);
    CLIENT client = client_of(harness, ada);
    struct update update = update_of(ada, "email");
    update.person.email = (char *)"PERSON2@example.ORG";
    assert_null(run(&client, &update));
    assert_int_equal(client.status.code, CVN_ALREADY_EXISTS);
    assert_string_equal(client_reason(&client), "EMAIL_TAKEN");
    update.person.email = (char *)"Person1@Example.org"; /* her own, in another case */
    assert_non_null(run(&client, &update));
}

static void test_email_is_unconfirmed_until_an_administrator_sets_it(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    CLIENT admin = client_admin(harness);
    assert_false(get(&client, "me")->email_unconfirmed);
    struct update update = update_of(ada, "email");
    update.person.email = (char *)"boss@example.org";
    assert_true(run(&client, &update)->email_unconfirmed);
    assert_true(run(&client, &update)->email_unconfirmed);
    assert_false(run(&admin, &update)->email_unconfirmed);
    assert_false(run(&client, &update)->email_unconfirmed); /* the same address once more */
}

static void test_mask_refuses_what_the_server_sets(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    static const char *const wrong[] = {"id", "create_time", "email_unconfirmed", "etag", "*", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct update update = update_of(ada, wrong[i]);
        assert_null(run(&client, &update));
        assert_true(client_blames(&client, "update_mask.paths[0]"));
    }
    struct update none = update_of(ada, "skills");
    none.mask.n_paths = 0;
    assert_null(run(&client, &none));
    assert_true(client_blames(&client, "update_mask"));
}

static void test_mask_at_its_limit(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    struct update update = update_of(ada, "skills");
    for (size_t i = 0; i <= CVN_FIELD_MASK_MAX; i++)
        update.paths[i] = (char *)"skills";
    update.mask.n_paths = CVN_FIELD_MASK_MAX;
    assert_non_null(run(&client, &update));
    update.mask.n_paths++;
    assert_null(run(&client, &update));
    assert_true(client_blames(&client, "update_mask"));
}

static int last_change(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_change_bounds bounds;
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    struct cvn_change change = {0};
    int r = cvn_change_bounds(ctx->txn, &bounds);
    *(uint64_t *)arg = bounds.last;
    if (r || bounds.last == 0)
        return r;
    r = cvn_change_cursor_init(&cursor, ctx->txn, bounds.last - 1);
    if (r == 0)
        r = cvn_change_cursor_next(&cursor, &change);
    assert_int_equal(change.kind.len, strlen("person.updated"));
    assert_memory_equal(change.kind.data, "person.updated", change.kind.len);
    return r;
}

static void test_update_is_in_the_change_log_once(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT client = client_of(harness, ada);
    uint64_t n = 0, again = 0;
    struct update update = update_of(ada, "display_name");
    update.person.display_name = (char *)"Ada";
    assert_non_null(run(&client, &update));
    assert_int_equal(harness_read(harness, last_change, &n), 0);
    assert_true(n > 0);
    assert_non_null(run(&client, &update)); /* changes nothing */
    assert_int_equal(harness_read(harness, last_change, &again), 0);
    assert_int_equal(n, again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_update_changes_what_the_mask_names_and_nothing_else),
        TEST(test_update_of_the_place_keeps_it_whole),
        TEST(test_update_with_a_stale_etag_is_refused),
        TEST(test_update_is_the_persons_and_the_administrators),
        TEST(test_email_of_somebody_else_in_another_case),
        TEST(test_email_is_unconfirmed_until_an_administrator_sets_it),
        TEST(test_mask_refuses_what_the_server_sets),
        TEST(test_mask_at_its_limit),
        TEST(test_update_is_in_the_change_log_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
