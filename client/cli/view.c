#include "client/cli/view.h"

#include "client/cli/call.h"
#include "client/cli/values.h"
#include "client/cli/when.h"
#include "client/json.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SIZE = 500, PAGES_MAX = 20000 };

static enum cvn_exit told(struct cvn_cli *cli, int r)
{
    if (r == 0 && !ferror(stdout)) {
        return CVN_EXIT_DONE;
    }
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(cli);
    }
    return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The output could not be written: %s.",
                        strerror(r < 0 ? -r : EIO));
}

static int print_json(FILE *file, const ProtobufCMessage *message, size_t flags)
{
    json_t *json = NULL;
    int r = cvn_json_of_message(message, &json);
    if (r == 0 && json_dumpf(json, file, flags | JSON_REAL_PRECISION(15))) {
        r = -EIO;
    }
    json_decref(json);
    return r;
}

static int print_json_rows(ProtobufCMessage *const *messages, size_t n)
{
    int r = 0;
    (void)fputs("[", stdout);
    for (size_t i = 0; r == 0 && i < n; i++) {
        (void)fputs(i ? ",\n " : "\n ", stdout);
        r = print_json(stdout, messages[i], JSON_COMPACT);
    }
    (void)fputs(n ? "\n]\n" : "]\n", stdout);
    return r;
}

/* The columns to print, of which a terminal may be too narrow for some; returns how many. */
static size_t choose_columns(struct cvn_cli *cli, const struct cvn_view_column *columns,
                             const struct cvn_view_column **ret)
{
    size_t n = 0;
    size_t cells = cli->out_terminal && cli->format == CVN_FORMAT_TABLE ? cvn_table_cells() : 0;
    for (; columns->column.title && n < CVN_TABLE_COLUMNS; columns++) {
        if (cells == 0 || cells >= columns->column.cells_min) {
            ret[n++] = columns;
        }
    }
    return n;
}

static int print_table(struct cvn_cli *cli, const struct cvn_table *table)
{
    if (cli->format == CVN_FORMAT_CSV) {
        return cvn_table_print_csv(stdout, table);
    }
    if (cli->out_terminal) {
        return cvn_table_print_terminal(stdout, table, cli->colour);
    }
    return cvn_table_print_plain(stdout, table);
}

enum cvn_exit cvn_view_rows(struct cvn_cli *cli, const struct cvn_view_column *columns,
                            ProtobufCMessage *const *messages, size_t n)
{
    if (cli->format == CVN_FORMAT_JSON) {
        return told(cli, print_json_rows(messages, n));
    }
    const struct cvn_view_column *chosen[CVN_TABLE_COLUMNS];
    size_t n_columns = choose_columns(cli, columns, chosen);
    struct cvn_table_column heads[CVN_TABLE_COLUMNS];
    const char **cells = cvn_arena_alloc_array(&cli->arena, n * n_columns, sizeof *cells);
    if (!cells) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t c = 0; c < n_columns; c++) {
        const char *above = NULL;
        heads[c] = chosen[c]->column;
        for (size_t r = 0; r < n; r++) {
            const char *text = chosen[c]->text(cli, messages[r]);
            bool again = heads[c].once && cli->format == CVN_FORMAT_TABLE && text && above &&
                         strcmp(text, above) == 0;
            cells[r * n_columns + c] = again ? NULL : text;
            above = text;
        }
    }
    if (cli->arena.overflowed) {
        return cvn_cli_no_memory(cli);
    }
    const struct cvn_table table = {heads, n_columns, cells, n};
    return told(cli, print_table(cli, &table));
}

/* Several lines are fine; other control characters could move the cursor or forge text. */
static void print_prose(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool control = (unsigned char)*c < 0x20 && *c != '\n' && *c != '\t';
        (void)putchar(control || *c == 0x7f ? ' ' : *c);
    }
    (void)putchar('\n');
}

enum cvn_exit cvn_view_one(struct cvn_cli *cli, const struct cvn_view_column *columns,
                           const void *message)
{
    if (cli->format == CVN_FORMAT_JSON) {
        int r = print_json(stdout, message, JSON_INDENT(2));
        (void)fputc('\n', stdout);
        return told(cli, r);
    }
    if (cli->format == CVN_FORMAT_CSV) {
        return cvn_view_rows(cli, columns, (ProtobufCMessage *const *)&message, 1);
    }
    for (; columns->column.title; columns++) {
        const char *text = columns->text(cli, message);
        if (text && *text) {
            const char *bold = cli->colour && cli->out_terminal ? "\033[1m" : "";
            (void)printf("%s%-14s%s ", bold, columns->column.title, *bold ? "\033[0m" : "");
            print_prose(text);
        }
    }
    return told(cli, 0);
}

/* A list in the making: replies own the messages that rows point to. */
struct pages {
    ProtobufCMessage **replies;
    size_t n_replies;
    ProtobufCMessage **rows;
    size_t n_rows;
    char *token; /* of the next page; borrowed from the last reply */
};

static void pages_free(struct pages *pages)
{
    for (size_t i = 0; i < pages->n_replies; i++) {
        convene_message_free(pages->replies[i]);
    }
    free(pages->replies);
    free(pages->rows);
}

static void *field_at(ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return field ? (char *)message + field->offset : NULL;
}

/* Takes over the reply. */
static int pages_add(struct pages *pages, ProtobufCMessage *reply)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(reply->descriptor, 1);
    size_t n = *(size_t *)((char *)reply + field->quantifier_offset);
    ProtobufCMessage **found = *(ProtobufCMessage ***)((char *)reply + field->offset);
    void *replies = reallocarray(pages->replies, pages->n_replies + 1, sizeof(*pages->replies));
    if (!replies) {
        convene_message_free(reply);
        return -ENOMEM;
    }
    pages->replies = replies;
    pages->replies[pages->n_replies++] = reply;
    void *rows = reallocarray(pages->rows, pages->n_rows + n + 1, sizeof(*pages->rows));
    if (!rows) {
        return -ENOMEM;
    }
    pages->rows = rows;
    if (n) {
        memcpy(pages->rows + pages->n_rows, found, n * sizeof *found);
    }
    pages->n_rows += n;
    pages->token = *(char **)field_at(reply, "next_page_token");
    return 0;
}

static enum cvn_exit fetch(struct cvn_cli *cli, const struct cvn_view_list *list,
                           ProtobufCMessage *request, size_t limit, struct pages *pages)
{
    for (int page = 0; page < PAGES_MAX; page++) {
        size_t left = limit ? limit - pages->n_rows : PAGE_SIZE;
        *(int32_t *)field_at(request, "page_size") = (int32_t)(left < PAGE_SIZE ? left : PAGE_SIZE);
        ProtobufCMessage *reply = NULL;
        enum cvn_exit code = cvn_call(cli, list->method, request, &reply);
        if (code) {
            return code;
        }
        if (pages_add(pages, reply)) {
            return cvn_cli_no_memory(cli);
        }
        if (!*pages->token || (limit && pages->n_rows >= limit)) {
            break;
        }
        *(char **)field_at(request, "page_token") = pages->token;
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit show_pages(struct cvn_cli *cli, const struct cvn_view_list *list,
                                const struct pages *pages)
{
    bool table = cli->format == CVN_FORMAT_TABLE;
    if (list->tell && table) {
        list->tell(cli, pages->replies[0], pages->n_rows);
    } else if (table && pages->n_rows == 0) {
        cvn_cli_note(cli, "%s", list->none);
    }
    if (table && pages->n_rows == 0) {
        return CVN_EXIT_DONE;
    }
    enum cvn_exit code = cvn_view_rows(cli, list->columns, pages->rows, pages->n_rows);
    if (code == CVN_EXIT_DONE && *pages->token) {
        cvn_cli_note(cli, "There are more: --all shows them, and so does --page-token %s",
                     pages->token);
    }
    return code;
}

enum cvn_exit cvn_view_pages(struct cvn_cli *cli, const struct cvn_view_list *list,
                             ProtobufCMessage *request)
{
    int64_t limit = (int64_t)list->limit;
    const char *asked = cvn_args_get(&cli->args, "limit");
    const char *token = cvn_args_get(&cli->args, "page-token");
    struct cvn_error err;
    if (asked && cvn_value_int(&limit, asked, 1, INT32_MAX, &err)) {
        return cvn_cli_misuse(cli, "--limit %s.", err.text);
    }
    if (cvn_args_has(&cli->args, "all")) {
        limit = 0;
    }
    if (token) {
        *(char **)field_at(request, "page_token") = (char *)token;
    }
    struct pages pages = {0};
    enum cvn_exit code = fetch(cli, list, request, (size_t)limit, &pages);
    code = code ? code : show_pages(cli, list, &pages);
    pages_free(&pages);
    return code;
}

const char *cvn_view_number(struct cvn_cli *cli, int64_t value)
{
    if (value == 0 && cli->format == CVN_FORMAT_TABLE) {
        return "";
    }
    return cvn_arena_printf(&cli->arena, "%" PRId64, value);
}

const char *cvn_view_count(struct cvn_cli *cli, int64_t n, const char *noun)
{
    const char *text =
        cvn_arena_printf(&cli->arena, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
    return text ? text : noun;
}

const char *cvn_view_joined(struct cvn_cli *cli, char *const *texts, size_t n)
{
    const char *separator = cli->format == CVN_FORMAT_CSV ? ";" : ", ";
    const char *joined = "";
    for (size_t i = 0; joined && i < n; i++) {
        joined = cvn_arena_printf(&cli->arena, "%s%s%s", joined, i ? separator : "", texts[i]);
    }
    return joined;
}

const char *cvn_view_instant(struct cvn_cli *cli, const void *timestamp)
{
    const Google__Protobuf__Timestamp *time = timestamp;
    if (!time || time->seconds < 0 || time->seconds > INT64_C(4102444800)) {
        return NULL;
    }
    int64_t ms = time->seconds * 1000;
    if (cli->format == CVN_FORMAT_CSV) {
        char text[CVN_INSTANT_TEXT_BYTES];
        cvn_instant_format(text, ms, 0);
        return cvn_arena_strdup(&cli->arena, text);
    }
    struct cvn_civil civil = cvn_zone_civil(cli->zone, ms);
    char text[CVN_WHEN_TEXT_BYTES];
    cvn_when_format(text, &civil, cvn_zone_civil(cli->zone, cli->now_ms).year);
    return cvn_arena_strdup(&cli->arena, text);
}

const char *cvn_view_local(struct cvn_cli *cli, const char *local)
{
    struct cvn_civil civil;
    if (cli->format == CVN_FORMAT_CSV || !cvn_civil_parse(&civil, local)) {
        return local;
    }
    char text[CVN_WHEN_TEXT_BYTES];
    cvn_when_format(text, &civil, cvn_zone_civil(cli->zone, cli->now_ms).year);
    return cvn_arena_strdup(&cli->arena, text);
}
