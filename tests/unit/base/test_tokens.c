#include "base/tokens.h"

#include "base/text.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum { MAX = 64 };

static struct cvn_slice of(const char *text)
{
    return cvn_slice_of_string(text);
}

static const char *const marks[] = {
    [CVN_TOKEN_WHOLE] = "", [CVN_TOKEN_STEM_ONLY] = "~", [CVN_TOKEN_BEGINNING] = "*"};

static void join(char *joined, const struct cvn_token *tokens, size_t n)
{
    *joined = '\0';
    for (size_t i = 0; i < n; i++)
        sprintf(joined + strlen(joined), "%s%.*s%s", i ? " " : "", (int)tokens[i].text.len,
                (const char *)tokens[i].text.data, marks[tokens[i].kind]);
}

static void assert_found_by(const char *text, size_t max, const char *expected)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_tokens tokens;
    char joined[1024];
    assert_int_equal(cvn_tokens_init(&tokens, &arena, max), 0);
    cvn_tokens_add(&tokens, of(text));
    join(joined, tokens.items, tokens.n);
    assert_string_equal(joined, expected);
}

static void assert_asked(const char *text, const char *expected)
{
    struct cvn_token tokens[MAX];
    char joined[1024];
    join(joined, tokens, cvn_tokens_asked(of(text), tokens, MAX));
    assert_string_equal(joined, expected);
}

static void test_found_by_words_and_stems(void **state)
{
    assert_found_by("", MAX, "");
    assert_found_by("go to rust, rusty go", MAX, "go to rust rus~ rusty rusty~");
    assert_found_by("łodz", MAX, "łodz łod~");
    assert_found_by("c++ sql", MAX, "c++ c++~ sql sql~");
}

static void test_found_by_characters_and_pairs(void **state)
{
    assert_found_by("東京都", MAX, "東 東京 京 京都 都");
    assert_found_by("会", MAX, "会");
}

static void test_tokens_end_at_the_most(void **state)
{
    assert_found_by("aaa bbb ccc", 3, "aaa aaa~ bbb");
    assert_found_by("東京都", 2, "東 東京");
    assert_found_by("aa aa bb", 2, "aa bb");
}

static void test_asked_while_typing(void **state)
{
    assert_asked("", "");
    assert_asked(" ,", "");
    assert_asked("go", "go");
    assert_asked("rust", "rust*");
    assert_asked("rust ", "rust");
    assert_asked("rust.", "rust");
    assert_asked("rust web", "rust web*");
    assert_asked("c++", "c++*");
    assert_asked("ab", "ab");
}

static void test_asked_of_runs(void **state)
{
    assert_asked("東", "東");
    assert_asked("東京都", "東京 京都");
    assert_asked("東京 rust", "東京 rust*");
}

static void test_asked_counts_past_the_room(void **state)
{
    struct cvn_token tokens[2];
    assert_int_equal(cvn_tokens_asked(of("a b c d"), tokens, 2), 4);
    assert_int_equal(cvn_tokens_asked(of("a b"), tokens, 2), 2);
}

/* Whatever is asked for out of a text finds the text. */
static void test_what_is_asked_is_found(void **state)
{
    static const char text[] = "rust と 東京都 db 서울에서 c++ łodz";
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_tokens found;
    assert_int_equal(cvn_tokens_init(&found, &arena, MAX), 0);
    cvn_tokens_add(&found, of(text));
    for (size_t from = 0; from < sizeof text - 1; from++) {
        if ((text[from] & 0xc0) == 0x80 || (from > 0 && text[from - 1] != ' '))
            continue;
        struct cvn_token asked[MAX];
        size_t n = cvn_tokens_asked(of(text + from), asked, MAX);
        for (size_t i = 0; i < n; i++) {
            bool there = false;
            for (size_t j = 0; j < found.n; j++)
                there |= found.items[j].kind == CVN_TOKEN_WHOLE &&
                         cvn_slice_compare(found.items[j].text, asked[i].text) == 0;
            assert_true(there);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_words_and_stems),
        cmocka_unit_test(test_found_by_characters_and_pairs),
        cmocka_unit_test(test_tokens_end_at_the_most),
        cmocka_unit_test(test_asked_while_typing),
        cmocka_unit_test(test_asked_of_runs),
        cmocka_unit_test(test_asked_counts_past_the_room),
        cmocka_unit_test(test_what_is_asked_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
