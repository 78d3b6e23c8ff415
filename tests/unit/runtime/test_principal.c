#include "rpc/metadata.h"
#include "services/runtime/authenticate.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

static const struct cvn_id group_a = {{1}}, group_b = {{2}};

static struct cvn_key_facts person_key(void)
{
    return (struct cvn_key_facts){
        .id = {"cvn_0123456789"}, .is_person = true, .person = {{9}}, .expire_ms = 77};
}

static struct cvn_key_facts service_key(enum cvn_scope scope)
{
    return (struct cvn_key_facts){
        .id = {"cvn_0123456789"},
        .service_account = "bot",
        .n_grants = 1,
        .grants = {{.scope = scope}},
    };
}

static void test_an_unlimited_key_is_its_person(void **state)
{
    (void)state;
    struct cvn_key_facts key = person_key();
    struct cvn_principal who;
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_NONE), CVN_PRINCIPAL_TAKEN);
    assert_int_equal(who.kind, CVN_PRINCIPAL_PERSON);
    assert_true(cvn_id_equal(&who.person, &key.person));
    assert_int_equal(who.expire_ms, 77);
    assert_false(cvn_principal_excludes_group(&who, &group_a));
    assert_non_null(strstr(who.text, "per_"));
    assert_null(strstr(who.text, "/"));
}

static void test_a_limited_key_does_what_its_scopes_say(void **state)
{
    (void)state;
    struct cvn_key_facts key = person_key();
    struct cvn_principal who;
    key.n_grants = 1;
    key.grants[0] =
        (struct cvn_grant){.scope = CVN_SCOPE_EVENTS_REGISTER, .n_groups = 1, .groups = {group_a}};
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_EVENTS_REGISTER),
                     CVN_PRINCIPAL_TAKEN);
    assert_int_equal(who.kind, CVN_PRINCIPAL_PERSON);
    assert_false(cvn_principal_excludes_group(&who, &group_a));
    assert_true(cvn_principal_excludes_group(&who, &group_b));
    assert_non_null(strstr(who.text, "/0123456789"));
    static const enum cvn_scope others[] = {CVN_SCOPE_NONE, CVN_SCOPE_READ, CVN_SCOPE_RSVPS_ANSWER,
                                            CVN_SCOPE_ADMIN};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(cvn_principal_of_key(&who, &key, others[i]), CVN_PRINCIPAL_UNGRANTED);
        assert_int_equal(who.kind, CVN_PRINCIPAL_ANONYMOUS);
        assert_true(who.by_key);
    }
}

static void test_a_service_account_is_no_person(void **state)
{
    (void)state;
    struct cvn_key_facts key = service_key(CVN_SCOPE_PEOPLE_READ);
    struct cvn_principal who;
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_PEOPLE_READ), CVN_PRINCIPAL_TAKEN);
    assert_int_equal(who.kind, CVN_PRINCIPAL_SERVICE);
    assert_true(who.granted);
    assert_string_equal(who.text, "service:bot/0123456789");
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_READ), CVN_PRINCIPAL_UNGRANTED);
    key.n_grants = 0; /* none is nothing for it, where it is everything for a person */
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_READ), CVN_PRINCIPAL_UNGRANTED);
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_NONE), CVN_PRINCIPAL_UNGRANTED);
}

static void test_the_scope_admin_makes_an_administrator(void **state)
{
    (void)state;
    struct cvn_key_facts key = service_key(CVN_SCOPE_ADMIN);
    struct cvn_principal who;
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_NONE), CVN_PRINCIPAL_TAKEN);
    assert_int_equal(who.kind, CVN_PRINCIPAL_ADMIN);
    key.is_person = true; /* which no stored key is with that scope */
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_NONE), CVN_PRINCIPAL_UNGRANTED);
}

static void test_the_longest_names_fit(void **state)
{
    (void)state;
    struct cvn_key_facts key = service_key(CVN_SCOPE_READ);
    struct cvn_principal who;
    memset(key.service_account, 'x', CVN_SERVICE_ACCOUNT_BYTES_MAX);
    (void)cvn_principal_of_key(&who, &key, CVN_SCOPE_READ);
    assert_string_equal(who.text + strlen(who.text) - 11, "/0123456789");
}

/* Finds any key, as that of a person, and says which. */
static int find_any(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                    struct cvn_key_facts *ret)
{
    (void)ctx;
    *(struct cvn_api_key *)user = *key;
    *ret = person_key();
    return 0;
}

#define KEY "cvn_0123456789abcdefghjkmnpqrstvwxyz0123456789"

/* Signs in with the authorization; the code, and the reason in the arena. */
static enum cvn_code sign_in(struct cvn_arena *arena, const char *const *values, size_t n,
                             struct cvn_ctx *ret_ctx)
{
    static struct cvn_status status;
    static struct cvn_api_key seen;
    struct cvn_authenticator authenticator = {find_any, &seen};
    struct cvn_metadata metadata;
    struct cvn_method_need need = {.scope = CVN_SCOPE_READ};
    status = (struct cvn_status){0};
    cvn_metadata_init(&metadata, arena);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            cvn_metadata_add(&metadata, "authorization", cvn_slice_of_string(values[i])), 0);
    *ret_ctx = (struct cvn_ctx){.arena = arena, .status = &status, .who.kind = CVN_PRINCIPAL_ADMIN};
    cvn_problems_init(&ret_ctx->problems, arena);
    int r = cvn_authenticate(ret_ctx, &authenticator, &metadata, &need);
    assert_int_equal(r, status.code ? CVN_REFUSED : 0);
    if (r == 0 && n > 0)
        assert_string_equal(seen.text, KEY);
    return status.code;
}

static void test_authorization_is_read_as_rfc_6750_has_it(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx;
    static const char *const good[] = {"Bearer " KEY, "bearer " KEY, "BEARER   " KEY};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sign_in(&arena, &good[i], 1, &ctx), CVN_OK);
        assert_int_equal(ctx.who.kind, CVN_PRINCIPAL_PERSON);
    }
    assert_int_equal(sign_in(&arena, NULL, 0, &ctx), CVN_OK);
    assert_int_equal(ctx.who.kind, CVN_PRINCIPAL_ADMIN); /* as the connection said */
}

static void test_authorization_when_malformed(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx;
    static const char *const bad[] = {"",           "Bearer",     "Bearer ",         KEY,
                                      "Bearer" KEY, "Basic " KEY, "Bearer " KEY "0", "Bearer cvn_"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sign_in(&arena, &bad[i], 1, &ctx), CVN_UNAUTHENTICATED);
        assert_string_equal(cvn_status_reason(ctx.status, &arena), "KEY_MALFORMED");
        assert_int_equal(ctx.who.kind, CVN_PRINCIPAL_ANONYMOUS);
        assert_null(strstr(ctx.status->message, "cvn_0"));
    }
    static const char *const twice[] = {"Bearer " KEY, "Bearer " KEY};
    assert_int_equal(sign_in(&arena, twice, 2, &ctx), CVN_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unlimited_key_is_its_person),
        cmocka_unit_test(test_a_limited_key_does_what_its_scopes_say),
        cmocka_unit_test(test_a_service_account_is_no_person),
        cmocka_unit_test(test_the_scope_admin_makes_an_administrator),
        cmocka_unit_test(test_the_longest_names_fit),
        cmocka_unit_test(test_authorization_is_read_as_rfc_6750_has_it),
        cmocka_unit_test(test_authorization_when_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
