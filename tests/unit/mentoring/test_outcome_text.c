/* Sentences about a mentee's candidates, shortened for the store and restored. */
#include "services/mentoring/runs/outcome_text.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

enum { MAX = 8 };

struct list {
    struct cvn_arena arena;
    Convene__Mentoring__V1__Alternative items[MAX], *alternatives[MAX];
    size_t n;
};

static void list_init(struct list *list, const char *const *texts)
{
    *list = (struct list){.n = 0};
    cvn_arena_init(&list->arena, 1 << 16);
    for (; texts[list->n]; list->n++) {
        convene__mentoring__v1__alternative__init(&list->items[list->n]);
        list->items[list->n].outcome = (char *)(uintptr_t)texts[list->n];
        list->alternatives[list->n] = &list->items[list->n];
    }
}

static void test_restored_texts_are_as_they_were(void **state)
{
    static const char *const texts[] = {
        "full with people the mentor scores higher (lowest 350, this one 300)",
        "not needed: somebody the mentee scores higher said yes",
        "full with people the mentor scores higher (lowest 0, this one 9999)",
        "full with people the mentor scores higher",
        "paired",
        "not needed: somebody the mentee scores higher said yes",
        "full with people the mentor scores higher (lowest 007, this one 1)",
        NULL,
    };
    (void)state;
    struct list list;
    list_init(&list, texts);
    assert_int_equal(cvn_outcomes_shorten(list.alternatives, list.n, &list.arena), 0);
    assert_string_equal(list.items[2].outcome, "\x01"
                                               "0 0 9999");
    assert_string_equal(list.items[3].outcome, texts[3]);
    assert_string_equal(list.items[4].outcome, "paired");
    assert_string_equal(list.items[5].outcome, "\x01"
                                               "1");
    assert_int_equal(cvn_outcomes_restore(list.alternatives, list.n, &list.arena), 0);
    for (size_t i = 0; i < list.n; i++)
        assert_string_equal(list.items[i].outcome, texts[i]);
    /* Whole ones, as older versions stored them, stay so. */
    assert_int_equal(cvn_outcomes_restore(list.alternatives, list.n, &list.arena), 0);
    assert_string_equal(list.items[6].outcome, texts[6]);
    cvn_arena_deinit(&list.arena);
}

static void test_what_nobody_shortened_so_is_damage(void **state)
{
    static const char *const wrong[] = {
        "\x01",
        "\x01x",
        "\x01"
        "1 2",
        "\x01"
        "0",
        "\x01"
        "0 1 2",
        "\x01"
        "0 x",
        "\x01"
        "0 1x",
        NULL,
    };
    (void)state;
    for (size_t i = 0; wrong[i]; i++) {
        const char *const texts[] = {"lowest 350", wrong[i], NULL};
        struct list list;
        list_init(&list, texts);
        assert_int_equal(cvn_outcomes_restore(list.alternatives, list.n, &list.arena), -EUCLEAN);
        cvn_arena_deinit(&list.arena);
    }
}

static void test_want_of_memory_is_told(void **state)
{
    static const char *const texts[] = {"full (lowest 1000000)", "full (lowest 2)", NULL};
    (void)state;
    struct list list;
    list_init(&list, texts);
    struct cvn_arena none;
    cvn_arena_init(&none, 0);
    assert_int_equal(cvn_outcomes_shorten(list.alternatives, list.n, &none), -ENOMEM);
    assert_int_equal(cvn_outcomes_shorten(list.alternatives, list.n, &list.arena), 0);
    assert_int_equal(cvn_outcomes_restore(list.alternatives, list.n, &none), -ENOMEM);
    cvn_arena_deinit(&list.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restored_texts_are_as_they_were),
        cmocka_unit_test(test_what_nobody_shortened_so_is_damage),
        cmocka_unit_test(test_want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
