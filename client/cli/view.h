/*
 * How messages are shown: a resource is described once by its columns; lists and single ones are
 * then printed as -o asks. JSON shows the message itself and needs no columns.
 */
#ifndef CVN_CLIENT_CLI_VIEW_H
#define CVN_CLIENT_CLI_VIEW_H

#include "client/cli/cli.h"

#include "client/cli/table.h"
#include <inttypes.h>

#include <protobuf-c/protobuf-c.h>

/* text gives the cell, in the run's arena or borrowed from the message; NULL for none. */
struct cvn_view_column {
    struct cvn_table_column column; /* title NULL ends the columns */
    const char *(*text)(struct cvn_cli *cli, const void *message);
};

/* Prints n messages as rows. */
enum cvn_exit cvn_view_rows(struct cvn_cli *cli, const struct cvn_view_column *columns,
                            ProtobufCMessage *const *messages, size_t n);

/* Prints one message: a line for each column that has something to say, or one CSV row. */
enum cvn_exit cvn_view_one(struct cvn_cli *cli, const struct cvn_view_column *columns,
                           const void *message);

/* A list method: replies hold the messages in field 1 and next_page_token in field 2. */
struct cvn_view_list {
    const char *method;
    const struct cvn_view_column *columns;
    const char *none; /* a sentence for an empty list, with what to do */
    size_t limit;     /* unless --limit says otherwise; 0 is all */
    /* Says more of a table than it shows, and in place of none where there are no rows; or NULL. */
    void (*tell)(struct cvn_cli *cli, const ProtobufCMessage *first_reply, size_t n_rows);
};

/*
 * Fetches pages until the limit and prints them. request is initialised and filled; its page_size
 * and page_token are overwritten.
 */
enum cvn_exit cvn_view_pages(struct cvn_cli *cli, const struct cvn_view_list *list,
                             ProtobufCMessage *request);

/* The options that pages reads, for tables of options. */
#define CVN_VIEW_PAGE_OPTIONS                                                                      \
    {"limit", 'n', "N", "show at most so many", NULL}, {"all", 'a', NULL, "show all", NULL},       \
    {                                                                                              \
        "page-token", 0, "TOKEN", "go on where a list ended that said so", NULL                    \
    }

/* Cells that several resources share; NULL for an absent message. */
const char *cvn_view_number(struct cvn_cli *cli, int64_t value); /* "" for 0 in tables */
const char *cvn_view_count(struct cvn_cli *cli, int64_t n,
                           const char *noun); /* "1 seat", "2 seats" */
const char *cvn_view_joined(struct cvn_cli *cli, char *const *texts, size_t n);
const char *cvn_view_instant(struct cvn_cli *cli, const void *timestamp); /* the user's zone */
const char *cvn_view_local(struct cvn_cli *cli, const char *local);       /* as given */

/* Columns that show one member of a message as it is, as a number, or as an enum's short name. */
#define CVN_VIEW_STRING(name, type, member)                                                        \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        (void)cli;                                                                                 \
        return ((const type *)message)->member;                                                    \
    }
#define CVN_VIEW_INT(name, type, member)                                                           \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_view_number(cli, ((const type *)message)->member);                              \
    }
#define CVN_VIEW_COUNT(name, type, member) /* as it is, also 0 */                                  \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_arena_printf(&cli->arena, "%" PRIu64,                                           \
                                (uint64_t)((const type *)message)->member);                        \
    }
#define CVN_VIEW_ENUM(name, type, member, descriptor)                                              \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_field_enum_text(&cli->arena, &descriptor,                                       \
                                   (int)((const type *)message)->member);                          \
    }
#define CVN_VIEW_INSTANT(name, type, member)                                                       \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_view_instant(cli, ((const type *)message)->member);                             \
    }
#define CVN_VIEW_LIST(name, type, member)                                                          \
    static const char *name(struct cvn_cli *cli, const void *message)                              \
    {                                                                                              \
        return cvn_view_joined(cli, ((const type *)message)->member,                               \
                               ((const type *)message)->n_##member);                               \
    }

#endif
