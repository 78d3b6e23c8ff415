#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/import.h"
#include "client/cli/mask.h"
#include "client/cli/membership.h"
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
CVN_VIEW_INT(see_requests, Convene__Events__V1__Group, request_count)
CVN_VIEW_INSTANT(see_archived, Convene__Events__V1__Group, archive_time)
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
    {{"Ask to join", false, false}, see_requests},
    {{"Archived", false, false}, see_archived},
    {{"Id", false, false}, see_id},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListGroups", list_columns,
                                              "No groups match. Next: convene groups create",
                                              LIST_LIMIT};
    Convene__Events__V1__ListGroupsRequest request = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    const char *radius = cvn_args_get(&cli->args, "radius");
    struct cvn_error err;
    if (code == CVN_EXIT_DONE && radius && !request.near) {
        code = cvn_cli_misuse(cli, "--radius needs --near LAT,LON.");
    }
    if (code == CVN_EXIT_DONE && request.near &&
        cvn_value_radius_m(&request.near->radius_m, radius ? radius : "25km", &err)) {
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
    code = code ? code : cvn_view_one(cli, show_columns, made);
    if (code == CVN_EXIT_DONE && made->member_count == 0) {
        cvn_cli_note(cli,
                     "Nobody owns it: only administrators look after it. Next: convene groups "
                     "invite %s PERSON, and once they are in: convene groups transfer %s PERSON",
                     made->slug, made->slug);
    }
    return code;
}

static enum cvn_exit show_changed(struct cvn_cli *cli, const char *method, const void *request)
{
    CVN_REPLY_AUTO Convene__Events__V1__Group *group = NULL;
    enum cvn_exit code = cvn_call(cli, method, request, &group);
    return code ? code : cvn_view_one(cli, show_columns, group);
}

static enum cvn_exit run_update(struct cvn_cli *cli)
{
    Convene__Events__V1__UpdateGroupRequest request =
        CONVENE__EVENTS__V1__UPDATE_GROUP_REQUEST__INIT;
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    request.group = &group;
    request.update_mask = &mask;
    enum cvn_exit code = cvn_mask_fill(cli, "group.", &mask);
    code = code ? code : cvn_call_fill(cli, &request);
    group.id = cvn_call_word(cli, 0);
    return code ? code : show_changed(cli, SERVICE "UpdateGroup", &request);
}

static enum cvn_exit run_archive(struct cvn_cli *cli)
{
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    enum cvn_exit code = show_changed(cli, SERVICE "ArchiveGroup", &request);
    if (code == CVN_EXIT_DONE)
        cvn_cli_note(cli, "Meetups still to come are found by organisers and by those who come; "
                          "cancel what will not be.");
    return code;
}

static enum cvn_exit run_restore(struct cvn_cli *cli)
{
    Convene__Events__V1__RestoreGroupRequest request =
        CONVENE__EVENTS__V1__RESTORE_GROUP_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    return show_changed(cli, SERVICE "RestoreGroup", &request);
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
        return cvn_view_one(cli, cvn_member_columns, member);
    }
    if (code == CVN_EXIT_DONE) {
        (void)printf("%s left %s.\n", *member->display_name ? member->display_name : "You",
                     request.group_id);
    }
    return code;
}

static enum cvn_exit run_members(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListMembers", cvn_member_columns,
                                              "Nobody has joined yet.", LIST_LIMIT};
    Convene__Events__V1__ListMembersRequest request =
        CONVENE__EVENTS__V1__LIST_MEMBERS_REQUEST__INIT;
    request.group_id = (char *)cvn_args_word(&cli->args, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

static const struct cvn_import_column columns[] = {
    {"slug", "slug", "identity: a-z, 0-9 and hyphens; required", .folds = true},
    {"name", "name", "1 to 100 bytes; required"},
    {"description", "description", "Markdown"},
    {"city", "city", "where it meets"},
    {"country", "country", "two letters, as in de"},
    {"latitude", "location.latitude", "degrees, -90 to 90"},
    {"longitude", "location.longitude", "degrees, -180 to 180"},
    {"time_zone", "time_zone", "IANA name, as in Europe/Berlin; required"},
    {"topics", "topics", "separated by ;"},
    {"join_mode", "join_mode", "open, approval or closed"},
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
    {"radius", 0, "25km", "how far from --near; 25km when left out, at most 500km", NULL},
    {"city", 0, "CITY", "in that city", "city"},
    {"topic", 't', "TOPIC", "with that topic", "topic"},
    {"member", 0, "PERSON", "that this person is in", NULL},
    {"archived", 0, NULL, "archived ones, too", "include_archived"},
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
    {"join-mode", 0, "MODE", "open, approval or closed", "group.join_mode"},
    {"owner", 0, "PERSON", "id or e-mail; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option update_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes; for owners", "group.name"},
    {"slug", 0, "SLUG", "another short name; for owners", "group.slug"},
    {"join-mode", 0, "MODE", "open, approval or closed; for owners", "group.join_mode"},
    {"time-zone", 0, "ZONE", "IANA name, as in Europe/Berlin", "group.time_zone"},
    {"city", 0, "CITY", "where it meets", "group.city"},
    {"country", 0, "CC", "two letters, as in de", "group.country"},
    {"at", 0, "LAT,LON", "where it meets", "group.location"},
    {"topic", 't', "TOPIC", "in place of all before; may be given several times", "group.topics"},
    {"description", 0, "TEXT", "Markdown", "group.description"},
    CVN_MASK_OPTION,
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
    {"update", "GROUP", 1, 1, "Changes a group; what no option names stays as it is.",
     "  convene groups update go-berlin --join-mode approval --topic go --topic databases",
     update_options, false, run_update, NULL},
    {"archive", "GROUP", 1, 1, "Ends a group: no new members, events, RSVPs or comments.",
     "What it did stays to be seen; lists leave it out. For owners.", NULL, false, run_archive,
     NULL},
    {"restore", "GROUP", 1, 1, "Takes the archiving of a group back. For owners.", NULL, NULL,
     false, run_restore, NULL},
    {"join", "GROUP", 1, 1, "Joins a group, or asks to where its organisers approve.", NULL,
     cvn_membership_join_options, false, cvn_membership_run_join, NULL},
    {"withdraw", "GROUP", 1, 1, "Takes a request to join back.", NULL, cvn_membership_as_options,
     false, cvn_membership_run_withdraw, NULL},
    {"requests", "[GROUP]", 0, 1, "Lists who asks to join; without a group, where you asked.", NULL,
     cvn_membership_requests_options, false, cvn_membership_run_requests, NULL},
    {"approve", "GROUP PERSON", 2, 2, "Lets somebody in who asked. For organisers.", NULL, NULL,
     false, cvn_membership_run_approve, NULL},
    {"reject", "GROUP PERSON", 2, 2, "Turns a request down. For organisers.", NULL,
     cvn_membership_reason_options, false, cvn_membership_run_reject, NULL},
    {"invite", "GROUP PERSON", 2, 2, "Invites somebody, by id or e-mail. For organisers.",
     "An e-mail gets a token, which is shown once: who has it and is signed in may join.",
     cvn_invitation_invite_options, false, cvn_invitation_run_invite, NULL},
    {"invitations", "[GROUP]", 0, 1, "Lists invitations; without a group, those to you.", NULL,
     cvn_membership_page_options, false, cvn_invitation_run_list, NULL},
    {"accept", "INVITATION", 1, 1, "Joins by an invitation, by its id or token.", NULL,
     cvn_membership_as_options, false, cvn_invitation_run_accept, NULL},
    {"decline", "INVITATION", 1, 1, "Says no to an invitation.", NULL, cvn_membership_as_options,
     false, cvn_invitation_run_decline, NULL},
    {"revoke", "INVITATION", 1, 1, "Takes an invitation back. For organisers.", NULL, NULL, false,
     cvn_invitation_run_revoke, NULL},
    {"ban", "GROUP PERSON", 2, 2, "Keeps somebody out of a group. For organisers.",
     "They are no member any more, cannot join, RSVP or comment, and their RSVPs to events still\n"
     "to come end, which lets the next ones in.",
     cvn_membership_reason_options, false, cvn_membership_run_ban, NULL},
    {"unban", "GROUP PERSON", 2, 2, "Takes a ban back. For organisers.", NULL, NULL, false,
     cvn_membership_run_unban, NULL},
    {"bans", "GROUP", 1, 1, "Lists who is banned. For organisers.", NULL,
     cvn_membership_page_options, false, cvn_membership_run_bans, NULL},
    {"transfer", "GROUP PERSON", 2, 2, "Offers a member to take a group over. For owners.",
     "Who accepts owns the group, and you are an organiser then. The offer is for 14 days.", NULL,
     false, cvn_membership_run_transfer, NULL},
    {"take-over", "GROUP", 1, 1, "Accepts such an offer.", NULL, cvn_membership_as_options, false,
     cvn_membership_run_take_over, NULL},
    {"refuse-transfer", "GROUP [PERSON]", 1, 2, "Ends such an offer: yours, or one to PERSON.",
     NULL, NULL, false, cvn_membership_run_refuse_transfer, NULL},
    {"leave", "GROUP", 1, 1, "Leaves a group.", NULL, leave_options, false, run_leave, NULL},
    {"members", "GROUP", 1, 1, "Lists who is in a group.", NULL, members_options, false,
     run_members, NULL},
    {"import", "FILE", 1, 1, "Creates or updates groups from CSV or JSON lines; safe to run again.",
     NULL, import_options, false, run_import, &imports},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
