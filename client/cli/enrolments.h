/* The commands of `convene programs` that are about enrolments. */
#ifndef CVN_CLIENT_CLI_ENROLMENTS_H
#define CVN_CLIENT_CLI_ENROLMENTS_H

#include "client/cli/import.h"

extern const struct cvn_import_kind cvn_enrolments_import;

extern const struct cvn_option cvn_enrol_options[];
extern const struct cvn_option cvn_enrolments_options[];
extern const struct cvn_option cvn_enrolments_import_options[];
extern const struct cvn_option cvn_enrolments_export_options[];
extern const struct cvn_option cvn_enrolment_edit_options[];
extern const struct cvn_option cvn_withdraw_options[];

enum cvn_exit cvn_enrol_run(struct cvn_cli *cli);
enum cvn_exit cvn_enrolments_run(struct cvn_cli *cli);
enum cvn_exit cvn_withdraw_run(struct cvn_cli *cli);
enum cvn_exit cvn_enrolments_import_run(struct cvn_cli *cli);
enum cvn_exit cvn_enrolments_export_run(struct cvn_cli *cli); /* enrolments_export.c */
enum cvn_exit cvn_enrolment_edit_run(struct cvn_cli *cli);

#endif
