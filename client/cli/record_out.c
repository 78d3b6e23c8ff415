#include "client/cli/record_out.h"

#include "base/csv.h"
#include "client/cli/events_import.h"
#include "client/cli/field.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64, ARENA_BYTES = 1 << 20, PART_MAX = 64 };

/* A list as one value: its entries have no ';' that the import would split them at. */
static const char *join(struct cvn_arena *arena, char *const *list, size_t n)
{
    const char *text = "";
    for (size_t i = 0; text && i < n; i++) {
        text = cvn_arena_printf(arena, "%s%s%s", text, i ? ";" : "", list[i]);
    }
    return text;
}

static const char *text_of(struct cvn_arena *arena, const ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field)
{
    const void *member = (const char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        const size_t *n =
            (const size_t *)(const void *)((const char *)message + field->quantifier_offset);
        return join(arena, *(char *const *const *)member, *n);
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return *(const char *const *)member;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        return *(const protobuf_c_boolean *)member ? "yes" : "no";
    }
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        return cvn_arena_printf(arena, "%.15g", *(const double *)member);
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        return cvn_field_enum_text(arena, field->descriptor, *(const int *)member);
    }
    return cvn_arena_printf(arena, "%" PRId32, *(const int32_t *)member);
}

/* The value at a path, as the import reads it; "" where a message on the way is absent. */
static const char *value_at(struct cvn_arena *arena, const ProtobufCMessage *message,
                            const char *path)
{
    for (;;) {
        char name[PART_MAX];
        size_t len = strcspn(path, ".");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, path);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
        if (!field) {
            return "";
        }
        if (path[len] == '\0') {
            return text_of(arena, message, field);
        }
        message =
            *(const ProtobufCMessage *const *)(const void *)((const char *)message + field->offset);
        if (!message) {
            return "";
        }
        path += len + 1;
    }
}

static const char *value_of(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                            const struct cvn_import_column *column)
{
    if (strcmp(column->name, "start") == 0) {
        return event->start_local;
    }
    if (strcmp(column->name, "end") == 0) {
        return event->end_local;
    }
    /* What has no key of its own is registered again by its id. */
    if (strcmp(column->name, "external_id") == 0 && !event->external_id[0]) {
        return event->id;
    }
    return column->path ? value_at(arena, &event->base, column->path) : "";
}

void cvn_record_out_heading(FILE *file, const struct cvn_import_column *columns)
{
    struct cvn_slice titles[COLUMNS_MAX];
    size_t n = 0;
    for (; columns[n].name && n < COLUMNS_MAX; n++) {
        titles[n] = cvn_slice_of_string(columns[n].name);
    }
    (void)cvn_csv_write_row(file, titles, n);
}

static int write_json(FILE *file, const struct cvn_import_column *columns,
                      const char *const *values)
{
    json_t *object = json_object();
    for (size_t i = 0; object && columns[i].name; i++) {
        if (values[i][0]) {
            (void)json_object_set_new(object, columns[i].name, json_string(values[i]));
        }
    }
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) {
        return -ENOMEM;
    }
    (void)fprintf(file, "%s\n", text);
    free(text);
    return 0;
}

int cvn_record_out_event(FILE *file, bool csv, const Convene__Events__V1__Event *event)
{
    const struct cvn_import_column *columns = cvn_events_import.columns;
    const char *values[COLUMNS_MAX];
    struct cvn_slice fields[COLUMNS_MAX];
    size_t n = 0;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (; columns[n].name && n < COLUMNS_MAX; n++) {
        values[n] = value_of(&arena, event, &columns[n]);
        if (!values[n]) {
            return -ENOMEM;
        }
        fields[n] = cvn_slice_of_string(values[n]);
    }
    if (csv) {
        (void)cvn_csv_write_row(file, fields, n);
        return 0;
    }
    return write_json(file, columns, values);
}
