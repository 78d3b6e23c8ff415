/*
 * Every method about people, groups, membership, discussions and privacy by everybody who may call
 * it: what one may not see is NOT_FOUND, what one may see but not do is PERMISSION_DENIED. Each
 * call is made on the same scene and taken back.
 */
#include "services/events/comments/comment_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <string.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

enum caller {
    ANONYMOUS,
    STRANGER,
    MEMBER,
    ORGANISER,
    OWNER,
    BANNED,
    ADMIN,
    SERVICE,       /* a service account's key for the group */
    OTHER_SERVICE, /* one for another group */
    CALLERS,
};

static const char *const caller_names[CALLERS] = {
    "anonymous", "stranger", "member",  "organiser",       "owner",
    "banned",    "admin",    "service", "another service",
};

/* What requests are filled with, beside the callers. */
struct scene {
    struct harness *harness;
    struct cvn_id people[CALLERS];
    struct cvn_id guest, invited, group, other;
    struct id_text group_id, member_id, organiser_id, stranger_id, banned_id, guest_id;
    struct id_text invitation, public_event, members_event, public_comment, members_comment;
};

/* One method with one request. expected has a letter for each caller. */
struct row {
    const struct cvn_service_method *methods;
    int method;
    const char *json; /* fields of the request: "field=text field=text"; $ names of the scene */
    const char *expected;
};

/*
 * anonymous, stranger, member, organiser, owner, banned, admin, service, another service.
 * '.' OK, N not found, P permission denied, U unauthenticated, I invalid (who is no person cannot
 * do it for themselves).
 */
static const struct row rows[] = {
    {cvn_person_methods, 0, "person.display_name=New", "UPPPPP.PP"},
    {cvn_person_methods, 1, "id=$member", "U........"},
    {cvn_person_methods, 2, "", "UPPPPP.PP"},
    {cvn_person_methods, 3, "", "UPPPPP.PP"},
    {cvn_person_methods, 4, "", "UPPPPP.PP"},
    {cvn_person_methods, 5, "person.id=$member person.display_name=X mask=display_name",
     "UP.PPP.PP"},

    {cvn_group_methods, 0, "group.name=Another group.time_zone=UTC", "U......PP"},
    {cvn_group_methods, 1, "id=$group", "........."},
    {cvn_group_methods, 2, "", "........."},
    {cvn_group_methods, 3, "", "UPPPPP.PP"},
    {cvn_group_methods, 4, "group_id=$group person_id=$guest", "UPP..P..P"},
    {cvn_group_methods, 4, "group_id=$group person_id=$member role=2", "UPPP.P.PP"},
    {cvn_group_methods, 5, "group_id=$group person_id=$member", "UP...P..P"},
    {cvn_group_methods, 5, "group_id=$group person_id=$organiser", "UPP..P.PP"},
    {cvn_group_methods, 6, "group_id=$group", "UP...P..P"},
    {cvn_group_methods, 7, "group.id=$group group.description=X mask=description", "UPP..P..P"},
    {cvn_group_methods, 7, "group.id=$group group.name=X mask=name", "UPPP.P.PP"},
    {cvn_group_methods, 8, "id=$group", "UPPP.P.PP"},
    {cvn_group_methods, 9, "id=$group", "UPPP.P.PP"},

    {cvn_membership_methods, JOIN, "group_id=$group", "U....PIII"},
    {cvn_membership_methods, WITHDRAW, "group_id=$group person_id=$guest", "UPPPPP.PP"},
    {cvn_membership_methods, LIST_REQUESTS, "group_id=$group", "UPP..P..P"},
    {cvn_membership_methods, DECIDE_REQUEST, "group_id=$group person_id=$guest action=1",
     "UPP..P..P"},
    {cvn_membership_methods, DECIDE_REQUEST, "group_id=$group person_id=$guest action=2",
     "UPP..P..P"},
    {cvn_membership_methods, INVITE, "invitation.group_id=$group invitation.email=a@example.org",
     "UPP..P..P"},
    {cvn_membership_methods, INVITE,
     "invitation.group_id=$group invitation.email=a@example.org invitation.role=2", "UPPP.P.PP"},
    {cvn_membership_methods, LIST_INVITATIONS, "group_id=$group", "UPP..P..P"},
    {cvn_membership_methods, REVOKE, "id=$invitation", "UNN..N..N"},
    {cvn_membership_methods, ACCEPT, "invitation=$invitation", "UNNNNNIII"},
    {cvn_membership_methods, DECLINE, "invitation=$invitation", "UNNNNNIII"},
    {cvn_membership_methods, BAN, "group_id=$group person_id=$stranger", "UPP..P..P"},
    {cvn_membership_methods, BAN, "group_id=$group person_id=$organiser", "UPPP.P.PP"},
    {cvn_membership_methods, LIFT_BAN, "group_id=$group person_id=$banned", "UPP..P..P"},
    {cvn_membership_methods, LIST_BANS, "group_id=$group", "UPP..P..P"},
    {cvn_membership_methods, OFFER_OWNERSHIP, "group_id=$group person_id=$organiser", "UPPP.P.PP"},
    {cvn_membership_methods, ACCEPT_OWNERSHIP, "group_id=$group person_id=$member", "UP.PPP.PP"},
    {cvn_membership_methods, DECLINE_OWNERSHIP, "group_id=$group person_id=$member", "UP.P.P.PP"},

    {cvn_comment_methods, 0, "event_id=$public_event text=X", "U....PIIP"},
    {cvn_comment_methods, 1, "id=$public_comment", "........."},
    {cvn_comment_methods, 2, "id=$public_comment text=X", "UP.PPPPPP"},
    {cvn_comment_methods, 3, "id=$public_comment reason=X", "UP...P..P"},
    {cvn_comment_methods, 4, "event_id=$public_event", "........."},
    {cvn_comment_methods, 5, "event_id=$public_event", "UPP..P..P"},
    {cvn_comment_methods, 6, "event_id=$public_event", "UPP..P..P"},
    {cvn_comment_methods, 7, "id=$public_comment", "U.....IIP"},
    {cvn_comment_methods, 8, "event_id=$public_event", "UPP..P..P"},
    {cvn_comment_methods, 9, "id=$public_comment", "UPP..P..P"},

    {cvn_comment_methods, 0, "event_id=$members_event text=X", "UN...NIIN"},
    {cvn_comment_methods, 1, "id=$members_comment", "NN...N..N"},
    {cvn_comment_methods, 2, "id=$members_comment text=X", "UN.PPNPPN"},
    {cvn_comment_methods, 3, "id=$members_comment reason=X", "UN...N..N"},
    {cvn_comment_methods, 4, "event_id=$members_event", "NN...N..N"},
    {cvn_comment_methods, 5, "event_id=$members_event", "UNP..N..N"},
    {cvn_comment_methods, 6, "event_id=$members_event", "UNP..N..N"},
    {cvn_comment_methods, 7, "id=$members_comment", "UN...NIIN"},
    {cvn_comment_methods, 8, "event_id=$members_event", "UNP..N..N"},
    {cvn_comment_methods, 9, "id=$members_comment", "UNP..N..N"},

    {cvn_privacy_methods, 0, "person_id=$member", "UP.PPP.PP"},
    {cvn_privacy_methods, 1, "person_id=$member confirm_id=$member", "UP.PPP.PP"},
};

static const char *text_of(const struct scene *s, const char *name)
{
    const struct {
        const char *name, *text;
    } known[] = {
        {"$group", s->group_id.text},
        {"$member", s->member_id.text},
        {"$organiser", s->organiser_id.text},
        {"$stranger", s->stranger_id.text},
        {"$banned", s->banned_id.text},
        {"$guest", s->guest_id.text},
        {"$invitation", s->invitation.text},
        {"$public_event", s->public_event.text},
        {"$members_event", s->members_event.text},
        {"$public_comment", s->public_comment.text},
        {"$members_comment", s->members_comment.text},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].text;
    assert_int_equal(name[0] == '$', 0);
    return name;
}

/* Sets a string or an enum at a path of one or two names; messages on the way are made. */
static void set_field(struct cvn_arena *arena, ProtobufCMessage *message, char *path,
                      const char *text)
{
    char *dot = strchr(path, '.');
    if (dot)
        *dot = '\0';
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, path);
    assert_non_null(field);
    void *at = (char *)message + field->offset;
    if (dot) {
        const ProtobufCMessageDescriptor *type = field->descriptor;
        if (!*(ProtobufCMessage **)at) {
            *(ProtobufCMessage **)at = cvn_arena_alloc(arena, type->sizeof_message);
            protobuf_c_message_init(type, *(ProtobufCMessage **)at);
        }
        set_field(arena, *(ProtobufCMessage **)at, dot + 1, text);
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        *(int *)at = text[0] - '0';
    } else {
        *(char **)at = cvn_arena_strdup(arena, text);
    }
}

static void set_mask(struct cvn_arena *arena, ProtobufCMessage *message, const char *path)
{
    Google__Protobuf__FieldMask *mask = cvn_arena_alloc(arena, sizeof *mask);
    google__protobuf__field_mask__init(mask);
    mask->paths = cvn_arena_alloc(arena, sizeof *mask->paths);
    mask->paths[mask->n_paths++] = cvn_arena_strdup(arena, path);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, "update_mask");
    memcpy((char *)message + field->offset, &mask, sizeof mask);
}

static ProtobufCMessage *request_of(const struct scene *s, struct cvn_arena *arena,
                                    const struct row *row)
{
    const ProtobufCMethodDescriptor *method = harness_method(row->methods[row->method].name);
    ProtobufCMessage *request = cvn_arena_alloc(arena, method->input->sizeof_message);
    protobuf_c_message_init(method->input, request);
    char *words = cvn_arena_strdup(arena, row->json), *save = NULL;
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (strcmp(word, "mask") == 0)
            set_mask(arena, request, value);
        else
            set_field(arena, request, word, text_of(s, value));
    }
    return request;
}

static struct client caller_of(const struct scene *s, enum caller caller)
{
    struct harness *harness = s->harness;
    if (caller == ANONYMOUS)
        return client_nobody(harness);
    if (caller == ADMIN)
        return client_admin(harness);
    struct client client = client_of(harness, s->people[caller]);
    if (caller == SERVICE || caller == OTHER_SERVICE) {
        client.who = (struct cvn_principal){.kind = CVN_PRINCIPAL_SERVICE,
                                            .text = "service:sync",
                                            .by_key = true,
                                            .granted = true,
                                            .of_groups = true,
                                            .n_groups = 1};
        client.who.groups[0] = caller == SERVICE ? s->group : s->other;
    }
    return client;
}

static char letter_of(const struct client *client)
{
    if (client->result == 0)
        return '.';
    if (client->result != CVN_REFUSED)
        return '!';
    switch ((int)client->status.code) {
    case CVN_NOT_FOUND:
        return 'N';
    case CVN_PERMISSION_DENIED:
        return 'P';
    case CVN_UNAUTHENTICATED:
        return 'U';
    case CVN_INVALID_ARGUMENT:
        return 'I';
    default:
        return '?';
    }
}

static struct id_text say(struct harness *harness, struct cvn_id person, const char *event)
{
    CLIENT client = client_of(harness, person);
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    struct id_text id;
    request.event_id = (char *)event;
    request.text = (char *)"well";
    const Convene__Events__V1__Comment *made =
        client_call(&client, &cvn_comment_methods[0], &request);
    assert_non_null(made);
    strcpy(id.text, made->id);
    return id;
}

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    for (unsigned i = 0; i < CALLERS; i++)
        s.people[i] = harness_person(s.harness, i);
    s.guest = harness_person(s.harness, 20);
    s.invited = harness_person(s.harness, 21);
    s.group = harness_group(s.harness, "Club", s.people[OWNER]);
    s.other = harness_group(s.harness, "Other", s.people[STRANGER]);
    set_role(s.harness, s.group, s.people[MEMBER], ROLE(MEMBER));
    set_role(s.harness, s.group, s.people[ORGANISER], ROLE(ORGANISER));
    set_join_mode(s.harness, s.group, CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_APPROVAL);
    CLIENT owner = client_of(s.harness, s.people[OWNER]);
    CLIENT guest = client_of(s.harness, s.guest);
    assert_int_equal(join(&guest, s.group), 0);
    assert_non_null(membership_call(&owner, BAN, s.group, s.people[BANNED]));
    assert_non_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.people[MEMBER]));
    s.invitation = invite(&owner, s.group, s.invited, 0);
    Convene__Events__V1__Event event = harness_event(s.harness, s.group, 0);
    s.public_event = id_text("evt", harness_put_event(s.harness, 1, event));
    event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    s.members_event = id_text("evt", harness_put_event(s.harness, 2, event));
    s.public_comment = say(s.harness, s.people[MEMBER], s.public_event.text);
    s.members_comment = say(s.harness, s.people[MEMBER], s.members_event.text);
    s.group_id = id_text("grp", s.group);
    s.member_id = id_text("per", s.people[MEMBER]);
    s.organiser_id = id_text("per", s.people[ORGANISER]);
    s.stranger_id = id_text("per", s.people[STRANGER]);
    s.banned_id = id_text("per", s.people[BANNED]);
    s.guest_id = id_text("per", s.guest);
    return s;
}

static void test_every_method_by_every_caller(void **state)
{
    struct scene s = scene_of(state);
    size_t n_wrong = 0;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        cvn_arena_reset(&arena);
        const ProtobufCMessage *request = request_of(&s, &arena, row);
        for (int c = 0; c < CALLERS; c++) {
            CLIENT client = caller_of(&s, (enum caller)c);
            client_try(&client, &row->methods[row->method], request);
            char letter = letter_of(&client);
            if (letter == row->expected[c])
                continue;
            n_wrong++;
            print_error("%s(%s) by %s: %c, not %c (%s)\n", row->methods[row->method].name,
                        row->json, caller_names[c], letter, row->expected[c],
                        client.status.message ? client.status.message : "");
        }
    }
    assert_int_equal(n_wrong, 0);
    verify_store(s.harness);
}

/* No method may be left out of the table. */
static void test_the_table_has_every_method(void **state)
{
    const struct {
        const struct cvn_service_method *methods;
        int n;
    } services[] = {
        {cvn_person_methods, 6},   {cvn_group_methods, 10},  {cvn_membership_methods, 15},
        {cvn_comment_methods, 10}, {cvn_privacy_methods, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        for (int m = 0; m < services[i].n; m++) {
            bool found = false;
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                found |= rows[r].methods == services[i].methods && rows[r].method == m;
            if (!found)
                fail_msg("%s is not in the table", services[i].methods[m].name);
        }
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        assert_int_equal(strlen(rows[r].expected), CALLERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_method_by_every_caller, harness_setup,
                                        harness_teardown),
        cmocka_unit_test(test_the_table_has_every_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
