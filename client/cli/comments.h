/* Comments as other commands print them. */
#ifndef CVN_CLIENT_CLI_COMMENTS_H
#define CVN_CLIENT_CLI_COMMENTS_H

#include "client/cli/cli.h"

/* Who said it, and what was said or why it is not there any more; of a comment's message. */
const char *cvn_comments_author(struct cvn_cli *cli, const void *comment);
const char *cvn_comments_text(struct cvn_cli *cli, const void *comment);

#endif
