#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/import.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "convene/events/v1/group.pb-c.h"

#define SERVICE "convene.events.v1.GroupService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_slug, Convene__Events__V1__Group, slug)
CVN_VIEW_STRING(see_name, Convene__Events__V1__Group, name)
CVN_VIEW_STRING(see_city, Convene__Events__V1__Group, city)
CVN_VIEW_STRING(see_country, Convene__Events__V1__Group, country)
CVN_VIEW_STRING(see_zone, Convene__Events__V1__Group, time_zone)
CVN_VIEW_STRING(see_id, Convene__Events__V1__Group, id)
CVN_VIEW_STRING(see_description, Convene__Events__V1__Group, description)
CVN_VIEW_LIST(see_topics, Convene__Events__V1__Group, topics)
CVN_VIEW_INT(see_members, Convene__Events__V1__Group, member_count)
CVN_VIEW_ENUM(see_join_mode, Convene__Events__V1__Group, join_mode,
              convene__events__v1__join_mode__descriptor)

static const struct cvn_view_column list_columns[] = {
    {{"Slug", false, false}, see_slug},      {{"Name", false, true}, see_name},
    {{"City", false, false}, see_city},      {{"Topics", false, true}, see_topics},
    {{"Members", true, false}, see_members}, {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"Slug", false, false}, see_slug},
    {{"City", false, false}, see_city},
    {{"Country", false, false}, see_country},
    {{"Time zone", false, false}, see_zone},
    {{"Topics", false, false}, see_topics},
    {{"Members", false, false}, see_members},
    {{"Joining", false, false}, see_join_mode},
    {{"Id", false, false}, see_id},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_member_name, Convene__Events__V1__Member, display_name)
CVN_VIEW_STRING(see_member_id, Convene__Events__V1__Member, person_id)
CVN_VIEW_ENUM(see_role, Convene__Events__V1__Member, role,
              convene__events__v1__group_role__descriptor)
CVN_VIEW_INSTANT(see_since, Convene__Events__V1__Member, create_time)

static const struct cvn_view_column member_columns[] = {
    {{"Name", false, true}, see_member_name},
    {{"Role", false, false}, see_role},
    {{"Since", false, false}, see_since},
    {{"Person", false, false}, see_member_id},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListGroups", list_columns,
        "No groups match. Found one with `convene groups create`.", LIST_LIMIT};
    Convene__Events__V1__ListGroupsRequest request = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    const char *radius = cvn_args_get(&cli->args, "radius");
    struct cvn_error err;
    if (code == CVN_EXIT_DONE && radius && !request.near) {
        code = cvn_cli_misuse(cli, "--radius needs --near LAT,LON.");
    }
    if (code == CVN_EXIT_DONE && request.near &&
        cvn_value_length_m(&request.near->radius_m, radius ? radius : "25km", &err)) {
        code = cvn_cli_misuse(cli, "--radius %s.", err.text);
    }
    const char *member = cvn_args_get(&cli->args, "member");
    if (code == CVN_EXIT_DONE && member) {
        code = cvn_call_person(cli, member, &request.member_id);
    }
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetGroupRequest request = CONVENE__EVENTS__V1__GET_GROUP_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Group *group = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetGroup", &request, &group);
    return code ? code : cvn_view_one(cli, show_columns, group);
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Events__V1__CreateGroupRequest request =
        CONVENE__EVENTS__V1__CREATE_GROUP_REQUEST__INIT;
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    request.group = &group;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : cvn_call_person(cli, cvn_args_get(&cli->args, "owner"), &request.owner_id);
    CVN_REPLY_AUTO Convene__Events__V1__Group *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateGroup", &request, &made);
    return code ? code : cvn_view_one(cli, show_columns, made);
}

static enum cvn_exit run_join(struct cvn_cli *cli)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.group_id = (char *)cvn_args_word(&cli->args, 0);
    code = code ? code : cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Member *member = NULL;
    code = code ? code : cvn_call(cli, SERVICE "SetMember", &request, &member);
    return code ? code : cvn_view_one(cli, member_columns, member);
}

static enum cvn_exit run_leave(struct cvn_cli *cli)
{
    Convene__Events__V1__RemoveMemberRequest request =
        CONVENE__EVENTS__V1__REMOVE_MEMBER_REQUEST__INIT;
    request.group_id = (char *)cvn_args_word(&cli->args, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    CVN_REPLY_AUTO Convene__Events__V1__Member *member = NULL;
    code = code ? code : cvn_call(cli, SERVICE "RemoveMember", &request, &member);
    if (code == CVN_EXIT_DONE && cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, member_columns, member);
    }
    if (code == CVN_EXIT_DONE) {
        (void)printf("%s left %s.\n", *member->display_name ? member->display_name : "You",
                     request.group_id);
    }
    return code;
}

static enum cvn_exit run_members(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListMembers", member_columns,
                                              "Nobody has joined yet.", LIST_LIMIT};
    Convene__Events__V1__ListMembersRequest request =
        CONVENE__EVENTS__V1__LIST_MEMBERS_REQUEST__INIT;
    request.group_id = (char *)cvn_args_word(&cli->args, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

static const struct cvn_import_column columns[] = {
    {"slug", "slug", "identity: a-z, 0-9 and hyphens; required"},
    {"name", "name", "1 to 100 bytes; required"},
    {"description", "description", "Markdown"},
    {"city", "city", "where it meets"},
    {"country", "country", "two letters, as in de"},
    {"latitude", "location.latitude", "degrees, -90 to 90"},
    {"longitude", "location.longitude", "degrees, -180 to 180"},
    {"time_zone", "time_zone", "IANA name, as in Europe/Berlin; required"},
    {"topics", "topics", "separated by ;"},
    {"join_mode", "join_mode", "open or closed"},
    {NULL, NULL, NULL, 0},
};

static const struct cvn_import_kind imports = {
    .noun = "groups",
    .identity = "slug",
    .method = SERVICE "BatchRegisterGroups",
    .request = &convene__events__v1__batch_register_groups_request__descriptor,
    .record = &convene__events__v1__group__descriptor,
    .records_field = "groups",
    .columns = columns,
};

static enum cvn_exit run_import(struct cvn_cli *cli)
{
    return cvn_import_run(cli, &imports, cvn_args_word(&cli->args, 0), NULL);
}

static const struct cvn_option list_options[] = {
    {"near", 0, "LAT,LON", "around that point, within --radius", "near.center"},
    {"radius", 0, "25km", "how far from --near; 25km when left out", NULL},
    {"city", 0, "CITY", "in that city", "city"},
    {"topic", 't', "TOPIC", "with that topic", "topic"},
    {"member", 0, "PERSON", "that this person is in", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option create_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes; required", "group.name"},
    {"slug", 0, "SLUG", "made from the name when left out", "group.slug"},
    {"time-zone", 0, "ZONE", "IANA name, as in Europe/Berlin; required", "group.time_zone"},
    {"city", 0, "CITY", "where it meets", "group.city"},
    {"country", 0, "CC", "two letters, as in de", "group.country"},
    {"at", 0, "LAT,LON", "where it meets", "group.location"},
    {"topic", 't', "TOPIC", "may be given several times", "group.topics"},
    {"description", 0, "TEXT", "Markdown", "group.description"},
    {"join-mode", 0, "MODE", "open or closed", "group.join_mode"},
    {"owner", 0, "PERSON", "id or e-mail; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option join_options[] = {
    {"role", 0, "ROLE", "member, organiser or owner", "role"},
    {"as", 0, "PERSON", "id or e-mail of somebody else; for organisers", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option leave_options[] = {
    {"as", 0, "PERSON", "id or e-mail of somebody else; for organisers", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option members_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option import_options[] = {
    {"format", 0, "csv|jsonl", "instead of judging by the file's name", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_groups_commands[] = {
    {"list", "", 0, 0, "Lists groups by slug, narrowed by filters.", NULL, list_options, false,
     run_list, NULL},
    {"show", "GROUP", 1, 1, "Shows one group, by slug or id.", NULL, NULL, false, run_show, NULL},
    {"create", "", 0, 0, "Founds a group.",
     "convene groups create --name \"Go Berlin\" --time-zone Europe/Berlin --city Berlin",
     create_options, false, run_create, NULL},
    {"join", "GROUP", 1, 1, "Joins a group, or changes a role in it.", NULL, join_options, false,
     run_join, NULL},
    {"leave", "GROUP", 1, 1, "Leaves a group.", NULL, leave_options, false, run_leave, NULL},
    {"members", "GROUP", 1, 1, "Lists who is in a group.", NULL, members_options, false,
     run_members, NULL},
    {"import", "FILE", 1, 1, "Creates or updates groups from CSV or JSON lines; safe to run again.",
     NULL, import_options, false, run_import, &imports},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
