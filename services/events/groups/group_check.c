#include "services/events/groups/group_check.h"

#include "base/slug.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_table.h"

#include <errno.h>
#include <string.h>

/* A slug cut to the group's limit, without the hyphen that the cut may leave. */
static void cut_slug(char *slug)
{
    size_t len = strnlen(slug, CVN_GROUP_SLUG_MAX);
    while (len > 0 && slug[len - 1] == '-')
        len--;
    slug[len] = '\0';
}

static int check_slug(struct cvn_problems *problems, const char *path,
                      Convene__Events__V1__Group *group)
{
    const char *field = cvn_field_path(problems, "%s.slug", path);
    if (group->slug[0]) {
        if (strlen(group->slug) > CVN_GROUP_SLUG_MAX || !cvn_slug_valid(group->slug))
            cvn_problems_add(problems, field,
                             "must be 1 to %d of a-z and 0-9 with single hyphens between, as in "
                             "\"r-ladies-berlin\"",
                             CVN_GROUP_SLUG_MAX);
        return 0;
    }
    char slug[CVN_SLUG_BYTES];
    if (!group->name[0])
        return 0; /* the name's own problem is told */
    if (!cvn_slug_make(slug, cvn_slice_of_string(group->name))) {
        cvn_problems_add(problems, field,
                         "cannot be made of this name; give one of a-z, 0-9 and hyphens");
        return 0;
    }
    cut_slug(slug);
    group->slug = cvn_arena_strdup(problems->arena, slug);
    return group->slug ? 0 : -ENOMEM;
}

static void check_join_mode(struct cvn_problems *problems, const char *path,
                            const Convene__Events__V1__Group *group)
{
    const ProtobufCEnumDescriptor *modes = &convene__events__v1__join_mode__descriptor;
    if (!protobuf_c_enum_descriptor_get_value(modes, (int)group->join_mode))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.join_mode", path),
                         "is %d; JOIN_MODE_OPEN, _APPROVAL and _CLOSED are the ones there are",
                         (int)group->join_mode);
}

int cvn_group_check(struct cvn_problems *problems, const char *path,
                    Convene__Events__V1__Group *group, struct cvn_zones *zones)
{
    if (!group) {
        cvn_problems_add(problems, path, "is required");
        return 0;
    }
    const size_t topics_most[2] = {CVN_FIELD_TOPICS_MAX, CVN_FIELD_TOPIC_BYTES_MAX};
    const char *zone = cvn_field_path(problems, "%s.time_zone", path);
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.name", path), group->name,
                         CVN_GROUP_NAME_MAX, true);
    cvn_field_check_prose(problems, cvn_field_path(problems, "%s.description", path),
                          group->description, CVN_GROUP_DESCRIPTION_MAX);
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.city", path), group->city,
                         CVN_FIELD_CITY_MAX, false);
    cvn_field_check_country(problems, cvn_field_path(problems, "%s.country", path), group->country);
    cvn_field_check_point(problems, cvn_field_path(problems, "%s.location", path), group->location);
    cvn_field_check_lines(problems, cvn_field_path(problems, "%s.topics", path), group->topics,
                          group->n_topics, topics_most);
    check_join_mode(problems, path, group);
    if (!group->time_zone[0])
        cvn_problems_add(problems, zone, "is required, as in \"Europe/Berlin\"");
    int r = cvn_field_check_zone(problems, zone, group->time_zone, zones);
    return r == 0 ? check_slug(problems, path, group) : r;
}
