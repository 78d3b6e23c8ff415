/* Who may act on whose behalf, and what becomes of the call. */
#include "rpc/metadata.h"
#include "services/runtime/delegation.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

#define SUBJECT "per_00000000000000000000000001"

struct call {
    struct cvn_arena arena;
    struct cvn_status status;
    struct cvn_metadata metadata;
    struct cvn_ctx ctx;
};

static void call_init(struct call *call, struct cvn_principal who)
{
    *call = (struct call){0};
    cvn_arena_init(&call->arena, ARENA_BYTES);
    cvn_metadata_init(&call->metadata, &call->arena);
    call->ctx = (struct cvn_ctx){.arena = &call->arena, .status = &call->status, .who = who};
    cvn_problems_init(&call->ctx.problems, &call->arena);
}

static void name(struct call *call, const char *subject)
{
    assert_int_equal(
        cvn_metadata_add(&call->metadata, CVN_ON_BEHALF_OF, cvn_slice_of_string(subject)), 0);
}

/* The code, "" or the reason; ends the call. */
static void expect(struct call *call, bool delegable, enum cvn_code code, const char *reason)
{
    int r = cvn_delegation_take(&call->ctx, &call->metadata, delegable);
    assert_int_equal(r, code == CVN_OK ? 0 : CVN_REFUSED);
    assert_int_equal(call->status.code, code);
    const char *found = cvn_status_reason(&call->status, &call->arena);
    assert_string_equal(found ? found : "", reason);
    cvn_arena_deinit(&call->arena);
}

static struct cvn_key_facts service_key(size_t n_grants)
{
    return (struct cvn_key_facts){
        .id = {"cvn_0123456789"},
        .service_account = "mentoring",
        .n_grants = n_grants,
        .grants = {{.scope = CVN_SCOPE_PEOPLE_READ}, {.scope = CVN_SCOPE_DELEGATION}},
    };
}

static struct cvn_principal service(size_t n_grants)
{
    struct cvn_key_facts key = service_key(n_grants);
    struct cvn_principal who;
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_PEOPLE_READ), CVN_PRINCIPAL_TAKEN);
    return who;
}

static void test_without_the_metadata_nothing_changes(void **state)
{
    (void)state;
    struct call call;
    call_init(&call, service(1));
    assert_int_equal(cvn_delegation_take(&call.ctx, &call.metadata, false), 0);
    assert_int_equal(call.ctx.who.kind, CVN_PRINCIPAL_SERVICE);
    assert_false(call.ctx.who.delegated);
    cvn_arena_deinit(&call.arena);
}

static void test_the_scope_lets_a_service_act_for_a_person(void **state)
{
    (void)state;
    struct call call;
    struct cvn_id subject;
    assert_true(cvn_id_parse(&subject, "per", SUBJECT));
    call_init(&call, service(2));
    name(&call, SUBJECT);
    assert_int_equal(cvn_delegation_take(&call.ctx, &call.metadata, true), 0);
    assert_int_equal(call.ctx.who.kind, CVN_PRINCIPAL_PERSON);
    assert_true(call.ctx.who.delegated);
    assert_true(cvn_id_equal(&call.ctx.who.person, &subject));
    assert_false(call.ctx.who.may_act); /* one does not act for one who acts */
    assert_string_equal(call.ctx.who.text, SUBJECT "(service:mentoring/0123456789)");
    cvn_arena_deinit(&call.arena);
}

static void test_without_the_scope_nobody_is_acted_for(void **state)
{
    (void)state;
    struct call call;
    call_init(&call, service(1));
    name(&call, SUBJECT);
    expect(&call, true, CVN_PERMISSION_DENIED, "DELEGATION_SCOPE");
    call_init(&call, (struct cvn_principal){.kind = CVN_PRINCIPAL_PERSON, .person = {{9}}});
    name(&call, SUBJECT);
    expect(&call, true, CVN_PERMISSION_DENIED, "DELEGATION_SCOPE");
    call_init(&call, (struct cvn_principal){.kind = CVN_PRINCIPAL_ANONYMOUS});
    name(&call, SUBJECT);
    expect(&call, true, CVN_UNAUTHENTICATED, "");
}

static void test_a_persons_key_never_acts_for_others(void **state)
{
    (void)state;
    struct cvn_key_facts key = service_key(2); /* which no stored key of a person's is */
    struct cvn_principal who;
    key.is_person = true;
    assert_int_equal(cvn_principal_of_key(&who, &key, CVN_SCOPE_PEOPLE_READ), CVN_PRINCIPAL_TAKEN);
    assert_false(who.may_act);
}

static void test_what_does_not_narrow_is_not_delegated(void **state)
{
    (void)state;
    struct call call;
    call_init(&call, service(2));
    name(&call, SUBJECT);
    expect(&call, false, CVN_PERMISSION_DENIED, "NOT_DELEGABLE");
}

static void test_the_subject_is_one_person(void **state)
{
    (void)state;
    struct call call;
    static const char *const wrong[] = {"me", "per_", "ada@example.org",
                                        "evt_00000000000000000000000001", "user:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        call_init(&call, service(2));
        name(&call, wrong[i]);
        expect(&call, true, CVN_INVALID_ARGUMENT, "");
    }
    call_init(&call, service(2));
    name(&call, SUBJECT);
    name(&call, "per_00000000000000000000000002");
    expect(&call, true, CVN_INVALID_ARGUMENT, "");
}

static void test_the_longest_names_fit_beside_each_other(void **state)
{
    (void)state;
    struct call call;
    struct cvn_key_facts key = service_key(2);
    struct cvn_principal who;
    memset(key.service_account, 'x', CVN_SERVICE_ACCOUNT_BYTES_MAX);
    (void)cvn_principal_of_key(&who, &key, CVN_SCOPE_PEOPLE_READ);
    call_init(&call, who);
    name(&call, SUBJECT);
    assert_int_equal(cvn_delegation_take(&call.ctx, &call.metadata, true), 0);
    size_t len = strlen(call.ctx.who.text);
    assert_string_equal(call.ctx.who.text + len - 12, "/0123456789)");
    cvn_arena_deinit(&call.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_the_metadata_nothing_changes),
        cmocka_unit_test(test_the_scope_lets_a_service_act_for_a_person),
        cmocka_unit_test(test_without_the_scope_nobody_is_acted_for),
        cmocka_unit_test(test_a_persons_key_never_acts_for_others),
        cmocka_unit_test(test_what_does_not_narrow_is_not_delegated),
        cmocka_unit_test(test_the_subject_is_one_person),
        cmocka_unit_test(test_the_longest_names_fit_beside_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
