#include "base/problems.h"

#include <stdarg.h>

void cvn_problems_init(struct cvn_problems *problems, struct cvn_arena *arena)
{
    problems->arena = arena;
    problems->n = 0;
    problems->total = 0;
}

void cvn_problems_add(struct cvn_problems *problems, const char *field, const char *format, ...)
{
    problems->total++;
    if (problems->n == CVN_PROBLEMS_MAX)
        return;
    va_list args;
    va_start(args, format);
    struct cvn_problem *problem = &problems->items[problems->n++];
    problem->field = cvn_arena_strdup(problems->arena, field);
    problem->text = cvn_arena_vprintf(problems->arena, format, args);
    va_end(args);
    if (!problem->field)
        problem->field = "";
    if (!problem->text)
        problem->text = "is not acceptable (and too large to say why)";
}

const char *cvn_problems_sentence(const struct cvn_problems *problems)
{
    const char *sentence = "";
    for (size_t i = 0; i < problems->n; i++) {
        const char *longer = cvn_arena_printf(problems->arena, "%s%s%s %s", sentence, i ? "; " : "",
                                              problems->items[i].field, problems->items[i].text);
        if (!longer)
            break;
        sentence = longer;
    }
    if (problems->total > problems->n) {
        const char *longer = cvn_arena_printf(problems->arena, "%s; and %zu more", sentence,
                                              problems->total - problems->n);
        if (longer)
            sentence = longer;
    }
    return sentence;
}
