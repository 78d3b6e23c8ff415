/* RSVPs as the commands of `convene rsvp` show them. */
#ifndef CVN_CLIENT_CLI_RSVP_VIEW_H
#define CVN_CLIENT_CLI_RSVP_VIEW_H

#include "client/cli/view.h"
#include "convene/events/v1/rsvp.pb-c.h"

#define CVN_RSVP_SERVICE "convene.events.v1.RsvpService/"

extern const struct cvn_view_column cvn_rsvp_list_columns[];
extern const struct cvn_view_column cvn_rsvp_show_columns[];

/* One sentence on a terminal; the record itself for programs. */
enum cvn_exit cvn_rsvp_tell(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp);

/* "has a seat", as it follows a name. */
const char *cvn_rsvp_meaning(Convene__Events__V1__RsvpState state);

/*
 * What became of many people, one row for each, who are in tables what they were named by; says how
 * many were refused. CVN_EXIT_FAILED when any was.
 */
enum cvn_exit cvn_rsvp_tell_results(struct cvn_cli *cli,
                                    Convene__Events__V1__RsvpResult *const *results, size_t n,
                                    const char *const *named);

/* The rows --online and --in-person, and what they say; unspecified when neither was given. */
#define CVN_RSVP_WAY_OPTIONS                                                                       \
    {"online", 0, NULL, "online, at an event in a room and online", NULL},                         \
    {                                                                                              \
        "in-person", 0, NULL, "in the room, at such an event", NULL                                \
    }
enum cvn_exit cvn_rsvp_way(struct cvn_cli *cli, Convene__Events__V1__AttendanceMode *ret);

#endif
