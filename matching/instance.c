#include "matching/instance.h"

#include <errno.h>
#include <stdlib.h>

static int check_edges(const struct cvn_match_instance *in, uint32_t *listed_by,
                       struct cvn_error *err)
{
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        if (in->first[i + 1] < in->first[i] || in->first[i + 1] - in->first[i] > in->n_mentors)
            return cvn_error_set(err, CVN_MATCH_INVALID,
                                 "first[%u] leaves mentee %u with fewer than no mentors or with "
                                 "more than the %u there are",
                                 i + 1, i, in->n_mentors);
        for (uint64_t e = in->first[i]; e < in->first[i + 1]; e++) {
            if (in->edges[e].mentor >= in->n_mentors)
                return cvn_error_set(err, CVN_MATCH_INVALID,
                                     "edge %llu of mentee %u names mentor %u of %u",
                                     (unsigned long long)e, i, in->edges[e].mentor, in->n_mentors);
            if (listed_by[in->edges[e].mentor] == i + 1)
                return cvn_error_set(err, CVN_MATCH_INVALID, "mentee %u lists mentor %u twice", i,
                                     in->edges[e].mentor);
            listed_by[in->edges[e].mentor] = i + 1;
        }
    }
    return 0;
}

int cvn_match_instance_check(const struct cvn_match_instance *in, struct cvn_error *err)
{
    if (in->n_mentees > CVN_MATCH_MENTEES_MAX || in->n_mentors > CVN_MATCH_MENTORS_MAX)
        return cvn_error_set(err, CVN_MATCH_INVALID,
                             "%u mentees and %u mentors are more than %d and %d", in->n_mentees,
                             in->n_mentors, CVN_MATCH_MENTEES_MAX, CVN_MATCH_MENTORS_MAX);
    if (in->first[0] != 0)
        return cvn_error_set(err, CVN_MATCH_INVALID, "first[0] is %llu and has to be 0",
                             (unsigned long long)in->first[0]);
    /* The seats that mentees could take are numbered with 32 bits. */
    for (uint32_t i = 0; i < in->n_mentees; i++)
        if (in->first[i + 1] > CVN_MATCH_EDGES_MAX)
            return cvn_error_set(err, CVN_MATCH_INVALID, "mentee %u brings the edges to over %d", i,
                                 CVN_MATCH_EDGES_MAX);
    uint32_t *listed_by = calloc((size_t)in->n_mentors + 1, sizeof *listed_by);
    int r = listed_by ? check_edges(in, listed_by, err) : -ENOMEM;
    free(listed_by);
    return r;
}
