/* Field masks of updates from the options that were given: what is not named stays as it is. */
#ifndef CVN_CLIENT_CLI_MASK_H
#define CVN_CLIENT_CLI_MASK_H

#include "client/cli/cli.h"
#include "google/protobuf/field_mask.pb-c.h"

/*
 * Fills the mask with the fields of the resource that is at prefix in the request, as "person.":
 * those of the options given, and of the options that --clear names. CVN_EXIT_USAGE, having said
 * so, when --clear names none, or when nothing is to be changed.
 */
enum cvn_exit cvn_mask_fill(struct cvn_cli *cli, const char *prefix,
                            Google__Protobuf__FieldMask *mask);

/* Empties in the request the fields that --clear names, which may lie within one of the mask. */
void cvn_mask_clear(const struct cvn_cli *cli, void *request);

/* The row for tables of options. */
#define CVN_MASK_OPTION                                                                            \
    {                                                                                              \
        "clear", 0, "OPTION", "empty what that option sets; may be given several times", NULL      \
    }

#endif
