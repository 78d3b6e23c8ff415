/* The families of commands, one file each. */
#ifndef CVN_CLIENT_CLI_COMMANDS_H
#define CVN_CLIENT_CLI_COMMANDS_H

#include "client/cli/cli.h"

extern const struct cvn_command cvn_events_commands[];
extern const struct cvn_command cvn_groups_commands[];
extern const struct cvn_command cvn_people_commands[];
extern const struct cvn_command cvn_rsvp_commands[];
extern const struct cvn_command cvn_comments_commands[];
extern const struct cvn_command cvn_programs_commands[];
extern const struct cvn_command cvn_match_commands[];
extern const struct cvn_command cvn_mentorships_commands[];
extern const struct cvn_command cvn_admin_commands[];
extern const struct cvn_command cvn_health_commands[];
extern const struct cvn_command cvn_rpc_commands[];
extern const struct cvn_command cvn_serve_commands[];
extern const struct cvn_command cvn_demo_commands[];

/* Options that every command takes. */
extern const struct cvn_option cvn_global_options[];

/* Prints what the words ask for: everything, a family or a command. */
enum cvn_exit cvn_help(struct cvn_cli *cli, const char *family, const char *command);

/* The family, or NULL; the nearest one's name to what was written, or NULL. */
const struct cvn_family *cvn_family_find(const struct cvn_family *families, const char *name);
const char *cvn_family_near(const struct cvn_family *families, const char *name);

/* The same for a command of the family, whose name may be two words with a space between. */
const struct cvn_command *cvn_command_find(const struct cvn_family *family, const char *name);

/*
 * The name of the command that the words begin with: two of them joined in name where such a
 * command may be meant, else the first. Returns how many words it took.
 */
enum { CVN_COMMAND_NAME_BYTES = 64 };
int cvn_command_name(char name[CVN_COMMAND_NAME_BYTES], const struct cvn_family *family, int argc,
                     char *const *argv);

const char *cvn_command_near(const struct cvn_family *family, const char *name);

#endif
