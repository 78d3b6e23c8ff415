/*
 * The people of a matching from a file of enrolments, without a server: who they are is what the
 * column "person" says, whatever that is.
 */
#ifndef CVN_CLIENT_CLI_ROSTER_H
#define CVN_CLIENT_CLI_ROSTER_H

#include "client/cli/cli.h"
#include "cohort/cohort.h"

enum { CVN_ROSTER_PEOPLE_MAX = 1 << 20 }; /* as many as a matching takes on one side */

struct cvn_roster {
    struct cvn_cohort_member *members; /* by person, for cvn_cohort_build */
    size_t n;
    size_t capacity; /* of members */
};

/*
 * Reads mentors or mentees from a file of CSV or JSON lines, with the columns of `convene programs
 * import`; a column "name" is shown in place of "person". Everything is in the arena. 0, or the
 * exit code behind a sentence for each record that cannot be used, with its line and what would be
 * right.
 */
enum cvn_exit cvn_roster_read(struct cvn_cli *cli, struct cvn_arena *arena, const char *file_name,
                              Convene__Mentoring__V1__Role role, struct cvn_roster *ret);

/* The id that stands for a person, from the folded text: the same person has the same on both
 * sides. 0 or -ENOMEM.
 */
int cvn_roster_id(struct cvn_arena *arena, const char *person, struct cvn_id *ret);

#endif
