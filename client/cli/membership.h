/* Commands of the family groups about coming into them, being kept out, and handing over. */
#ifndef CVN_CLIENT_CLI_MEMBERSHIP_H
#define CVN_CLIENT_CLI_MEMBERSHIP_H

#include "client/cli/view.h"

enum cvn_exit cvn_membership_run_join(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_withdraw(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_requests(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_approve(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_reject(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_ban(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_unban(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_bans(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_transfer(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_take_over(struct cvn_cli *cli);
enum cvn_exit cvn_membership_run_refuse_transfer(struct cvn_cli *cli);

enum cvn_exit cvn_invitation_run_invite(struct cvn_cli *cli);
enum cvn_exit cvn_invitation_run_list(struct cvn_cli *cli);
enum cvn_exit cvn_invitation_run_accept(struct cvn_cli *cli);
enum cvn_exit cvn_invitation_run_decline(struct cvn_cli *cli);
enum cvn_exit cvn_invitation_run_revoke(struct cvn_cli *cli);

/* How a convene.events.v1.Member is shown. */
extern const struct cvn_view_column cvn_member_columns[];

extern const struct cvn_option cvn_membership_join_options[];
extern const struct cvn_option cvn_membership_as_options[];
extern const struct cvn_option cvn_membership_requests_options[];
extern const struct cvn_option cvn_membership_reason_options[];
extern const struct cvn_option cvn_membership_page_options[];
extern const struct cvn_option cvn_invitation_invite_options[];

#endif
