#include "services/mentoring/runs/outcome_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Begins what is short: the number of the whole one follows, and after a space each its numbers. */
enum { SHORT = '\x01' };

static const char digits[] = "0123456789";

/* Whether two texts differ in their numbers alone. */
static bool are_alike(const char *a, const char *b)
{
    for (;;) {
        size_t n = strcspn(a, digits);
        if (strcspn(b, digits) != n || strncmp(a, b, n) != 0)
            return false;
        a += n;
        b += n;
        if (*a == '\0' || *b == '\0')
            return *a == *b;
        a += strspn(a, digits);
        b += strspn(b, digits);
    }
}

/* The text's numbers behind the place of the whole one; NULL without memory. */
static char *write_short(struct cvn_arena *arena, size_t whole, const char *text)
{
    char *made = cvn_arena_printf(arena, "%c%zu", SHORT, whole);
    for (text += strcspn(text, digits); made && *text; text += strcspn(text, digits)) {
        size_t n = strspn(text, digits);
        made = cvn_arena_printf(arena, "%s %.*s", made, (int)n, text);
        text += n;
    }
    return made;
}

int cvn_outcomes_shorten(Convene__Mentoring__V1__Alternative *const *alternatives, size_t n,
                         struct cvn_arena *arena)
{
    for (size_t i = 1; i < n; i++) {
        const char *text = alternatives[i]->outcome;
        size_t whole = 0;
        while (whole < i && !are_alike(alternatives[whole]->outcome, text))
            whole++;
        if (whole == i)
            continue;
        char *made = write_short(arena, whole, text);
        if (!made)
            return -ENOMEM;
        if (strlen(made) < strlen(text))
            alternatives[i]->outcome = made;
    }
    return 0;
}

/* The whole text with the numbers of the short one; NULL without memory or when they do not fit. */
static char *write_whole(struct cvn_arena *arena, const char *whole, const char *numbers)
{
    char *made = cvn_arena_alloc(arena, strlen(whole) + strlen(numbers) + 1), *to = made;
    while (made && *whole) {
        size_t n = strcspn(whole, digits);
        memcpy(to, whole, n);
        to += n;
        whole += n;
        if (*whole == '\0')
            break;
        whole += strspn(whole, digits);
        n = *numbers == ' ' ? strspn(numbers + 1, digits) : 0;
        if (n == 0)
            return NULL;
        memcpy(to, numbers + 1, n);
        to += n;
        numbers += 1 + n;
    }
    return *numbers == '\0' ? made : NULL;
}

static int restore(Convene__Mentoring__V1__Alternative *const *alternatives, size_t at,
                   struct cvn_arena *arena)
{
    const char *text = alternatives[at]->outcome;
    char *numbers;
    unsigned long whole = strtoul(text + 1, &numbers, 10);
    if (numbers == text + 1 || whole >= at)
        return -EUCLEAN;
    char *made = write_whole(arena, alternatives[whole]->outcome, numbers);
    if (!made)
        return arena->overflowed ? -ENOMEM : -EUCLEAN;
    alternatives[at]->outcome = made;
    return 0;
}

int cvn_outcomes_restore(Convene__Mentoring__V1__Alternative *const *alternatives, size_t n,
                         struct cvn_arena *arena)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (alternatives[i]->outcome[0] == SHORT)
            r = restore(alternatives, i, arena);
    return r;
}
