/* Changes of an occurrence of a series and of all that follow: --following of `convene events`. */
#ifndef CVN_CLIENT_CLI_EVENT_FOLLOWING_H
#define CVN_CLIENT_CLI_EVENT_FOLLOWING_H

#include "client/cli/view.h"
#include "convene/events/v1/event.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"

/* How a series is shown. */
extern const struct cvn_view_column cvn_event_series_columns[];

/* Changes what the mask names, as the options say, from the occurrence on; shows the new series. */
enum cvn_exit cvn_event_update_following(struct cvn_cli *cli,
                                         const Convene__Events__V1__Event *first,
                                         const Google__Protobuf__FieldMask *mask);

/* Gives the occurrence that the command names, and all that follow, the time of --start. */
enum cvn_exit cvn_event_reschedule_following(struct cvn_cli *cli);

/* Calls off the occurrence that the command names, and all that follow, and ends their series. */
enum cvn_exit cvn_event_cancel_following(struct cvn_cli *cli);

/* When what begins at the local time start ends, if it is as long as the model. In the arena. */
enum cvn_exit cvn_event_end_like(struct cvn_cli *cli, const Convene__Events__V1__Event *model,
                                 const char *start, char **ret);

/* The row for tables of options. */
#define CVN_EVENT_FOLLOWING_OPTION                                                                 \
    {                                                                                              \
        "following", 0, NULL, "an occurrence of a series: and all that follow it", NULL            \
    }

#endif
