#include "services/events/listing/event_traits.h"

#include "base/text.h"
#include "rpc/message_field.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_row.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

/* The first byte packed: two bits each for visibility and mode, and one for each of the rest. */
enum { PUBLISHED = 1, CANCELLED = 2, LOCATED = 4, VISIBILITY_SHIFT = 3, MODE_SHIFT = 5 };

static const double per_degree = 1e7;

/* FNV-1a of the kind and the word; two of the 64 bits. */
uint64_t cvn_event_sign(enum cvn_event_sign sign, struct cvn_slice word)
{
    const uint8_t *bytes = word.data;
    uint64_t hash = (UINT64_C(0xcbf29ce484222325) ^ sign) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}

int cvn_event_languages(const char *language, int (*visit)(void *arg, struct cvn_slice tag),
                        void *arg)
{
    char tag[CVN_FIELD_LANGUAGE_MAX + 1];
    size_t len = 0;
    for (; language[len] && len < sizeof tag - 1; len++)
        tag[len] = (char)tolower((unsigned char)language[len]);
    int r = 0;
    do {
        r = visit(arg, cvn_slice(tag, len));
        while (len > 0 && tag[--len] != '-')
            ;
    } while (r == 0 && len > 0);
    return r;
}

static int sign_language(void *arg, struct cvn_slice tag)
{
    *(uint64_t *)arg |= cvn_event_sign(CVN_EVENT_SIGN_LANGUAGE, tag);
    return 0;
}

static int sign_word(struct cvn_arena *arena, enum cvn_event_sign sign, const char *word,
                     uint64_t *signature)
{
    struct cvn_slice folded;
    int r = cvn_group_word(arena, word, &folded);
    if (r == 0)
        *signature |= cvn_event_sign(sign, folded);
    return r == CVN_TEXT_INVALID ? -EBADMSG : r;
}

const Convene__Events__V1__LatLng *cvn_event_point(const Convene__Events__V1__Event *event)
{
    return event->venue && event->venue->location ? event->venue->location : event->city_center;
}

static bool is_published(Convene__Events__V1__Publication publication)
{
    return publication == PUBLICATION(PUBLISHED) || publication == PUBLICATION(ARCHIVED);
}

static uint32_t capacity_of(int32_t value)
{
    return value > 0 ? (uint32_t)value : 0;
}

int cvn_event_traits_of(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                        struct cvn_event_traits *ret)
{
    const Convene__Events__V1__LatLng *at = cvn_event_point(event);
    struct cvn_event_traits traits = {
        .published = is_published(event->publication),
        .cancelled = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED,
        .located = at != NULL,
        .visibility = event->visibility,
        .mode = event->attendance_mode,
        .capacity = capacity_of(event->capacity),
        .virtual_capacity = capacity_of(event->virtual_capacity),
    };
    if (at)
        traits.at = (struct cvn_point){at->latitude, at->longitude};
    if (!cvn_id_parse(&traits.group, CVN_GROUP_PREFIX, event->group_id))
        return -EBADMSG;
    int r = cvn_event_languages(event->language, sign_language, &traits.signature);
    for (size_t i = 0; r == 0 && i < event->n_topics; i++)
        r = sign_word(arena, CVN_EVENT_SIGN_TOPIC, event->topics[i], &traits.signature);
    if (r == 0 && event->venue && event->venue->city[0])
        r = sign_word(arena, CVN_EVENT_SIGN_CITY, event->venue->city, &traits.signature);
    if (r == 0)
        *ret = traits;
    return r;
}

/* A text field of the row is not ended. */
static bool read_group(struct cvn_slice text, struct cvn_id *ret)
{
    char ended[CVN_ID_TEXT_BYTES];
    if (text.len >= sizeof ended)
        return false;
    memcpy(ended, text.data, text.len);
    ended[text.len] = '\0';
    return cvn_id_parse(ret, CVN_GROUP_PREFIX, ended);
}

static void take_number(struct cvn_event_traits *traits, uint32_t field, int32_t value)
{
    if (field == CVN_EVENT_ATTENDANCE_MODE)
        traits->mode = (Convene__Events__V1__AttendanceMode)value;
    else if (field == CVN_EVENT_CAPACITY)
        traits->capacity = capacity_of(value);
    else if (field == CVN_EVENT_VIRTUAL_CAPACITY)
        traits->virtual_capacity = capacity_of(value);
    else if (field == CVN_EVENT_VISIBILITY)
        traits->visibility = (Convene__Events__V1__Visibility)value;
    else if (field == CVN_EVENT_PUBLICATION)
        traits->published = is_published((Convene__Events__V1__Publication)value);
    else if (field == CVN_EVENT_STATUS)
        traits->cancelled = value == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
}

int cvn_event_traits_of_row(struct cvn_slice row, struct cvn_event_traits *ret)
{
    struct cvn_event_traits traits = {0};
    struct cvn_message_field field;
    bool grouped = false;
    int r;
    /* Rows are packed in the order of their fields' numbers; none asked for here is higher. */
    while ((r = cvn_message_next_field(&row, &field)) > 0 &&
           field.number <= CVN_EVENT_VIRTUAL_CAPACITY) {
        if (field.number == CVN_EVENT_GROUP_ID)
            grouped = field.inner.data && read_group(field.inner, &traits.group);
        else if (!field.inner.data)
            take_number(&traits, field.number, (int32_t)field.value);
    }
    if (r < 0 || !grouped)
        return -EBADMSG;
    *ret = traits;
    return 0;
}

static uint8_t *put(uint8_t *at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (uint8_t)(value >> 8 * (n - 1 - i));
    return at + n;
}

static uint64_t get(const uint8_t *at, size_t n)
{
    uint64_t big_endian = 0;
    memcpy((uint8_t *)&big_endian + sizeof big_endian - n, at, n);
    return be64toh(big_endian);
}

void cvn_event_traits_pack(uint8_t bytes[CVN_EVENT_TRAITS_BYTES],
                           const struct cvn_event_traits *traits)
{
    unsigned flags = (traits->published ? PUBLISHED : 0) | (traits->cancelled ? CANCELLED : 0) |
                     (traits->located ? LOCATED : 0) |
                     ((unsigned)traits->visibility & 3) << VISIBILITY_SHIFT |
                     ((unsigned)traits->mode & 3) << MODE_SHIFT;
    memset(bytes, 0, CVN_EVENT_TRAITS_BYTES);
    uint8_t *at = put(bytes, flags, 1);
    at = put(at, traits->capacity, 4);
    at = put(at, traits->virtual_capacity, 4);
    at = put(at, traits->signature, 8);
    memcpy(at, traits->group.bytes, CVN_ID_BYTES);
    at += CVN_ID_BYTES;
    at = put(at, (uint32_t)(int32_t)lround(traits->at.lat * per_degree), 4);
    (void)put(at, (uint32_t)(int32_t)lround(traits->at.lon * per_degree), 4);
}

bool cvn_event_traits_unpack(struct cvn_slice bytes, struct cvn_event_traits *ret)
{
    const uint8_t *at = bytes.data;
    if (bytes.len != CVN_EVENT_TRAITS_BYTES)
        return false;
    ret->published = at[0] & PUBLISHED;
    ret->cancelled = at[0] & CANCELLED;
    ret->located = at[0] & LOCATED;
    ret->visibility = (Convene__Events__V1__Visibility)(at[0] >> VISIBILITY_SHIFT & 3);
    ret->mode = (Convene__Events__V1__AttendanceMode)(at[0] >> MODE_SHIFT & 3);
    ret->capacity = (uint32_t)get(at + 1, 4);
    ret->virtual_capacity = (uint32_t)get(at + 5, 4);
    ret->signature = get(at + 9, 8);
    memcpy(ret->group.bytes, at + 17, CVN_ID_BYTES);
    ret->at.lat = (int32_t)(uint32_t)get(at + 33, 4) / per_degree;
    ret->at.lon = (int32_t)(uint32_t)get(at + 37, 4) / per_degree;
    return true;
}
