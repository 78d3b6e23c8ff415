/* `convene admin backup`, `restore`, `check`, `compact` and `stores`. */
#ifndef CVN_CLIENT_CLI_ADMIN_STORE_H
#define CVN_CLIENT_CLI_ADMIN_STORE_H

#include "client/cli/cli.h"

extern const struct cvn_option cvn_admin_data_options[];
extern const struct cvn_option cvn_admin_check_options[];

enum cvn_exit cvn_admin_run_backup(struct cvn_cli *cli);
enum cvn_exit cvn_admin_run_restore(struct cvn_cli *cli);
enum cvn_exit cvn_admin_run_check(struct cvn_cli *cli);
enum cvn_exit cvn_admin_run_compact(struct cvn_cli *cli);
enum cvn_exit cvn_admin_run_stores(struct cvn_cli *cli);

/* Becomes convened with these words, NULL at their end. Returns only when it cannot be started. */
enum { CVN_ADMIN_WORDS = 6 };
enum cvn_exit cvn_admin_become_convened(struct cvn_cli *cli,
                                        const char *const words[CVN_ADMIN_WORDS]);
/* The same on the data directory that --data names; file may be NULL. */
enum cvn_exit cvn_admin_run_convened(struct cvn_cli *cli, const char *command, const char *file);

#endif
