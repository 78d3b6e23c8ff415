#include "services/events/calendar/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 20, NUMBER_MAX = 1000000000 };

/* The property and the field that it stands for; what it is follows from the field's type. */
static const struct {
    const char *name;
    const char *field;
    const char *usual; /* left out */
} rows[CVN_CALENDAR_FIELDS] = {
    {"X-CONVENE-CAPACITY", "capacity", "0"},
    {"X-CONVENE-MAX-GUESTS", "max_guests", "0"},
    {"X-CONVENE-MODE", "attendance_mode", ""},
    {"X-CONVENE-WAITLIST", "waitlist_mode", "AUTO"},
    {"X-CONVENE-PARTY-POLICY", "party_policy", "STRICT"},
    {"X-CONVENE-APPROVAL", "approval_required", "FALSE"},
    {"X-CONVENE-VISIBILITY", "visibility", "PUBLIC"},
    {"X-CONVENE-COST", "cost_note", ""},
    {"X-CONVENE-HOSTS", "host_ids", ""},
    {"X-CONVENE-RSVP-OPEN", "rsvp_open_time", ""},
    {"X-CONVENE-RSVP-CLOSE", "rsvp_close_time", ""},
    {"X-CONVENE-ONLINE-CAPACITY", "virtual_capacity", "0"},
    {"X-CONVENE-OFFER-MINUTES", "offer_minutes", "0"},
    {"X-CONVENE-LOTTERY-DRAW", "lottery_draw_time", ""},
};

static const ProtobufCFieldDescriptor *field_of(const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(&convene__events__v1__event__descriptor,
                                                           name);
}

/* Values' names all begin with what comes before UNSPECIFIED in the first. */
static size_t prefix_of(const ProtobufCEnumDescriptor *type)
{
    return strlen(type->values[0].name) - strlen("UNSPECIFIED");
}

int cvn_calendar_enum_read(const ProtobufCEnumDescriptor *type, const char *text)
{
    for (unsigned i = 1; i < type->n_values; i++)
        if (strcasecmp(type->values[i].name + prefix_of(type), text) == 0)
            return type->values[i].value;
    return -1;
}

const char *cvn_calendar_enum_text(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    return found && value ? found->name + prefix_of(type) : "";
}

static bool read_number(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return false;
    *ret = number;
    return true;
}

/* Ids separated by commas. */
static int read_list(struct cvn_arena *arena, const char *value, char ***ret, size_t *ret_n)
{
    char *text = cvn_arena_strdup(arena, value);
    char **list = cvn_arena_alloc_array(arena, HOSTS_MAX, sizeof *list);
    char *rest = NULL;
    size_t n = 0;
    if (!text || !list)
        return -ENOMEM;
    for (char *one = strtok_r(text, ",", &rest); one && n < HOSTS_MAX;
         one = strtok_r(NULL, ",", &rest))
        list[n++] = one;
    *ret = list;
    *ret_n = n;
    return 0;
}

static int read_time(struct cvn_arena *arena, const char *value, Google__Protobuf__Timestamp **ret)
{
    int64_t seconds;
    if (!read_number(value, &seconds))
        return CVN_CALENDAR_FIELD_UNKNOWN;
    Google__Protobuf__Timestamp *time = cvn_arena_alloc(arena, sizeof *time);
    if (!time)
        return -ENOMEM;
    google__protobuf__timestamp__init(time);
    time->seconds = seconds;
    *ret = time;
    return 0;
}

static int read_scalar(const ProtobufCFieldDescriptor *field, const char *value, void *member)
{
    int64_t number = -1;
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        *(protobuf_c_boolean *)member = strcasecmp(value, "TRUE") == 0;
        return 0;
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        number = cvn_calendar_enum_read(field->descriptor, value);
    else if (!read_number(value, &number))
        return CVN_CALENDAR_FIELD_UNKNOWN;
    if (number < 0 || number > NUMBER_MAX)
        return CVN_CALENDAR_FIELD_UNKNOWN;
    *(int32_t *)member = (int32_t)number;
    return 0;
}

static int read_member(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                       const ProtobufCFieldDescriptor *field, const char *value)
{
    void *member = (char *)event + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(arena, value, member,
                         (size_t *)((char *)event + field->quantifier_offset));
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return read_time(arena, value, member);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return (*(char **)member = cvn_arena_strdup(arena, value)) ? 0 : -ENOMEM;
    return read_scalar(field, value, member);
}

int cvn_calendar_field_read(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                            const char *name, const char *value, unsigned *ret_number)
{
    size_t i = 0;
    while (i < CVN_CALENDAR_FIELDS && strcmp(rows[i].name, name) != 0)
        i++;
    if (i == CVN_CALENDAR_FIELDS)
        return CVN_CALENDAR_FIELD_UNKNOWN;
    const ProtobufCFieldDescriptor *field = field_of(rows[i].field);
    int r = read_member(arena, event, field, value);
    if (r == 0)
        *ret_number = field->id;
    return r;
}

static const char *write_list(struct cvn_arena *arena, char *const *list, size_t n)
{
    const char *text = "";
    for (size_t i = 0; text && i < n; i++)
        text = cvn_arena_printf(arena, "%s%s%s", text, i ? "," : "", list[i]);
    return text;
}

static const char *write_time(struct cvn_arena *arena, const Google__Protobuf__Timestamp *time)
{
    return time ? cvn_arena_printf(arena, "%" PRId64, time->seconds) : "";
}

static const char *write_member(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                                const ProtobufCFieldDescriptor *field)
{
    const void *member = (const char *)event + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return write_list(arena, *(char *const *const *)member, event->n_host_ids);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return write_time(arena, *(const Google__Protobuf__Timestamp *const *)member);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(const char *const *)member;
    if (field->type == PROTOBUF_C_TYPE_BOOL)
        return *(const protobuf_c_boolean *)member ? "TRUE" : "FALSE";
    int32_t number = *(const int32_t *)member;
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return cvn_calendar_enum_text(field->descriptor, number);
    return cvn_arena_printf(arena, "%" PRId32, number);
}

int cvn_calendar_field_write(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                             size_t i, const char **ret_name, const char **ret_value)
{
    const char *value = write_member(arena, event, field_of(rows[i].field));
    if (!value)
        return -ENOMEM;
    if (!value[0] || strcmp(value, rows[i].usual) == 0)
        return CVN_CALENDAR_FIELD_UNKNOWN;
    *ret_name = rows[i].name;
    *ret_value = value;
    return 0;
}

const char *cvn_calendar_location(struct cvn_arena *arena, const Convene__Events__V1__Venue *venue)
{
    if (!venue)
        return "";
    const char *parts[] = {venue->name, venue->address, venue->city};
    const char *text = "";
    for (size_t i = 0; text && i < 3; i++)
        if (parts[i][0])
            text = text[0] ? cvn_arena_printf(arena, "%s, %s", text, parts[i]) : parts[i];
    return text;
}

void cvn_calendar_field_copy(Convene__Events__V1__Event *to, const Convene__Events__V1__Event *from,
                             const ProtobufCFieldDescriptor *field)
{
    bool is_pointer = field->label == PROTOBUF_C_LABEL_REPEATED ||
                      field->type == PROTOBUF_C_TYPE_STRING ||
                      field->type == PROTOBUF_C_TYPE_MESSAGE;
    memcpy((char *)to + field->offset, (const char *)from + field->offset,
           is_pointer ? sizeof(void *) : sizeof(int32_t));
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        memcpy((char *)to + field->quantifier_offset, (const char *)from + field->quantifier_offset,
               sizeof(size_t));
}
