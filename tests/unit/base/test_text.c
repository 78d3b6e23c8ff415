#include "base/slug.h"
#include "base/text.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

static struct cvn_slice of(const char *s)
{
    return cvn_slice_of_string(s);
}

static void test_valid_takes_utf_8_only(void **state)
{
    static const char *const good[] = {
        "", "plain", "Zürich", "東京", "🎉", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xc3",             /* one missing */
        "a\xc3(",           /* no continuation */
        "\xc0\xaf",         /* overlong */
        "\xe0\x80\xaf",     /* overlong */
        "\xf0\x80\x80\xaf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xed\xbf\xbf",     /* surrogate */
        "\xf4\x90\x80\x80", /* over U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "Z\xfcrich", /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(cvn_text_valid(of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cvn_text_valid(of(bad[i])) || cvn_text_is_line(of(bad[i])))
            fail_msg("case %zu", i);
    assert_true(cvn_text_valid(cvn_slice("a\0b", 3)));
}

static void test_line_has_no_controls_and_prose_only_line_ends(void **state)
{
    assert_true(cvn_text_is_line(of("R-Ladies Zürich 🎉 \xe2\x80\x8f")));
    static const char *const controls[] = {"\x01", "\x1b[31m",     "\x7f",         "\xc2\x85",
                                           "\x0b", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6"};
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        assert_false(cvn_text_is_line(of(controls[i])));
        assert_false(cvn_text_is_prose(of(controls[i])));
    }
    assert_false(cvn_text_is_line(of("two\nlines")));
    assert_true(cvn_text_is_prose(of("two\r\n\tlines")));
    assert_false(cvn_text_is_line(cvn_slice("a\0b", 3)));
    assert_false(cvn_text_is_prose(cvn_slice("a\0b", 3)));
}

static void assert_folds(const char *text, const char *expected)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 4096);
    struct cvn_slice folded;
    assert_int_equal(cvn_text_fold(&arena, of(text), &folded), 0);
    assert_string_equal(folded.data, expected);
    assert_int_equal(folded.len, strlen(expected));
}

static void test_fold_makes_the_same_of_what_people_hold_for_the_same(void **state)
{
    assert_folds("", "");
    assert_folds("R-Ladies BERLIN", "r-ladies berlin");
    assert_folds("Łódź", "lodz");
    assert_folds("STRASSE", "strasse");
    assert_folds("Straße", "strasse");
    assert_folds("São Paulo", "sao paulo");
    assert_folds("Sa\xcc\x83o Paulo", "sao paulo");
    assert_folds("København", "kobenhavn");
    assert_folds("Ǿ", "o");
    assert_folds("İstanbul", "istanbul");
    assert_folds("ﬁnance", "finance");
    assert_folds("Ｔｏｋｙｏ", "tokyo");
    assert_folds("ΣΊΣΥΦΟΣ", "σισυφοσ");
    assert_folds("co\xc2\xad-op", "co-op");
}

static void test_fold_of_folded_is_the_same_for_every_character(void **state)
{
    for (utf8proc_int32_t c = 1; c <= 0x10ffff; c++) {
        utf8proc_uint8_t bytes[4];
        if (!utf8proc_codepoint_valid(c))
            continue;
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, 4096);
        struct cvn_slice once, twice, text;
        text = cvn_slice(bytes, (size_t)utf8proc_encode_char(c, bytes));
        assert_int_equal(cvn_text_fold(&arena, text, &once), 0);
        assert_int_equal(cvn_text_fold(&arena, once, &twice), 0);
        if (cvn_slice_compare(once, twice) != 0)
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void test_fold_refuses_bad_text_and_a_spent_arena(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 64);
    struct cvn_slice untouched = cvn_slice("x", 1);
    assert_int_equal(cvn_text_fold(&arena, of("Z\xfcrich"), &untouched), CVN_TEXT_INVALID);
    cvn_arena_reset(&arena);
    assert_int_equal(cvn_text_fold(&arena, of("Zürich und Genf"), &untouched), -ENOMEM);
    cvn_arena_reset(&arena);
    char ascii[65];
    memset(ascii, 'x', sizeof ascii);
    assert_int_equal(cvn_text_fold(&arena, cvn_slice(ascii, 64), &untouched), -ENOMEM);
    assert_int_equal(untouched.len, 1);
    assert_int_equal(cvn_text_fold(&arena, of("1234567"), &untouched), 0);
}

/* ASCII takes a way of its own: behind a letter that does not, it must come out the same. */
static void test_fold_of_ascii_is_that_of_any_text(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    for (char c = 1; c < 0x7f; c++) {
        char alone[2] = {c}, behind[4] = "é";
        behind[2] = c;
        struct cvn_slice a, b;
        assert_int_equal(cvn_text_fold(&arena, cvn_slice(alone, 1), &a), 0);
        assert_int_equal(cvn_text_fold(&arena, cvn_slice(behind, 3), &b), 0);
        assert_int_equal(b.len, 2);
        assert_int_equal(((const char *)b.data)[1], ((const char *)a.data)[0]);
        assert_int_equal(((const char *)a.data)[1], '\0');
    }
}

/* Words parted by '|', runs in brackets. */
static void assert_words(const char *folded, const char *expected)
{
    struct cvn_slice rest = of(folded);
    struct cvn_text_word word;
    char joined[512] = "";
    while (cvn_text_next_word(&rest, &word)) {
        strcat(joined, *joined ? "|" : "");
        strcat(joined, word.run ? "[" : "");
        strncat(joined, word.text.data, word.text.len);
        strcat(joined, word.run ? "]" : "");
    }
    assert_int_equal(rest.len, 0);
    assert_string_equal(joined, expected);
}

static void test_words_are_what_one_would_search_for(void **state)
{
    assert_words("", "");
    assert_words(" -- ", "");
    assert_words("r-ladies berlin: intro to r (r!)", "r|ladies|berlin|intro|to|r|r");
    assert_words("c++ and c# or c, f#", "c++|and|c#|or|c|f#");
    assert_words("rladies+ c+++ ++c", "rladies|c++|c");
    assert_words("東京 meetup", "[東京]|meetup");
    assert_words("rの会", "r|[の会]");
    assert_words("2024年12月", "2024|[年]|12|[月]");
    assert_words("서울 모임", "[서울]|[모임]");
    assert_words("กรุงเทพ meetup", "[กรุงเทพ]|meetup");
    assert_words("node.js v20", "node|js|v20");
}

static void test_beginning_counts_characters(void **state)
{
    assert_int_equal(cvn_text_beginning(of("łodz"), 0), 0);
    assert_int_equal(cvn_text_beginning(of("łodz"), 3), 4);
    assert_int_equal(cvn_text_beginning(of("łodz"), 4), 5);
    assert_int_equal(cvn_text_beginning(of("łodz"), 9), 5);
}

static void test_long_word_is_cut_between_characters(void **state)
{
    char text[200];
    struct cvn_text_word word;
    memset(text, 'a', sizeof text);
    struct cvn_slice rest = cvn_slice(text, CVN_TEXT_WORD_MAX);
    assert_true(cvn_text_next_word(&rest, &word));
    assert_int_equal(word.text.len, CVN_TEXT_WORD_MAX);
    memcpy(text + CVN_TEXT_WORD_MAX - 1, "é", 2);
    rest = cvn_slice(text, sizeof text);
    assert_true(cvn_text_next_word(&rest, &word));
    assert_int_equal(word.text.len, CVN_TEXT_WORD_MAX - 1);
    assert_false(cvn_text_next_word(&rest, &word));
}

static void test_width_counts_cells(void **state)
{
    assert_int_equal(cvn_text_width(of("Berlin")), 6);
    assert_int_equal(cvn_text_width(of("Zürich")), 6);
    assert_int_equal(cvn_text_width(of("Zu\xcc\x88rich")), 6);
    assert_int_equal(cvn_text_width(of("東京")), 4);
    assert_int_equal(cvn_text_width(of("🎉")), 2);
    assert_int_equal(cvn_text_width(of("a\xff")), 2);
}

static void test_cut_never_splits_a_character(void **state)
{
    assert_int_equal(cvn_text_cut(of("東京"), 6).len, 6);
    assert_int_equal(cvn_text_cut(of("東京"), 5).len, 3);
    assert_int_equal(cvn_text_cut(of("東京"), 3).len, 3);
    assert_int_equal(cvn_text_cut(of("東京"), 2).len, 0);
    assert_int_equal(cvn_text_cut_width(of("東京"), 3).len, 3);
    assert_int_equal(cvn_text_cut_width(of("東京"), 4).len, 6);
    assert_int_equal(cvn_text_cut_width(of("Zu\xcc\x88rich"), 2).len, 4);
    assert_int_equal(cvn_text_cut_width(of("abc"), 0).len, 0);
}

static void assert_slug(const char *name, const char *expected)
{
    char slug[CVN_SLUG_BYTES];
    if (!cvn_slug_make(slug, of(name)))
        fail_msg("no slug of %s", name);
    assert_string_equal(slug, expected);
    assert_true(cvn_slug_valid(slug));
}

static void test_slug_of_names(void **state)
{
    assert_slug("R-Ladies Berlin", "r-ladies-berlin");
    assert_slug("  Ünïcode & Söhne!  ", "unicode-sohne");
    assert_slug("Women's Tech", "womens-tech");
    assert_slug("Women’s Tech", "womens-tech");
    assert_slug("Straße Łódź København Ærø Þór", "strasse-lodz-kobenhavn-aero-thor");
    assert_slug("C++ 東京", "c");
    assert_slug("--a--b--", "a-b");
    char slug[CVN_SLUG_BYTES] = "kept";
    assert_false(cvn_slug_make(slug, of("東京")));
    assert_false(cvn_slug_make(slug, of("")));
    assert_false(cvn_slug_make(slug, of("Z\xfcrich")));
    assert_string_equal(slug, "kept");
}

static void test_slug_at_its_limit(void **state)
{
    char name[2000], slug[CVN_SLUG_BYTES];
    memset(name, 'x', sizeof name);
    assert_true(cvn_slug_make(slug, cvn_slice(name, 63)));
    assert_int_equal(strlen(slug), 63);
    assert_true(cvn_slug_valid(slug));
    assert_true(cvn_slug_make(slug, cvn_slice(name, sizeof name)));
    assert_int_equal(strlen(slug), 63);
    name[62] = ' ';
    assert_true(cvn_slug_make(slug, cvn_slice(name, sizeof name)));
    assert_int_equal(strlen(slug), 62);
    memset(name, 'x', 64);
    name[64] = '\0';
    assert_false(cvn_slug_valid(name));
}

static void test_slug_is_valid_only_in_its_form(void **state)
{
    static const char *const wrong[] = {"", "-", "-a", "a-", "a--b", "A", "a_b", "a b", "ä", "a/b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_slug_valid(wrong[i]))
            fail_msg("accepted %s", wrong[i]);
    assert_true(cvn_slug_valid("a"));
    assert_true(cvn_slug_valid("2024-a-b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_takes_utf_8_only),
        cmocka_unit_test(test_line_has_no_controls_and_prose_only_line_ends),
        cmocka_unit_test(test_fold_makes_the_same_of_what_people_hold_for_the_same),
        cmocka_unit_test(test_fold_of_folded_is_the_same_for_every_character),
        cmocka_unit_test(test_fold_refuses_bad_text_and_a_spent_arena),
        cmocka_unit_test(test_words_are_what_one_would_search_for),
        cmocka_unit_test(test_fold_of_ascii_is_that_of_any_text),
        cmocka_unit_test(test_beginning_counts_characters),
        cmocka_unit_test(test_long_word_is_cut_between_characters),
        cmocka_unit_test(test_width_counts_cells),
        cmocka_unit_test(test_cut_never_splits_a_character),
        cmocka_unit_test(test_slug_of_names),
        cmocka_unit_test(test_slug_at_its_limit),
        cmocka_unit_test(test_slug_is_valid_only_in_its_form),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
