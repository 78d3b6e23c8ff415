#include "cohort/enrolment_check.h"

#include "base/text.h"

#include <string.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

struct subject {
    struct cvn_problems *problems;
    const char *path;
    const Convene__Mentoring__V1__Enrolment *enrolment;
};

static const char *path_of(const struct subject *s, const char *field)
{
    const char *path = cvn_arena_printf(s->problems->arena, "%s.%s", s->path, field);
    return path ? path : field;
}

static const char *path_at(const struct subject *s, const char *field, size_t i, const char *inner)
{
    const char *path =
        cvn_arena_printf(s->problems->arena, "%s.%s[%zu]%s", s->path, field, i, inner);
    return path ? path : field;
}

static void check_count(const struct subject *s, const char *field, size_t n, size_t max)
{
    if (n > max)
        cvn_problems_add(s->problems, path_of(s, field), "has %zu entries; at most %zu are right",
                         n, max);
}

/* What files of enrolments can hold: there ';' separates, and blanks at the ends are dropped. */
static bool is_word(struct cvn_slice text)
{
    const char *data = text.data;
    return text.len > 0 && cvn_text_is_line(text) && !memchr(data, ';', text.len) &&
           data[0] != ' ' && data[text.len - 1] != ' ';
}

static void check_lines(const struct subject *s, const char *field, char *const *lines, size_t n,
                        const size_t n_and_bytes_max[2])
{
    check_count(s, field, n, n_and_bytes_max[0]);
    for (size_t i = 0; i < n && i < n_and_bytes_max[0]; i++) {
        struct cvn_slice line = cvn_slice_of_string(lines[i]);
        if (line.len > n_and_bytes_max[1] || !is_word(line))
            cvn_problems_add(s->problems, path_at(s, field, i, ""),
                             "has %zu bytes; 1 to %zu of plain text without ';', nor blanks at its "
                             "ends, are right",
                             line.len, n_and_bytes_max[1]);
    }
}

static void check_skills(const struct subject *s)
{
    const Convene__Mentoring__V1__Enrolment *e = s->enrolment;
    check_count(s, "skills", e->n_skills, CVN_ENROLMENT_SKILLS_MAX);
    if (e->n_skills == 0)
        cvn_problems_add(s->problems, path_of(s, "skills"),
                         "is empty; 1 to %d skills are right, as in go:4; sql:2",
                         CVN_ENROLMENT_SKILLS_MAX);
    for (size_t i = 0; i < e->n_skills && i < CVN_ENROLMENT_SKILLS_MAX; i++) {
        const Convene__Mentoring__V1__Skill *skill = e->skills[i];
        struct cvn_slice name = cvn_slice_of_string(skill->name);
        if (name.len > CVN_ENROLMENT_SKILL_BYTES_MAX || !is_word(name))
            cvn_problems_add(s->problems, path_at(s, "skills", i, ".name"),
                             "has %zu bytes; 1 to %d of plain text without ';', nor blanks at its "
                             "ends, are right",
                             name.len, CVN_ENROLMENT_SKILL_BYTES_MAX);
        if (skill->level < 0 || skill->level > 5)
            cvn_problems_add(s->problems, path_at(s, "skills", i, ".level"),
                             "is %d; 1 (beginner) to 5 (expert) is right", skill->level);
        if (skill->priority < 0 || skill->priority > 3)
            cvn_problems_add(s->problems, path_at(s, "skills", i, ".priority"),
                             "is %d; 1 (nice to have) to 3 (most wanted) is right",
                             skill->priority);
    }
}

static void check_goals(const struct subject *s)
{
    const Convene__Mentoring__V1__Enrolment *e = s->enrolment;
    check_count(s, "goals", e->n_goals, 6);
    for (size_t i = 0; i < e->n_goals && i < 6; i++)
        if (e->goals[i] == 0 || !protobuf_c_enum_descriptor_get_value(
                                    &convene__mentoring__v1__goal__descriptor, (int)e->goals[i]))
            cvn_problems_add(s->problems, path_at(s, "goals", i, ""),
                             "is %d, which is no goal; 1 to 6 is right", (int)e->goals[i]);
}

static void check_availability(const struct subject *s)
{
    const Convene__Mentoring__V1__Enrolment *e = s->enrolment;
    check_count(s, "availability", e->n_availability, CVN_ENROLMENT_SPANS_MAX);
    for (size_t i = 0; i < e->n_availability && i < CVN_ENROLMENT_SPANS_MAX; i++) {
        const Convene__Mentoring__V1__WeeklySpan *span = e->availability[i];
        if (span->weekday < 1 || span->weekday > 7)
            cvn_problems_add(s->problems, path_at(s, "availability", i, ".weekday"),
                             "is %d; 1 (Monday) to 7 (Sunday) is right", span->weekday);
        if (span->start_minute < 0 || span->start_minute > 1439)
            cvn_problems_add(s->problems, path_at(s, "availability", i, ".start_minute"),
                             "is %d; 0 to 1439 is right", span->start_minute);
        else if (span->end_minute <= span->start_minute || span->end_minute > 1440)
            cvn_problems_add(s->problems, path_at(s, "availability", i, ".end_minute"),
                             "is %d; after the start at %d and at most 1440 is right",
                             span->end_minute, span->start_minute);
    }
}

static int check_zone(const struct subject *s, struct cvn_zones *zones)
{
    const struct cvn_zone *zone;
    const char *name = s->enrolment->time_zone;
    int r = name[0] ? cvn_zones_find(zones, name, &zone) : 0;
    if (r == CVN_ZONE_UNKNOWN)
        cvn_problems_add(s->problems, path_of(s, "time_zone"),
                         "is \"%.60s\", which is no time zone; an IANA name like Europe/Berlin is "
                         "right",
                         name);
    return r < 0 ? r : 0;
}

int cvn_enrolment_check(struct cvn_problems *problems, const char *path,
                        const Convene__Mentoring__V1__Enrolment *enrolment, struct cvn_zones *zones)
{
    struct subject s = {problems, path, enrolment};
    if (!enrolment) {
        cvn_problems_add(problems, path, "is missing");
        return 0;
    }
    const Convene__Mentoring__V1__Enrolment *e = enrolment;
    if (!e->person_id[0])
        cvn_problems_add(problems, path_of(&s, "person_id"),
                         "is empty; a person's id (per_…) or e-mail is right");
    if (e->role != ROLE(MENTOR) && e->role != ROLE(MENTEE))
        cvn_problems_add(problems, path_of(&s, "role"),
                         "is %d; ROLE_MENTOR or ROLE_MENTEE is right", (int)e->role);
    if (e->capacity < 0 || e->capacity > CVN_ENROLMENT_CAPACITY_MAX)
        cvn_problems_add(problems, path_of(&s, "capacity"), "is %d; 1 to %d is right, or 0 for 1",
                         e->capacity, CVN_ENROLMENT_CAPACITY_MAX);
    check_skills(&s);
    check_goals(&s);
    check_availability(&s);
    check_lines(&s, "languages", e->languages, e->n_languages,
                (const size_t[2]){CVN_ENROLMENT_LANGUAGES_MAX, CVN_ENROLMENT_LANGUAGE_BYTES_MAX});
    check_lines(&s, "conflict_tags", e->conflict_tags, e->n_conflict_tags,
                (const size_t[2]){CVN_ENROLMENT_TAGS_MAX, CVN_ENROLMENT_TAG_BYTES_MAX});
    check_count(&s, "excluded_ids", e->n_excluded_ids, CVN_ENROLMENT_EXCLUDED_MAX);
    check_count(&s, "ranked_ids", e->n_ranked_ids, CVN_ENROLMENT_RANKED_MAX);
    return check_zone(&s, zones);
}

void cvn_enrolment_set_levels(Convene__Mentoring__V1__Enrolment *enrolment)
{
    bool mentor = enrolment->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR;
    for (size_t i = 0; i < enrolment->n_skills; i++) {
        Convene__Mentoring__V1__Skill *skill = enrolment->skills[i];
        if (skill->level == 0)
            skill->level = mentor ? 3 : 1;
        if (skill->priority == 0 && !mentor)
            skill->priority = 2;
    }
    if (mentor && enrolment->capacity == 0)
        enrolment->capacity = 1;
}
