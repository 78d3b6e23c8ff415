/*
 * Everything of the store that pairing a programme depends on, from one transaction: who may be
 * paired with whose free seats, what is settled of pairs, and who were paired before.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_GATHER_H
#define CVN_SERVICES_MENTORING_RUNS_GATHER_H

#include "cohort/cohort.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "services/runtime/ctx.h"

/* What is asked for. */
struct cvn_gather_query {
    struct cvn_id program;
    bool include_mentored;                         /* also who has a mentor, and taken seats */
    Convene__Mentoring__V1__PairRule **pair_rules; /* over those of the programme */
    size_t n_pair_rules;
    const char *base_run_id; /* whose pairs are wanted; "" or NULL for none */
    /* After every CVN_GATHER_TELL_EVERY rows; false to stop. NULL: nobody wants to know. */
    bool (*tell)(void *arg, size_t n_rows);
    void *arg;
};

enum {
    CVN_GATHER_TELL_EVERY = 1000, /* some milliseconds */
    CVN_GATHER_STOPPED = 1,       /* outcome: tell said so */
};

/* What there is, in the context's arena; enrolments as copied (enrolment_copy.h). */
struct cvn_gathered {
    struct cvn_cohort_input input;         /* but for mode, candidates, seed and time */
    struct cvn_match_pair_ids *base_pairs; /* of the base run, both still there; by mentee */
    size_t n_base_pairs;
    size_t n_full_mentors; /* left out because their seats are taken */
    size_t n_mentorships;  /* read: of the programme, and of people who are to be paired */
    size_t n_idle_rules;   /* pair rules about people who are not to be paired now */
};

/* 0; CVN_GATHER_STOPPED; CVN_STORE_ABSENT when there is no such programme; a fault. */
int cvn_gather(struct cvn_ctx *ctx, const struct cvn_gather_query *query, struct cvn_gathered *ret);

/* Orders pairs by mentee, then mentor. */
int cvn_gather_compare_pairs(const void *a, const void *b);

#endif
