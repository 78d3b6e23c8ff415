/* Commands of `convene events` that change an event which is there, and those for series. */
#ifndef CVN_CLIENT_CLI_EVENT_CHANGES_H
#define CVN_CLIENT_CLI_EVENT_CHANGES_H

#include "client/cli/cli.h"

/* Each runs its command and shows what the event became. */
enum cvn_exit cvn_event_run_reschedule(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_postpone(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_move_online(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_restore(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_unpublish(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_archive(struct cvn_cli *cli);
enum cvn_exit cvn_event_run_copy(struct cvn_cli *cli);

/* Makes a series of an event: `convene events repeat EVENT --rule RULE`. */
enum cvn_exit cvn_event_run_repeat(struct cvn_cli *cli);

extern const struct cvn_option cvn_event_reschedule_options[];
extern const struct cvn_option cvn_event_postpone_options[];
extern const struct cvn_option cvn_event_move_online_options[];
extern const struct cvn_option cvn_event_copy_options[];
extern const struct cvn_option cvn_event_repeat_options[];

#endif
