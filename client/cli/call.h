/* Calls of the command line, with their requests filled from options and failures told. */
#ifndef CVN_CLIENT_CLI_CALL_H
#define CVN_CLIENT_CLI_CALL_H

#include "client/cli/cli.h"
#include "google/protobuf/timestamp.pb-c.h"

/* Opens the run's client unless it is open. 0, or a code with the status, which is the caller's. */
int cvn_call_open(struct cvn_cli *cli, struct convene_status *status);

/*
 * Calls the method; ret_reply points to a pointer to the method's reply type, which is then freed
 * with convene_message_free. On failure says why on standard error. Returns the exit code.
 */
enum cvn_exit cvn_call(struct cvn_cli *cli, const char *method, const void *request,
                       void *ret_reply);

/* As cvn_call, but tells nobody: the status, cleared by the caller, says what happened. */
int cvn_call_quietly(struct cvn_cli *cli, const char *method, const void *request, void *ret_reply,
                     struct convene_status *status);

/*
 * Gives the calls of this run five minutes each, unless --timeout says otherwise: what they take
 * grows with a programme. Before the first of them.
 */
void cvn_call_be_patient(struct cvn_cli *cli);

/*
 * Sets the request's fields from the options that have a path. On a value that cannot be read says
 * so and returns CVN_EXIT_USAGE.
 */
enum cvn_exit cvn_call_fill(struct cvn_cli *cli, void *request);

/*
 * Sets *ret to the instant that an option gives, as in "+90d", in memory of the caller's; leaves it
 * alone without the option. On a value that cannot be read says so and returns CVN_EXIT_USAGE.
 */
enum cvn_exit cvn_call_fill_time(struct cvn_cli *cli, const char *option,
                                 Google__Protobuf__Timestamp *time,
                                 Google__Protobuf__Timestamp **ret);

/* The positional word at i as requests borrow it; "" where there is none. */
char *cvn_call_word(const struct cvn_cli *cli, size_t i);

/*
 * The id of the person that words name: an id as it is, "me" too, an e-mail looked up. *ret_id
 * lives as long as the run; NULL text gives "". Says so when there is none.
 */
enum cvn_exit cvn_call_person(struct cvn_cli *cli, const char *text, char **ret_id);

/* The same for a group, by id or slug; "" gives "". */
enum cvn_exit cvn_call_group(struct cvn_cli *cli, const char *text, char **ret_id);

/* The same for a programme, by id or by its whole name in any case. */
enum cvn_exit cvn_call_program(struct cvn_cli *cli, const char *text, char **ret_id);

#define CVN_REPLY_AUTO __attribute__((cleanup(cvn_call_free_reply)))
void cvn_call_free_reply(void *pointer_to_reply);

#endif
