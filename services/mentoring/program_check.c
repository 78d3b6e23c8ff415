#include "services/mentoring/program_check.h"

#include "base/civil.h"
#include "base/id.h"
#include "base/text.h"
#include "services/mentoring/spaces.h"

#include <stdio.h>

static bool read_date(const char *date, int64_t *ret_day)
{
    char text[32];
    struct cvn_civil civil;
    (void)snprintf(text, sizeof text, "%.12sT00:00", date);
    if (!cvn_civil_parse(&civil, text))
        return false;
    *ret_day = cvn_civil_days(civil.year, civil.month, civil.day);
    return true;
}

int64_t cvn_program_day(const char *date)
{
    int64_t day;
    return date[0] && read_date(date, &day) ? day : -1;
}

static int64_t check_date(struct cvn_problems *problems, const char *field, const char *date)
{
    int64_t day = -1;
    if (date[0] && !read_date(date, &day))
        cvn_problems_add(problems, field,
                         "is \"%.40s\"; a date from 1970 to 2100 like 2027-01-15 is right", date);
    return day;
}

static void check_dates(struct cvn_problems *problems,
                        const Convene__Mentoring__V1__Program *program)
{
    int64_t start = check_date(problems, "program.start_date", program->start_date);
    int64_t end = check_date(problems, "program.end_date", program->end_date);
    if (start >= 0 && end >= 0 && end < start)
        cvn_problems_add(problems, "program.end_date",
                         "is %s, before the start on %s; the end is on or after it",
                         program->end_date, program->start_date);
}

static void check_weights(struct cvn_problems *problems, const char *name,
                          const Convene__Mentoring__V1__MatchWeights *weights)
{
    if (!weights)
        return;
    const ProtobufCMessageDescriptor *type = weights->base.descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        int32_t value = *(const int32_t *)((const char *)weights + type->fields[i].offset);
        const char *field =
            cvn_arena_printf(problems->arena, "program.%s.%s", name, type->fields[i].name);
        if (value < 0 || value > CVN_PROGRAM_WEIGHT_MAX)
            cvn_problems_add(problems, field ? field : name, "is %d; 0 to %d is right", value,
                             CVN_PROGRAM_WEIGHT_MAX);
    }
}

static void check_id(struct cvn_problems *problems, const char *field, const char *prefix,
                     const char *text)
{
    struct cvn_id id;
    if (!cvn_id_parse(&id, prefix, text))
        cvn_problems_add(problems, field, "is \"%.40s\"; an id like %s_… is right", text, prefix);
}

static void check_managers(struct cvn_problems *problems,
                           const Convene__Mentoring__V1__Program *program)
{
    if (program->n_manager_ids > CVN_PROGRAM_MANAGERS_MAX)
        cvn_problems_add(problems, "program.manager_ids", "has %zu entries; at most %d are right",
                         program->n_manager_ids, CVN_PROGRAM_MANAGERS_MAX);
    for (size_t i = 0; i < program->n_manager_ids && i < CVN_PROGRAM_MANAGERS_MAX; i++)
        check_id(problems, "program.manager_ids", CVN_MENTORING_PERSON_PREFIX,
                 program->manager_ids[i]);
}

static void check_texts(struct cvn_problems *problems,
                        const Convene__Mentoring__V1__Program *program)
{
    struct cvn_slice name = cvn_slice_of_string(program->name);
    if (name.len == 0 || name.len > CVN_PROGRAM_NAME_BYTES_MAX)
        cvn_problems_add(problems, "program.name", "has %zu bytes; 1 to %d are right", name.len,
                         CVN_PROGRAM_NAME_BYTES_MAX);
    else if (!cvn_text_is_line(name))
        cvn_problems_add(problems, "program.name", "has control characters; plain text is right");
    struct cvn_slice description = cvn_slice_of_string(program->description);
    if (description.len > CVN_PROGRAM_DESCRIPTION_BYTES_MAX)
        cvn_problems_add(problems, "program.description", "has %zu bytes; at most %d are right",
                         description.len, CVN_PROGRAM_DESCRIPTION_BYTES_MAX);
    else if (!cvn_text_is_prose(description))
        cvn_problems_add(problems, "program.description",
                         "has control characters; plain text with line ends and tabs is right");
}

static void check_format(struct cvn_problems *problems,
                         const Convene__Mentoring__V1__Program *program)
{
    if (!protobuf_c_enum_descriptor_get_value(&convene__mentoring__v1__program__format__descriptor,
                                              (int)program->format))
        cvn_problems_add(problems, "program.format",
                         "is %d; FORMAT_ONE_TO_ONE or FORMAT_GROUP is right", (int)program->format);
    if (program->session_hours < 0 || program->session_hours > CVN_PROGRAM_SESSION_HOURS_MAX)
        cvn_problems_add(problems, "program.session_hours", "is %d; 1 to %d is right, or 0 for 1",
                         program->session_hours, CVN_PROGRAM_SESSION_HOURS_MAX);
}

void cvn_program_check(struct cvn_problems *problems,
                       const Convene__Mentoring__V1__Program *program)
{
    check_texts(problems, program);
    if (program->group_id[0])
        check_id(problems, "program.group_id", CVN_MENTORING_GROUP_PREFIX, program->group_id);
    if (program->mentorship_weeks < 0 || program->mentorship_weeks > CVN_PROGRAM_WEEKS_MAX)
        cvn_problems_add(problems, "program.mentorship_weeks", "is %d; 0 to %d is right",
                         program->mentorship_weeks, CVN_PROGRAM_WEEKS_MAX);
    if (program->acceptance_days < 0 || program->acceptance_days > CVN_PROGRAM_ACCEPTANCE_DAYS_MAX)
        cvn_problems_add(problems, "program.acceptance_days",
                         "is %d; 1 to %d is right, or 0 for %d", program->acceptance_days,
                         CVN_PROGRAM_ACCEPTANCE_DAYS_MAX, CVN_PROGRAM_ACCEPTANCE_DAYS_DEFAULT);
    int32_t hours = program->rules ? program->rules->min_common_hours : 0;
    if (hours < -1 || hours > CVN_PROGRAM_MIN_HOURS_MAX)
        cvn_problems_add(problems, "program.rules.min_common_hours",
                         "is %d; 1 to %d is right, or 0 for 1, or -1 for none", hours,
                         CVN_PROGRAM_MIN_HOURS_MAX);
    check_format(problems, program);
    check_dates(problems, program);
    check_weights(problems, "mentee_weights", program->mentee_weights);
    check_weights(problems, "mentor_weights", program->mentor_weights);
    check_managers(problems, program);
}
