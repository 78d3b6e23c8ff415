#include "convene/admin/v1/key.pb-c.h"
#include "services/events/keys/key_access.h"
#include "services/events/keys/key_table.h"
#include "services/runtime/key_facts.h"
#include "storage/table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, LIST, REVOKE, VERIFY };

struct made {
    char id[CVN_API_KEY_ID_CHARS + 1];
    char secret[CVN_API_KEY_CHARS + 1];
};

static Convene__Admin__V1__CreateKeyRequest key_of(char *person_id)
{
    Convene__Admin__V1__CreateKeyRequest request = CONVENE__ADMIN__V1__CREATE_KEY_REQUEST__INIT;
    request.label = (char *)"laptop";
    if (person_id)
        request.person_id = person_id;
    return request;
}

static bool create(struct client *client, const Convene__Admin__V1__CreateKeyRequest *request,
                   struct made *ret)
{
    const Convene__Admin__V1__CreateKeyResponse *reply =
        client_call(client, &cvn_key_methods[CREATE], request);
    if (reply) {
        assert_int_equal(strlen(reply->secret), CVN_API_KEY_CHARS);
        assert_memory_equal(reply->secret, reply->key->id, CVN_API_KEY_ID_CHARS);
        strcpy(ret->id, reply->key->id);
        strcpy(ret->secret, reply->secret);
    }
    return reply != NULL;
}

static const Convene__Admin__V1__Key *verify(struct client *client, const char *secret)
{
    Convene__Admin__V1__VerifyKeyRequest request = CONVENE__ADMIN__V1__VERIFY_KEY_REQUEST__INIT;
    request.key = (char *)secret;
    return client_call(client, &cvn_key_methods[VERIFY], &request);
}

static const Convene__Admin__V1__Key *revoke(struct client *client, const char *id)
{
    Convene__Admin__V1__RevokeKeyRequest request = CONVENE__ADMIN__V1__REVOKE_KEY_REQUEST__INIT;
    request.id = (char *)id;
    return client_call(client, &cvn_key_methods[REVOKE], &request);
}

static size_t count(struct client *client, const char *person_id, bool include_ended)
{
    Convene__Admin__V1__ListKeysRequest request = CONVENE__ADMIN__V1__LIST_KEYS_REQUEST__INIT;
    request.person_id = (char *)person_id;
    request.include_ended = include_ended;
    request.page_size = 1000;
    const Convene__Admin__V1__ListKeysResponse *reply =
        client_call(client, &cvn_key_methods[LIST], &request);
    return reply ? reply->n_keys : 999;
}

static void test_a_key_is_known_by_its_secret_only(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 0);
    CLIENT person = client_of(harness, ada);
    CLIENT admin = client_admin(harness);
    struct made made;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &made));
    const Convene__Admin__V1__Key *found = verify(&admin, made.secret);
    assert_non_null(found);
    assert_string_equal(found->person_id, PERSON_TEXT(ada));
    assert_string_equal(found->label, "laptop");

    /* Another secret of the same name, and another name, are told apart from nothing. */
    char wrong[sizeof made.secret];
    strcpy(wrong, made.secret);
    wrong[CVN_API_KEY_CHARS - 1] = wrong[CVN_API_KEY_CHARS - 1] == '0' ? '1' : '0';
    assert_null(verify(&admin, wrong));
    assert_int_equal(admin.status.code, CVN_UNAUTHENTICATED);
    assert_string_equal(client_reason(&admin), "KEY_UNKNOWN");
    char sentence[512];
    (void)snprintf(sentence, sizeof sentence, "%s", admin.status.message);
    strcpy(wrong, made.secret);
    wrong[CVN_API_KEY_ID_CHARS - 1] = wrong[CVN_API_KEY_ID_CHARS - 1] == '0' ? '1' : '0';
    assert_null(verify(&admin, wrong));
    assert_string_equal(admin.status.message, sentence);
    assert_null(strstr(sentence, "cvn_"));

    assert_null(verify(&admin, "cvn_short"));
    assert_true(client_blames(&admin, "key"));
    assert_null(verify(&person, made.secret));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
}

static int find_text(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_cursor cursor = {0};
    struct cvn_slice key, value;
    int n = 0;
    assert_int_equal(
        cvn_cursor_init(&cursor, ctx->txn, cvn_slice(NULL, 0), cvn_slice(NULL, 0), CVN_FORWARD), 0);
    while (cvn_cursor_next(&cursor, &key, &value) == 0)
        n += memmem(value.data, value.len, arg, strlen(arg)) != NULL;
    cvn_cursor_deinit(&cursor);
    return n;
}

static void test_the_secret_is_stored_nowhere(void **state)
{
    struct harness *harness = *state;
    (void)harness_person(harness, 0);
    CLIENT person = client_of(harness, harness_person(harness, 1));
    struct made made;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &made));
    assert_true(harness_read(harness, find_text, made.id) > 0);
    assert_int_equal(harness_read(harness, find_text, made.secret + CVN_API_KEY_ID_CHARS), 0);
}

static void test_forget_leaves_a_reply_without_the_secret(void **state)
{
    (void)state;
    Convene__Admin__V1__CreateKeyResponse reply = CONVENE__ADMIN__V1__CREATE_KEY_RESPONSE__INIT;
    reply.secret = (char *)"cvn_…";
    cvn_key_methods[CREATE].forget(&reply);
    assert_string_equal(reply.secret, "");
    assert_true(reply.secret_withheld);
}

static void test_revoked_and_expired_keys_end(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    CLIENT admin = client_admin(harness);
    struct made first, second;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &first));
    Google__Protobuf__Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    end.seconds = harness->now_ms / 1000;
    request.expire_time = &end;
    assert_false(create(&person, &request, &second)); /* now is over */
    assert_true(client_blames(&person, "expire_time"));
    end.seconds++;
    assert_true(create(&person, &request, &second));

    harness->now_ms += 999;
    assert_non_null(verify(&admin, second.secret));
    harness->now_ms += 1;
    assert_null(verify(&admin, second.secret));
    assert_string_equal(client_reason(&admin), "KEY_EXPIRED");

    assert_non_null(verify(&admin, first.secret));
    const Convene__Admin__V1__Key *revoked = revoke(&person, first.id);
    assert_non_null(revoked);
    int64_t at = revoked->revoke_time->seconds;
    harness->now_ms += 5000;
    assert_int_equal(revoke(&person, first.id)->revoke_time->seconds, at);
    assert_null(verify(&admin, first.secret));
    assert_string_equal(client_reason(&admin), "KEY_REVOKED");
    assert_int_equal(count(&person, "", false), 0);
    assert_int_equal(count(&person, "me", true), 2);
}

static void test_keys_of_others_are_not_seen(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 0);
    CLIENT owner = client_of(harness, ada);
    CLIENT other = client_of(harness, harness_person(harness, 1));
    CLIENT admin = client_admin(harness);
    CLIENT nobody = client_nobody(harness);
    struct id_text ada_text = id_text("per", ada);
    struct made made;
    Convene__Admin__V1__CreateKeyRequest request = key_of(ada_text.text);
    assert_false(create(&other, &request, &made));
    assert_int_equal(other.status.code, CVN_PERMISSION_DENIED);
    assert_false(create(&nobody, &request, &made));
    assert_int_equal(nobody.status.code, CVN_UNAUTHENTICATED);
    assert_true(create(&admin, &request, &made));
    assert_int_equal(count(&owner, "", false), 1);
    assert_int_equal(count(&other, "", false), 0);
    assert_int_equal(count(&other, ada_text.text, false), 999);
    assert_int_equal(other.status.code, CVN_PERMISSION_DENIED);
    assert_null(revoke(&other, made.id));
    assert_int_equal(other.status.code, CVN_NOT_FOUND);
    assert_null(revoke(&other, "cvn_zzzzzzzzzz"));
    assert_int_equal(other.status.code, CVN_NOT_FOUND);
    assert_int_equal(count(&admin, "", false), 1);
    assert_non_null(revoke(&admin, made.id));
    assert_null(revoke(&admin, made.secret)); /* a whole key is refused, and not repeated */
    assert_true(client_blames(&admin, "id"));
    assert_null(strstr(admin.status.message, made.secret));
    request = key_of(NULL);
    assert_false(create(&admin, &request, &made)); /* an administrator is nobody in particular */
    assert_true(client_blames(&admin, "person_id"));
}

static void test_a_holder_has_room_for_so_many(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    CLIENT admin = client_admin(harness);
    struct made made, first;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &first));
    for (int i = 1; i < CVN_KEYS_PER_HOLDER_MAX; i++) {
        harness->now_ms++;
        assert_true(create(&person, &request, &made));
    }
    assert_false(create(&person, &request, &made));
    assert_string_equal(client_reason(&person), "TOO_MANY_KEYS");
    assert_non_null(revoke(&person, first.id));
    assert_true(create(&person, &request, &made));
    assert_null(verify(&admin, first.secret));
    assert_string_equal(client_reason(&admin), "KEY_UNKNOWN"); /* it made room */
    assert_int_equal(count(&person, "", true), CVN_KEYS_PER_HOLDER_MAX);
}

static void test_list_pages_neither_skip_nor_repeat(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    struct made made[5];
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    for (int i = 0; i < 5; i++) {
        assert_true(create(&person, &request, &made[i]));
        harness->now_ms += i % 2; /* some of one millisecond */
    }
    Convene__Admin__V1__ListKeysRequest list = CONVENE__ADMIN__V1__LIST_KEYS_REQUEST__INIT;
    list.page_size = 2;
    char token[512] = "";
    unsigned seen = 0, pages = 0;
    do {
        list.page_token = token;
        const Convene__Admin__V1__ListKeysResponse *reply =
            client_call(&person, &cvn_key_methods[LIST], &list);
        assert_non_null(reply);
        for (size_t k = 0; k < reply->n_keys; k++)
            for (int i = 0; i < 5; i++)
                if (strcmp(reply->keys[k]->id, made[i].id) == 0) {
                    assert_int_equal(seen & 1u << i, 0);
                    seen |= 1u << i;
                }
        (void)snprintf(token, sizeof token, "%s", reply->next_page_token);
        pages++;
    } while (*token);
    assert_int_equal(seen, 31);
    assert_int_equal(pages, 3);
}

static Convene__Admin__V1__Scope scope_of(const char *name)
{
    Convene__Admin__V1__Scope scope = CONVENE__ADMIN__V1__SCOPE__INIT;
    scope.name = (char *)name;
    return scope;
}

static void test_scopes_are_checked(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 0);
    struct cvn_id group = harness_group(harness, "One", ada);
    CLIENT admin = client_admin(harness);
    CLIENT person = client_of(harness, ada);
    struct made made;
    Convene__Admin__V1__Scope scope = scope_of("events.register"), again = scope;
    Convene__Admin__V1__Scope *scopes[CVN_GRANTS_MAX + 1] = {&scope, &again};
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    request.service_account = (char *)"bot";
    assert_false(create(&admin, &request, &made));
    assert_true(client_blames(&admin, "scopes")); /* none */
    request.scopes = scopes;
    request.n_scopes = 2;
    assert_false(create(&admin, &request, &made));
    assert_true(client_blames(&admin, "scopes[1].name")); /* twice */
    request.n_scopes = 1;
    assert_false(create(&person, &request, &made));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
    assert_true(create(&admin, &request, &made));
    scope.name = (char *)"rsvps.answer"; /* a person's */
    assert_false(create(&admin, &request, &made));
    assert_true(client_blames(&admin, "scopes[0].name"));
    scope.name = (char *)"everything";
    assert_false(create(&admin, &request, &made));
    assert_true(client_blames(&admin, "scopes[0].name"));
    scope.name = (char *)"read";
    request.service_account = (char *)"Bot!";
    assert_false(create(&admin, &request, &made));
    assert_true(client_blames(&admin, "service_account"));

    request.service_account = (char *)"";
    scope.name = (char *)"admin"; /* not a person's */
    assert_false(create(&person, &request, &made));
    assert_true(client_blames(&person, "scopes[0].name"));
    scope.name = (char *)"rsvps.answer"; /* of no groups */
    struct id_text group_text = id_text("grp", group);
    char *groups[CVN_SCOPE_GROUPS_MAX + 1];
    for (int i = 0; i <= CVN_SCOPE_GROUPS_MAX; i++)
        groups[i] = group_text.text;
    scope.group_ids = groups;
    scope.n_group_ids = 1;
    assert_false(create(&person, &request, &made));
    assert_true(client_blames(&person, "scopes[0].group_ids"));
    scope.name = (char *)"events.register";
    scope.n_group_ids = CVN_SCOPE_GROUPS_MAX + 1;
    assert_false(create(&person, &request, &made));
    assert_true(client_blames(&person, "scopes[0].group_ids"));
    scope.n_group_ids = CVN_SCOPE_GROUPS_MAX;
    groups[0] = (char *)"one"; /* the slug is stored as the id */
    assert_true(create(&person, &request, &made));
    const Convene__Admin__V1__Key *key = verify(&admin, made.secret);
    assert_string_equal(key->scopes[0]->group_ids[0], group_text.text);
    struct cvn_key_facts facts;
    assert_int_equal(cvn_key_facts_read(&facts, key), 0);
    assert_int_equal(facts.grants[0].n_groups, CVN_SCOPE_GROUPS_MAX);
}

static void test_a_key_made_by_a_key_lives_no_longer(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    CLIENT admin = client_admin(harness);
    struct made made;
    person.who.by_key = true;
    person.who.expire_ms = harness->now_ms + 60000;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &made));
    assert_int_equal(verify(&admin, made.secret)->expire_time->seconds,
                     (harness->now_ms + 60000) / 1000);
    Google__Protobuf__Timestamp end = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    end.seconds = (harness->now_ms + 60000) / 1000;
    request.expire_time = &end;
    assert_true(create(&person, &request, &made));
    end.seconds++;
    assert_false(create(&person, &request, &made));
    assert_true(client_blames(&person, "expire_time"));
}

static void test_use_is_noted_once_an_hour(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    CLIENT admin = client_admin(harness);
    struct made made;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &made));
    int64_t first_s = harness->now_ms / 1000;
    assert_null(verify(&admin, made.secret)->last_use_time);
    (void)harness_person(harness, 1); /* a write behind the note: it is done */
    harness->now_ms += CVN_KEY_USE_NOTED_EVERY_MS - 1000;
    assert_int_equal(verify(&admin, made.secret)->last_use_time->seconds, first_s);
    (void)harness_person(harness, 2);
    assert_int_equal(verify(&admin, made.secret)->last_use_time->seconds, first_s);
    harness->now_ms += 1000;
    (void)verify(&admin, made.secret);
    (void)harness_person(harness, 3);
    assert_int_equal(verify(&admin, made.secret)->last_use_time->seconds, harness->now_ms / 1000);
}

static void fail_finding(void *arg, const struct cvn_verify_finding *finding)
{
    (void)arg;
    fail_msg("a finding of kind %d", (int)finding->kind);
}

static int verify_tables(struct cvn_ctx *ctx, void *arg)
{
    return cvn_table_verify(ctx->txn, cvn_events_tables, fail_finding, NULL, arg);
}

static void test_the_index_fits_the_rows(void **state)
{
    struct harness *harness = *state;
    CLIENT person = client_of(harness, harness_person(harness, 0));
    struct made made;
    Convene__Admin__V1__CreateKeyRequest request = key_of(NULL);
    assert_true(create(&person, &request, &made));
    assert_non_null(revoke(&person, made.id));
    struct cvn_verify_totals totals;
    assert_int_equal(harness_read(harness, verify_tables, &totals), 0);
    assert_int_equal(totals.n_rows, 2);
    assert_int_equal(totals.n_entries, 2); /* an e-mail and a key's holder */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_key_is_known_by_its_secret_only),
        TEST(test_the_secret_is_stored_nowhere),
        TEST(test_forget_leaves_a_reply_without_the_secret),
        TEST(test_revoked_and_expired_keys_end),
        TEST(test_keys_of_others_are_not_seen),
        TEST(test_a_holder_has_room_for_so_many),
        TEST(test_list_pages_neither_skip_nor_repeat),
        TEST(test_scopes_are_checked),
        TEST(test_a_key_made_by_a_key_lives_no_longer),
        TEST(test_use_is_noted_once_an_hour),
        TEST(test_the_index_fits_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
