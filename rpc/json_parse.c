#include "rpc/json_parser.h"
#include "rpc/json_wkt.h"
#include "rpc/message.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

static int read_message(struct cvn_json_parser *parser, ProtobufCMessage *message,
                        const struct cvn_json_path *path);

static int enter(struct cvn_json_parser *parser, enum cvn_json_kind kind,
                 const struct cvn_json_path *path)
{
    if (cvn_json_next_kind(&parser->reader) != kind)
        return cvn_json_refuse_kind(parser, path, cvn_json_kind_name(kind));
    return cvn_json_enter(&parser->reader);
}

static bool is_name(struct cvn_slice name, const char *other)
{
    return name.len == strlen(other) && memcmp(name.data, other, name.len) == 0;
}

/* Whether JSON calls the field so. Its first letter tells most apart without writing the name. */
static bool is_json_name(const ProtobufCFieldDescriptor *field, struct cvn_slice name)
{
    char own[CVN_JSON_NAME_BYTES];
    char first = name.len ? *(const char *)name.data : '\0';
    if (!cvn_types_json_name(field) && *field->name != '_' && *field->name != first)
        return false;
    cvn_json_name_of(field, own);
    return is_name(name, own);
}

/* The field of the name JSON gives it, or else of its own; NULL where the type has neither. */
static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
                                                  struct cvn_slice name)
{
    char text[CVN_JSON_NAME_BYTES];
    if (name.len >= sizeof text || (name.len > 0 && memchr(name.data, '\0', name.len)))
        return NULL;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    const ProtobufCFieldDescriptor *own =
        protobuf_c_message_descriptor_get_field_by_name(type, text);
    if (own && is_json_name(own, name))
        return own;
    for (unsigned i = 0; i < type->n_fields; i++)
        if (is_json_name(&type->fields[i], name))
            return &type->fields[i];
    return own;
}

static ProtobufCMessage *new_message(struct cvn_json_parser *parser,
                                     const ProtobufCFieldDescriptor *field)
{
    return cvn_types_new_message(field->descriptor, parser->arena);
}

static int refuse_nesting(struct cvn_json_parser *parser, const struct cvn_json_path *path)
{
    return cvn_json_refuse(parser->err, path, "is in more than %d messages, one in another",
                           CVN_MESSAGE_UNPACK_DEPTH_MAX);
}

/* Reads one value of the field into value. CVN_JSON_IGNORED as for scalars. */
static int read_value(struct cvn_json_parser *parser, const ProtobufCFieldDescriptor *field,
                      void *value, const struct cvn_json_path *path)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return cvn_json_read_scalar(parser, field, value, path);
    ProtobufCMessage *message = new_message(parser, field);
    if (!message)
        return -ENOMEM;
    if (parser->nesting++ >= CVN_MESSAGE_UNPACK_DEPTH_MAX)
        return refuse_nesting(parser, path);
    int r = read_message(parser, message, path);
    parser->nesting--;
    if (r == 0)
        *(ProtobufCMessage **)value = message;
    return r;
}

/* The items of a repeated field while their number is not known. */
struct items {
    char *data;
    size_t n;
    size_t room;
    size_t size; /* of one */
};

/* Room for one more, zeroed, which counts once n is raised; NULL when the arena is spent. */
static void *next_slot(struct cvn_json_parser *parser, struct items *items)
{
    if (items->n == items->room) {
        size_t room = items->room ? items->room * 2 : 4;
        char *data = cvn_arena_alloc_array(parser->arena, room, items->size);
        if (!data)
            return NULL;
        if (items->n > 0)
            memcpy(data, items->data, items->n * items->size);
        items->data = data;
        items->room = room;
    }
    return items->data + items->n * items->size;
}

static void keep_items(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                       const struct items *items)
{
    *cvn_json_count(message, field) = items->n;
    *(void **)cvn_json_member(message, field) = items->data;
}

static int read_list(struct cvn_json_parser *parser, ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field, const struct cvn_json_path *up)
{
    struct items items = {.size = cvn_types_value_size(field->type)};
    int r = enter(parser, CVN_JSON_ARRAY, up);
    for (size_t i = 0; r == 0; i++) {
        struct cvn_json_path path = {up, .index = i};
        r = cvn_json_next_item(&parser->reader);
        if (r <= 0)
            break;
        void *slot = next_slot(parser, &items);
        r = slot ? read_value(parser, field, slot, &path) : -ENOMEM;
        items.n += r == 0;
        r = r == CVN_JSON_IGNORED ? 0 : r;
    }
    if (r == 0)
        keep_items(message, field, &items);
    return r;
}

static void mark_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *cvn_json_case(message, field) = field->id;
    else if (cvn_json_has_flag(field))
        *cvn_json_flag(message, field) = 1;
}

static int read_entry(struct cvn_json_parser *parser, ProtobufCMessage *entry, struct cvn_slice key,
                      const struct cvn_json_path *map)
{
    const ProtobufCFieldDescriptor *fields = entry->descriptor->fields;
    struct cvn_json_path path = {map, .name = key};
    int r = cvn_json_read_key(parser, &fields[0], key, cvn_json_member(entry, &fields[0]), &path);
    if (parser->nesting++ >= CVN_MESSAGE_UNPACK_DEPTH_MAX)
        return refuse_nesting(parser, map);
    if (r == 0)
        r = read_value(parser, &fields[1], cvn_json_member(entry, &fields[1]), &path);
    parser->nesting--;
    if (r == 0) {
        mark_set(entry, &fields[0]);
        mark_set(entry, &fields[1]);
    }
    return r;
}

static int compare_keys(const void *a, const void *b)
{
    const ProtobufCMessage *x = *(const ProtobufCMessage *const *)a;
    const ProtobufCMessage *y = *(const ProtobufCMessage *const *)b;
    const ProtobufCFieldDescriptor *key = &x->descriptor->fields[0];
    const void *x_key = cvn_json_member(x, key), *y_key = cvn_json_member(y, key);
    return key->type == PROTOBUF_C_TYPE_STRING
               ? strcmp(*(const char *const *)x_key, *(const char *const *)y_key)
               : memcmp(x_key, y_key, cvn_types_value_size(key->type));
}

static int refuse_duplicates(struct cvn_json_parser *parser, const struct items *items,
                             const struct cvn_json_path *path)
{
    if (items->n < 2)
        return 0;
    const ProtobufCMessage **sorted =
        cvn_arena_copy(parser->arena, items->data, items->n * sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    qsort(sorted, items->n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < items->n; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            return cvn_json_refuse(parser->err, path, "has a key twice");
    return 0;
}

static int read_map(struct cvn_json_parser *parser, ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field, const struct cvn_json_path *path)
{
    struct items items = {.size = sizeof(ProtobufCMessage *)};
    struct cvn_slice key;
    int r = enter(parser, CVN_JSON_OBJECT, path);
    while (r == 0) {
        r = cvn_json_next_member(&parser->reader, &key);
        if (r <= 0)
            break;
        ProtobufCMessage **slot = next_slot(parser, &items);
        ProtobufCMessage *entry = slot ? new_message(parser, field) : NULL;
        r = entry ? read_entry(parser, entry, key, path) : -ENOMEM;
        if (r == 0) {
            *slot = entry;
            items.n++;
        }
        r = r == CVN_JSON_IGNORED ? 0 : r;
    }
    if (r == 0)
        r = refuse_duplicates(parser, &items, path);
    if (r == 0)
        keep_items(message, field, &items);
    return r;
}

/* Whether null is a value of the field, and not the lack of one. */
static bool takes_null(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE
               ? cvn_json_form_of(field->descriptor) == CVN_JSON_VALUE
               : cvn_json_is_null_value(field);
}

static int check_choice(struct cvn_json_parser *parser, const ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field, const struct cvn_json_path *path)
{
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || !*cvn_json_case(message, field))
        return 0;
    const ProtobufCFieldDescriptor *other =
        cvn_json_field(message->descriptor, *cvn_json_case(message, field));
    return cvn_json_refuse(parser->err, path, "must not be set together with %.100s",
                           other ? other->name : "another member of its oneof");
}

static int read_field(struct cvn_json_parser *parser, ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field, const struct cvn_json_path *path)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (cvn_json_next_kind(&parser->reader) == CVN_JSON_NULL && (repeated || !takes_null(field)))
        return cvn_json_read_null(&parser->reader);
    if (cvn_types_is_map(message->descriptor, field))
        return read_map(parser, message, field, path);
    if (repeated)
        return read_list(parser, message, field, path);
    int r = check_choice(parser, message, field, path);
    if (r == 0)
        r = read_value(parser, field, cvn_json_member(message, field), path);
    if (r == 0)
        mark_set(message, field);
    return r == CVN_JSON_IGNORED ? 0 : r;
}

enum seen { UNSEEN, SEEN_NULL, SEEN };

static int check_required(struct cvn_json_parser *parser, const ProtobufCMessageDescriptor *type,
                          const enum seen *seen, const struct cvn_json_path *up)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        struct cvn_json_path path = {up, .name = cvn_slice_of_string(type->fields[i].name)};
        if (type->fields[i].label == PROTOBUF_C_LABEL_REQUIRED && seen[i] != SEEN)
            return cvn_json_refuse(parser->err, &path, "is required");
    }
    return 0;
}

/* One member of an ordinary message. */
static int read_member(struct cvn_json_parser *parser, ProtobufCMessage *message, enum seen *seen,
                       struct cvn_slice name, const struct cvn_json_path *up)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const ProtobufCFieldDescriptor *field = find_field(type, name);
    struct cvn_json_path path = {up, .name = name};
    if (!field && parser->options->ignore_unknown)
        return cvn_json_skip(&parser->reader);
    if (!field)
        return cvn_json_refuse(parser->err, &path, "is not a field of %.200s", type->name);
    path.name = cvn_slice_of_string(field->name);
    size_t i = (size_t)(field - type->fields);
    if (seen[i])
        return cvn_json_refuse(parser->err, &path, "is there twice");
    bool absent = cvn_json_next_kind(&parser->reader) == CVN_JSON_NULL && !takes_null(field);
    seen[i] = absent ? SEEN_NULL : SEEN;
    return read_field(parser, message, field, &path);
}

/* google.protobuf.Empty has no form of its own, but protobuf for Go writes it in an Any as if. */
static bool is_empty(const ProtobufCMessageDescriptor *type)
{
    return strcmp(type->name, "google.protobuf.Empty") == 0;
}

static int read_fields(struct cvn_json_parser *parser, ProtobufCMessage *message, bool in_any,
                       const struct cvn_json_path *path)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    enum seen *seen = cvn_arena_alloc_array(parser->arena, type->n_fields, sizeof *seen);
    struct cvn_slice name;
    if (!seen)
        return -ENOMEM;
    int r = enter(parser, CVN_JSON_OBJECT, path);
    while (r == 0) {
        r = cvn_json_next_member(&parser->reader, &name);
        if (r <= 0)
            break;
        if (in_any && is_name(name, "@type")) /* which was read before */
            r = cvn_json_skip(&parser->reader);
        else if (in_any && is_name(name, "value") && is_empty(type))
            r = read_fields(parser, message, false, path);
        else
            r = read_member(parser, message, seen, name, path);
    }
    return r ? r : check_required(parser, type, seen, path);
}

/* Looks through an Any's object for "@type", wherever in it, and goes back to its beginning. */
static int find_type(struct cvn_json_parser *parser, struct cvn_slice *ret_url, bool *ret_empty,
                     const struct cvn_json_path *path)
{
    struct cvn_json_reader begin = parser->reader;
    struct cvn_slice name, url = {0};
    bool empty = true;
    int r = enter(parser, CVN_JSON_OBJECT, path);
    while (r == 0) {
        r = cvn_json_next_member(&parser->reader, &name);
        if (r <= 0)
            break;
        empty = false;
        if (!is_name(name, "@type")) {
            r = cvn_json_skip(&parser->reader);
            continue;
        }
        struct cvn_json_path type_path = {path, .name = name};
        if (url.data)
            return cvn_json_refuse(parser->err, &type_path, "is there twice");
        r = cvn_json_read_text(parser, &type_path, &url);
    }
    if (r)
        return r;
    if (!empty) /* else the object is read, and there is nothing more in it */
        parser->reader = begin;
    *ret_url = url;
    *ret_empty = empty;
    return 0;
}

/* The one member beside "@type" of an Any that holds a type with a form of its own. */
static int read_any_value(struct cvn_json_parser *parser, ProtobufCMessage *inner,
                          const struct cvn_json_path *up)
{
    struct cvn_slice name;
    bool found = false;
    int r = enter(parser, CVN_JSON_OBJECT, up);
    while (r == 0) {
        r = cvn_json_next_member(&parser->reader, &name);
        if (r <= 0)
            break;
        struct cvn_json_path path = {up, .name = name};
        bool value = is_name(name, "value");
        if (is_name(name, "@type") || (!value && parser->options->ignore_unknown))
            r = cvn_json_skip(&parser->reader);
        else if (!value || found)
            return cvn_json_refuse(parser->err, &path, "must be value, and once, beside @type");
        else
            r = read_message(parser, inner, &path);
        found |= value;
    }
    if (r == 0 && !found)
        return cvn_json_refuse(parser->err, up, "must have a value beside @type");
    return r;
}

static int read_any(struct cvn_json_parser *parser, ProtobufCMessage *any,
                    const struct cvn_json_path *path)
{
    const ProtobufCFieldDescriptor *url_field = cvn_json_field(any->descriptor, 1);
    const ProtobufCFieldDescriptor *bytes_field = cvn_json_field(any->descriptor, 2);
    struct cvn_slice url = {0}, bytes = {0};
    bool empty = false;
    int r = find_type(parser, &url, &empty, path);
    if (r || empty)
        return r;
    const char *slash = url.data ? strrchr(url.data, '/') : NULL;
    if (!slash)
        return cvn_json_refuse(parser->err, path,
                               "must have an @type like \"type.googleapis.com/package.Message\"");
    const ProtobufCMessageDescriptor *type =
        parser->options->types ? cvn_types_message(parser->options->types, slash + 1) : NULL;
    if (!type)
        return cvn_json_refuse(parser->err, path, "has an @type that is not known here");
    ProtobufCMessage *inner = cvn_types_new_message(type, parser->arena);
    if (!inner)
        return -ENOMEM;
    int outer_nesting = parser->nesting;
    parser->nesting = 0; /* what is packed is unpacked on its own */
    r = cvn_json_form_of(type) == CVN_JSON_ORDINARY ? read_fields(parser, inner, true, path)
                                                    : read_any_value(parser, inner, path);
    parser->nesting = outer_nesting;
    if (r == 0)
        r = cvn_message_pack(inner, parser->arena, &bytes);
    if (r)
        return r;
    *(const void **)cvn_json_member(any, url_field) = url.data;
    *(ProtobufCBinaryData *)cvn_json_member(any, bytes_field) =
        (ProtobufCBinaryData){bytes.len, bytes.len ? (uint8_t *)(uintptr_t)bytes.data : NULL};
    mark_set(any, url_field);
    mark_set(any, bytes_field);
    return 0;
}

static int read_time(struct cvn_json_parser *parser, ProtobufCMessage *message, bool is_instant,
                     const struct cvn_json_path *path)
{
    const ProtobufCFieldDescriptor *seconds_field = cvn_json_field(message->descriptor, 1);
    const ProtobufCFieldDescriptor *nanos_field = cvn_json_field(message->descriptor, 2);
    struct cvn_slice text;
    int64_t seconds;
    int32_t nanos;
    int r = cvn_json_read_text(parser, path, &text);
    if (r)
        return r;
    if (is_instant && !cvn_json_timestamp_parse(text, &seconds, &nanos))
        return cvn_json_refuse(parser->err, path,
                               "must be an instant like 2026-12-01T18:30:00Z, in the years 1 to "
                               "9999");
    if (!is_instant && !cvn_json_duration_parse(text, &seconds, &nanos))
        return cvn_json_refuse(parser->err, path,
                               "must be seconds like 1.5s, at most 315576000000s");
    *(int64_t *)cvn_json_member(message, seconds_field) = seconds;
    *(int32_t *)cvn_json_member(message, nanos_field) = nanos;
    mark_set(message, seconds_field);
    mark_set(message, nanos_field);
    return 0;
}

static int read_mask(struct cvn_json_parser *parser, ProtobufCMessage *message,
                     const struct cvn_json_path *path)
{
    struct items items = {.size = sizeof(char *)};
    struct cvn_slice text;
    int r = cvn_json_read_text(parser, path, &text);
    if (r)
        return r;
    const char *at = text.data, *end = at + text.len;
    while (text.len > 0 && at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct cvn_slice part = cvn_slice(at, (size_t)((comma ? comma : end) - at));
        char **slot = next_slot(parser, &items);
        char *out = cvn_arena_alloc(parser->arena, 2 * part.len + 1);
        if (!slot || !out)
            return -ENOMEM;
        if (cvn_json_mask_parse(part, out) == 0)
            return cvn_json_refuse(parser->err, path,
                                   "must be paths in lowerCamelCase with commas between them");
        *slot = out;
        items.n++;
        at += part.len + 1;
    }
    keep_items(message, cvn_json_field(message->descriptor, 1), &items);
    return 0;
}

/* Which member of a google.protobuf.Value stands for what comes next. */
static unsigned choose_value(enum cvn_json_kind kind)
{
    switch (kind) {
    case CVN_JSON_NULL:
        return 1;
    case CVN_JSON_NUMBER:
        return 2;
    case CVN_JSON_STRING:
        return 3;
    case CVN_JSON_BOOL:
        return 4;
    case CVN_JSON_OBJECT:
        return 5;
    case CVN_JSON_ARRAY:
        return 6;
    case CVN_JSON_NOTHING:
        break;
    }
    return 0;
}

static int read_dynamic(struct cvn_json_parser *parser, ProtobufCMessage *message,
                        const struct cvn_json_path *path)
{
    unsigned number = choose_value(cvn_json_next_kind(&parser->reader));
    if (number == 0)
        return cvn_json_refuse_kind(parser, path, "a value");
    const ProtobufCFieldDescriptor *field = cvn_json_field(message->descriptor, number);
    int r = number == 1 ? cvn_json_read_null(&parser->reader)
                        : read_value(parser, field, cvn_json_member(message, field), path);
    if (r == 0)
        mark_set(message, field);
    return r;
}

static int read_wrapper(struct cvn_json_parser *parser, ProtobufCMessage *message,
                        const struct cvn_json_path *path)
{
    const ProtobufCFieldDescriptor *field = cvn_json_field(message->descriptor, 1);
    int r = cvn_json_read_scalar(parser, field, cvn_json_member(message, field), path);
    if (r == 0)
        mark_set(message, field);
    return r;
}

static int read_message(struct cvn_json_parser *parser, ProtobufCMessage *message,
                        const struct cvn_json_path *path)
{
    switch (cvn_json_form_of(message->descriptor)) {
    case CVN_JSON_ORDINARY:
        return read_fields(parser, message, false, path);
    case CVN_JSON_ANY:
        return read_any(parser, message, path);
    case CVN_JSON_TIMESTAMP:
        return read_time(parser, message, true, path);
    case CVN_JSON_DURATION:
        return read_time(parser, message, false, path);
    case CVN_JSON_FIELD_MASK:
        return read_mask(parser, message, path);
    case CVN_JSON_STRUCT:
        return read_map(parser, message, cvn_json_field(message->descriptor, 1), path);
    case CVN_JSON_VALUE:
        return read_dynamic(parser, message, path);
    case CVN_JSON_LIST:
        return read_list(parser, message, cvn_json_field(message->descriptor, 1), path);
    case CVN_JSON_WRAPPER:
        return read_wrapper(parser, message, path);
    }
    return -EINVAL;
}

int cvn_json_parse(const ProtobufCMessageDescriptor *type, struct cvn_slice text,
                   const struct cvn_json_options *options, struct cvn_arena *arena,
                   ProtobufCMessage **ret, struct cvn_error *err)
{
    static const struct cvn_json_options plain;
    const char *begin = text.len ? text.data : "";
    struct cvn_json_parser parser = {
        .reader = {.begin = begin, .at = begin, .end = begin + text.len, arena, err},
        .options = options ? options : &plain,
        .arena = arena,
        .err = err,
    };
    /* Numbers have a point, whatever the program's locale. */
    locale_t before = uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
    ProtobufCMessage *message = cvn_types_new_message(type, arena);
    int r = message ? read_message(&parser, message, &(struct cvn_json_path){NULL}) : -ENOMEM;
    (void)uselocale(before);
    if (r == 0)
        r = cvn_json_finish(&parser.reader);
    if (r == -ENOMEM)
        return cvn_error_set(err, -ENOMEM, "the JSON needs more than the %zu bytes allowed for it",
                             arena->cap_bytes);
    if (r == 0)
        *ret = message;
    return r;
}
