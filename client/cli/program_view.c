#include "client/cli/program_view.h"

#include "client/cli/field.h"
#include "convene/mentoring/v1/program.pb-c.h"

CVN_VIEW_STRING(see_name, Convene__Mentoring__V1__Program, name)
CVN_VIEW_STRING(see_id, Convene__Mentoring__V1__Program, id)
CVN_VIEW_STRING(see_start, Convene__Mentoring__V1__Program, start_date)
CVN_VIEW_STRING(see_end, Convene__Mentoring__V1__Program, end_date)
CVN_VIEW_STRING(see_group, Convene__Mentoring__V1__Program, group_id)
CVN_VIEW_STRING(see_description, Convene__Mentoring__V1__Program, description)
CVN_VIEW_INT(see_mentors, Convene__Mentoring__V1__Program, mentor_count)
CVN_VIEW_INT(see_mentees, Convene__Mentoring__V1__Program, mentee_count)
CVN_VIEW_INT(see_waiting, Convene__Mentoring__V1__Program, waiting_count)
CVN_VIEW_LIST(see_managers, Convene__Mentoring__V1__Program, manager_ids)
CVN_VIEW_STRING(see_etag, Convene__Mentoring__V1__Program, etag)
CVN_VIEW_INT(see_weeks, Convene__Mentoring__V1__Program, mentorship_weeks)
CVN_VIEW_ENUM(see_state, Convene__Mentoring__V1__Program, state,
              convene__mentoring__v1__program__state__descriptor)

static const char *see_acceptance(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Program *program = message;
    return cvn_arena_printf(&cli->arena, "%d days",
                            program->acceptance_days ? program->acceptance_days : 14);
}

static const char *see_format(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Program *program = message;
    int hours = program->session_hours ? program->session_hours : 1;
    if (program->format != CONVENE__MENTORING__V1__PROGRAM__FORMAT__FORMAT_GROUP) {
        return "one to one";
    }
    return cvn_arena_printf(&cli->arena, "groups that meet for %d hour%s a week", hours,
                            hours == 1 ? "" : "s");
}

/* What a pair must have, in words. */
static const char *see_rules(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Program *program = message;
    static const Convene__Mentoring__V1__MatchRules defaults =
        CONVENE__MENTORING__V1__MATCH_RULES__INIT;
    const Convene__Mentoring__V1__MatchRules *rules = program->rules ? program->rules : &defaults;
    int hours = rules->min_common_hours ? rules->min_common_hours : 1;
    bool groups = program->format == CONVENE__MENTORING__V1__PROGRAM__FORMAT__FORMAT_GROUP;
    const char *text = groups      ? "the group's meeting"
                       : hours > 0 ? cvn_arena_printf(&cli->arena, "%d common hour%s a week", hours,
                                                      hours == 1 ? "" : "s")
                                   : "no common hours needed";
    const struct {
        bool waived;
        const char *rule;
    } others[] = {
        {rules->allow_no_common_language, "a common language"},
        {rules->allow_no_common_skill, "a skill that is wanted"},
        {rules->allow_lower_level, "a level above the mentee's"},
        {rules->allow_previous_partner, "nobody they were paired with before"},
    };
    for (size_t i = 0; text && i < sizeof others / sizeof *others; i++) {
        if (!others[i].waived) {
            text = cvn_arena_printf(&cli->arena, "%s; %s", text, others[i].rule);
        }
    }
    return text;
}

static const char *weights_text(struct cvn_cli *cli,
                                const Convene__Mentoring__V1__MatchWeights *weights)
{
    const char *text = "";
    for (unsigned i = 0; weights && text && i < weights->base.descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &weights->base.descriptor->fields[i];
        int32_t points = *(const int32_t *)((const char *)weights + field->offset);
        if (points) {
            text = cvn_arena_printf(&cli->arena, "%s%s%s:%d", text, *text ? "; " : "", field->name,
                                    points);
        }
    }
    return text && !*text ? "the defaults" : text;
}

static const char *see_mentee_weights(struct cvn_cli *cli, const void *message)
{
    return weights_text(cli, ((const Convene__Mentoring__V1__Program *)message)->mentee_weights);
}

static const char *see_mentor_weights(struct cvn_cli *cli, const void *message)
{
    return weights_text(cli, ((const Convene__Mentoring__V1__Program *)message)->mentor_weights);
}

const struct cvn_view_column cvn_program_list_columns[] = {
    {{"Name", false, true}, see_name},       {{"State", false, false}, see_state},
    {{"Mentors", true, false}, see_mentors}, {{"Mentees", true, false}, see_mentees},
    {{"Waiting", true, false}, see_waiting}, {{"Start", false, false}, see_start},
    {{"Id", false, false}, see_id},          {{NULL, false, false}, NULL},
};

const struct cvn_view_column cvn_program_show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"State", false, false}, see_state},
    {{"Mentors", false, false}, see_mentors},
    {{"Mentees", false, false}, see_mentees},
    {{"Waiting", false, false}, see_waiting},
    {{"Start", false, false}, see_start},
    {{"End", false, false}, see_end},
    {{"Weeks", false, false}, see_weeks},
    {{"Format", false, false}, see_format},
    {{"To accept", false, false}, see_acceptance},
    {{"Pairs have", false, false}, see_rules},
    {{"For mentees", false, false}, see_mentee_weights},
    {{"For mentors", false, false}, see_mentor_weights},
    {{"Managers", false, false}, see_managers},
    {{"Group", false, false}, see_group},
    {{"Id", false, false}, see_id},
    {{"Etag", false, false}, see_etag},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};
