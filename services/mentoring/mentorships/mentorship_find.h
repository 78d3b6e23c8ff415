/* Finding mentorships for those who may see them: the two, and who runs the programme. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_FIND_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_FIND_H

#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/mentorships/mentorship_table.h"

struct cvn_mentorship_case {
    struct cvn_id id;
    struct cvn_id program_id;
    Convene__Mentoring__V1__Mentorship *row;
    Convene__Mentoring__V1__Program *program;
    Convene__Mentoring__V1__Role own; /* the caller's; unspecified for who is neither */
    bool managed;                     /* the caller runs the programme */
};

/*
 * The mentorship of an id in a field of the request. 0; CVN_REFUSED with INVALID_ARGUMENT or
 * NOT_FOUND, also where the caller may not see it; a fault.
 */
int cvn_mentorship_find(struct cvn_ctx *ctx, const char *field, const char *id,
                        struct cvn_mentorship_case *ret);

/*
 * For which side the caller acts: their own, or as manager the one named in the field. 0;
 * CVN_REFUSED when it is neither; *ret is untouched then.
 */
int cvn_mentorship_side(struct cvn_ctx *ctx, const struct cvn_mentorship_case *c, const char *field,
                        Convene__Mentoring__V1__Role asked, Convene__Mentoring__V1__Role *ret);

/* Notes a problem when a text has too many bytes or control characters. */
void cvn_mentorship_check_text(struct cvn_ctx *ctx, const char *field, const char *text,
                               size_t max_bytes);

#endif
