/* `convene events list` and `convene events for-me`. */
#ifndef CVN_CLIENT_CLI_EVENTS_LIST_H
#define CVN_CLIENT_CLI_EVENTS_LIST_H

#include "client/cli/cli.h"
#include "convene/events/v1/event.pb-c.h"

extern const struct cvn_option cvn_events_list_options[];
extern const struct cvn_option cvn_events_for_me_options[];

/* Where a list looks: the messages lie beside the request. */
struct cvn_events_where {
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
    Convene__Events__V1__PlaceName place;
};

/*
 * Fills the request from the options of lists that were given; events from now on, unless they say
 * otherwise. On a value that cannot be read says so and returns CVN_EXIT_USAGE.
 */
enum cvn_exit cvn_events_fill_filter(struct cvn_cli *cli,
                                     Convene__Events__V1__ListEventsRequest *request,
                                     struct cvn_events_where *where);

/* Fills the request, initialised, with what the options search for, but for when. */
enum cvn_exit cvn_events_fill_search(struct cvn_cli *cli,
                                     Convene__Events__V1__ListEventsRequest *request,
                                     struct cvn_events_where *where);

/* An instant in the run's arena; NULL without memory. */
Google__Protobuf__Timestamp *cvn_events_timestamp(struct cvn_cli *cli, int64_t ms);

enum cvn_exit cvn_events_run_list(struct cvn_cli *cli);
enum cvn_exit cvn_events_run_for_me(struct cvn_cli *cli);

#endif
