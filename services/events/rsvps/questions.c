#include "services/events/rsvps/questions.h"

#include "base/arena.h"
#include "services/events/field_check.h"

#include <errno.h>
#include <string.h>

static bool is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return len > 0 && len <= CVN_QUESTION_ID_MAX && text[len] == '\0';
}

static void check_question(struct cvn_problems *problems, const char *path,
                           const Convene__Events__V1__Question *question)
{
    if (question->id[0] && !is_id(question->id))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.id", path),
                         "is \"%.40s\"; 1 to %d of a-z, 0-9, '-' and '_' are right", question->id,
                         CVN_QUESTION_ID_MAX);
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.text", path), question->text,
                         CVN_QUESTION_TEXT_MAX, true);
    cvn_field_check_lines(problems, cvn_field_path(problems, "%s.choices", path), question->choices,
                          question->n_choices,
                          (const size_t[2]){CVN_QUESTION_CHOICES_MAX, CVN_QUESTION_CHOICE_MAX});
    if (question->multiple && question->n_choices == 0)
        cvn_problems_add(problems, cvn_field_path(problems, "%s.multiple", path),
                         "goes with choices only; give some");
}

/* The id that a question has, or will be given by its place. */
static const char *id_of(struct cvn_problems *problems, const Convene__Events__V1__Event *event,
                         size_t i)
{
    const char *id = event->questions[i]->id;
    return id[0] ? id : cvn_field_path(problems, "q%zu", i + 1);
}

void cvn_questions_check(struct cvn_problems *problems, const char *path,
                         const Convene__Events__V1__Event *event)
{
    if (event->n_questions > CVN_QUESTIONS_MAX) {
        cvn_problems_add(problems, cvn_field_path(problems, "%s.questions", path),
                         "has %zu entries; at most %d are right", event->n_questions,
                         CVN_QUESTIONS_MAX);
        return;
    }
    for (size_t i = 0; i < event->n_questions; i++) {
        const char *at = cvn_field_path(problems, "%s.questions[%zu]", path, i);
        check_question(problems, at, event->questions[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(id_of(problems, event, i), id_of(problems, event, k)) == 0)
                cvn_problems_add(problems, cvn_field_path(problems, "%s.id", at),
                                 "is \"%.40s\", which another question has; one of its own is "
                                 "right",
                                 id_of(problems, event, i));
    }
}

int cvn_questions_complete(struct cvn_arena *arena, Convene__Events__V1__Event *event)
{
    size_t n = event->n_questions;
    Convene__Events__V1__Question **questions = cvn_arena_alloc_array(arena, n, sizeof *questions);
    if (!questions)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        questions[i] = cvn_arena_copy(arena, event->questions[i], sizeof *questions[i]);
        if (!questions[i])
            return -ENOMEM;
        questions[i]->base.n_unknown_fields = 0;
        if (!questions[i]->id[0])
            questions[i]->id = cvn_arena_printf(arena, "q%zu", i + 1);
        if (!questions[i]->id)
            return -ENOMEM;
    }
    event->questions = questions;
    return 0;
}

void cvn_answers_check_form(struct cvn_problems *problems,
                            Convene__Events__V1__QuestionAnswer *const *answers, size_t n)
{
    if (n > CVN_QUESTIONS_MAX)
        cvn_problems_add(problems, "answers", "are %zu; an event has at most %d questions", n,
                         CVN_QUESTIONS_MAX);
    for (size_t i = 0; i < n && i < CVN_QUESTIONS_MAX; i++) {
        const char *path = cvn_field_path(problems, "answers[%zu].values", i);
        if (answers[i]->n_values > CVN_QUESTION_CHOICES_MAX)
            cvn_problems_add(problems, path, "are %zu; at most %d are right", answers[i]->n_values,
                             CVN_QUESTION_CHOICES_MAX);
        for (size_t k = 0; k < answers[i]->n_values && k < CVN_QUESTION_CHOICES_MAX; k++)
            cvn_field_check_prose(problems, path, answers[i]->values[k], CVN_ANSWER_TEXT_MAX);
    }
}

static const Convene__Events__V1__Question *find(const Convene__Events__V1__Event *event,
                                                 const char *id)
{
    for (size_t i = 0; i < event->n_questions; i++)
        if (strcmp(event->questions[i]->id, id) == 0)
            return event->questions[i];
    return NULL;
}

/* The choices as a list for a sentence. */
static const char *list_of(struct cvn_problems *problems,
                           const Convene__Events__V1__Question *question)
{
    const char *list = question->n_choices ? question->choices[0] : "text";
    for (size_t i = 1; i < question->n_choices; i++)
        list = cvn_field_path(problems, "%s, %s", list, question->choices[i]);
    return list;
}

static bool is_choice(const Convene__Events__V1__Question *question, const char *value)
{
    for (size_t i = 0; i < question->n_choices; i++)
        if (strcmp(question->choices[i], value) == 0)
            return true;
    return false;
}

static bool given_before(const Convene__Events__V1__QuestionAnswer *answer, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(answer->values[i], answer->values[at]) == 0)
            return true;
    return false;
}

static void check_values(struct cvn_problems *problems,
                         const Convene__Events__V1__Question *question,
                         const Convene__Events__V1__QuestionAnswer *answer)
{
    const char *path = cvn_field_path(problems, "answers[%s]", question->id);
    if (answer->n_values > 1 && !question->multiple)
        cvn_problems_add(problems, path, "has %zu values; one is right", answer->n_values);
    for (size_t i = 0; question->n_choices && i < answer->n_values; i++) {
        if (!is_choice(question, answer->values[i]))
            cvn_problems_add(problems, path, "is \"%.60s\"; one of these is right: %s",
                             answer->values[i], list_of(problems, question));
        else if (given_before(answer, i))
            cvn_problems_add(problems, path, "names \"%.60s\" twice; once is right",
                             answer->values[i]);
    }
}

static bool is_answered(const char *id, Convene__Events__V1__QuestionAnswer *const *answers,
                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(answers[i]->question_id, id) == 0)
            return answers[i]->n_values > 0 && answers[i]->values[0][0];
    return false;
}

void cvn_answers_check(struct cvn_problems *problems, const Convene__Events__V1__Event *event,
                       Convene__Events__V1__QuestionAnswer *const *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = answers[i]->question_id;
        const Convene__Events__V1__Question *question = find(event, id);
        const char *path = cvn_field_path(problems, "answers[%.40s]", id);
        if (!question)
            cvn_problems_add(problems, path,
                             "goes with no question of this event; convene events "
                             "show lists them");
        else
            check_values(problems, question, answers[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(answers[k]->question_id, id) == 0)
                cvn_problems_add(problems, path, "is given twice; once is right");
    }
    for (size_t i = 0; i < event->n_questions; i++) {
        const Convene__Events__V1__Question *question = event->questions[i];
        if (question->required && !is_answered(question->id, answers, n))
            cvn_problems_add(problems, cvn_field_path(problems, "answers[%s]", question->id),
                             "is missing: \"%s\" needs an answer (%s)", question->text,
                             list_of(problems, question));
    }
}

int cvn_answers_copy(struct cvn_arena *arena, Convene__Events__V1__QuestionAnswer *const *answers,
                     size_t n, Convene__Events__V1__QuestionAnswer ***ret)
{
    Convene__Events__V1__QuestionAnswer **copies = cvn_arena_alloc_array(arena, n, sizeof *copies);
    if (!copies)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        copies[i] = cvn_arena_copy(arena, answers[i], sizeof *copies[i]);
        if (!copies[i])
            return -ENOMEM;
        copies[i]->base.n_unknown_fields = 0;
    }
    *ret = copies;
    return 0;
}
