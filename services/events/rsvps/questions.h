/* What an event asks those who say yes, and what they answer. Pure. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_QUESTIONS_H
#define CVN_SERVICES_EVENTS_RSVPS_QUESTIONS_H

#include "base/problems.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"

enum {
    CVN_QUESTIONS_MAX = 10,
    CVN_QUESTION_ID_MAX = 30,
    CVN_QUESTION_TEXT_MAX = 300,
    CVN_QUESTION_CHOICES_MAX = 20,
    CVN_QUESTION_CHOICE_MAX = 100,
    CVN_ANSWER_TEXT_MAX = 1000,
};

/* Notes what is wrong with an event's questions under path, as in "event". */
void cvn_questions_check(struct cvn_problems *problems, const char *path,
                         const Convene__Events__V1__Event *event);

/*
 * Drops unknown fields of checked questions, and gives ids to those without. The questions become
 * copies in the arena. 0 or -ENOMEM.
 */
int cvn_questions_complete(struct cvn_arena *arena, Convene__Events__V1__Event *event);

/* Notes what is wrong with answers apart from the questions: too many, too long. */
void cvn_answers_check_form(struct cvn_problems *problems,
                            Convene__Events__V1__QuestionAnswer *const *answers, size_t n);

/* Notes answers that go with no question, that are none of the choices, and those that lack. */
void cvn_answers_check(struct cvn_problems *problems, const Convene__Events__V1__Event *event,
                       Convene__Events__V1__QuestionAnswer *const *answers, size_t n);

/* Copies without unknown fields, in the arena. 0 or -ENOMEM. */
int cvn_answers_copy(struct cvn_arena *arena, Convene__Events__V1__QuestionAnswer *const *answers,
                     size_t n, Convene__Events__V1__QuestionAnswer ***ret);

#endif
