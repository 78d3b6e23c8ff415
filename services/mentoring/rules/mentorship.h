/*
 * What may become of a mentorship, and who may make it so. Pure: the clock's reading and the counts
 * come in as facts.
 *
 *     PROPOSED --both accept in time, and the mentor has a seat--> ACTIVE <--pause, resume-->
 * PAUSED PROPOSED --either declines--> DECLINED PROPOSED --not accepted in time--> EXPIRED PROPOSED
 * --taken back--> ENDED ACTIVE, PAUSED --> COMPLETED, or ENDED early
 *
 * Nothing follows COMPLETED, ENDED, DECLINED and EXPIRED. What is so already is no refusal, so that
 * a repeated click has one effect.
 */
#ifndef CVN_SERVICES_MENTORING_RULES_MENTORSHIP_H
#define CVN_SERVICES_MENTORING_RULES_MENTORSHIP_H

#include <stdbool.h>
#include <stdint.h>

/* With the contract's numbers, and so are answers and sides. */
enum cvn_mentorship_state {
    CVN_MENTORSHIP_PROPOSED = 1,
    CVN_MENTORSHIP_ACTIVE = 2,
    CVN_MENTORSHIP_PAUSED = 3,
    CVN_MENTORSHIP_COMPLETED = 4,
    CVN_MENTORSHIP_ENDED = 5,
    CVN_MENTORSHIP_DECLINED = 6,
    CVN_MENTORSHIP_EXPIRED = 7,
};

enum cvn_mentorship_answer {
    CVN_ANSWER_NONE = 0,
    CVN_ANSWER_ACCEPTED = 1,
    CVN_ANSWER_DECLINED = 2,
};

enum cvn_mentorship_side {
    CVN_SIDE_MENTOR = 1,
    CVN_SIDE_MENTEE = 2,
};

enum cvn_mentorship_action {
    CVN_MENTORSHIP_ACCEPT,
    CVN_MENTORSHIP_DECLINE,
    CVN_MENTORSHIP_EXPIRE, /* by the server, when the time is over */
    CVN_MENTORSHIP_PAUSE,
    CVN_MENTORSHIP_RESUME,
    CVN_MENTORSHIP_COMPLETE,
    CVN_MENTORSHIP_END,
    CVN_MENTORSHIP_ACTIONS, /* how many */
};

/* Why an action is not allowed; 0 means it is. */
enum cvn_mentorship_refusal {
    CVN_MENTORSHIP_OK = 0,
    CVN_MENTORSHIP_REFUSED_ANSWERED,     /* it is no proposal any more */
    CVN_MENTORSHIP_REFUSED_TOO_LATE,     /* the time to accept is over */
    CVN_MENTORSHIP_REFUSED_FULL,         /* the mentor has as many mentees as seats */
    CVN_MENTORSHIP_REFUSED_LEFT,         /* one of the two has left the programme */
    CVN_MENTORSHIP_REFUSED_NOT_DUE,      /* the time to accept is not over yet */
    CVN_MENTORSHIP_REFUSED_NOT_ACCEPTED, /* it has not begun */
    CVN_MENTORSHIP_REFUSED_OVER,         /* nothing follows */
};

struct cvn_mentorship_facts {
    enum cvn_mentorship_state state;
    enum cvn_mentorship_answer mentor_answer;
    enum cvn_mentorship_answer mentee_answer;
    int64_t now_ms;
    int64_t accept_by_ms;
    bool both_enrolled;
    int32_t capacity; /* of the mentor, as it is now */
    int32_t n_active; /* other mentees of the mentor, active or paused */
};

struct cvn_mentorship_decision {
    enum cvn_mentorship_state state;
    enum cvn_mentorship_answer mentor_answer;
    enum cvn_mentorship_answer mentee_answer;
    bool changed;      /* false: it was so already */
    bool begins;       /* both have accepted by this */
    bool over;         /* nothing follows, by this */
    bool mentee_waits; /* is to be put on the list of those who wait, by this */
    bool keeps_place;  /* as long as before the proposal; else from now */
};

/* May it be done? side counts for ACCEPT and DECLINE only. *ret is untouched when refused. */
enum cvn_mentorship_refusal cvn_mentorship_decide(const struct cvn_mentorship_facts *facts,
                                                  enum cvn_mentorship_action action,
                                                  enum cvn_mentorship_side side,
                                                  struct cvn_mentorship_decision *ret);

/* Whether it takes a seat of the mentor, and the mentee waits for nobody else. */
bool cvn_mentorship_is_open(enum cvn_mentorship_state state);

/* The refusal as a sentence for people, with what would help; "" for OK. */
const char *cvn_mentorship_refusal_text(enum cvn_mentorship_refusal refusal);

#endif
