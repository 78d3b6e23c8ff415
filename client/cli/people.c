#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/import.h"
#include "client/cli/mask.h"
#include "client/cli/privacy.h"
#include "client/cli/view.h"
#include "convene/events/v1/person.pb-c.h"

#include <string.h>

#define SERVICE "convene.events.v1.PersonService/"

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_name, Convene__Events__V1__Person, display_name)
CVN_VIEW_STRING(see_email, Convene__Events__V1__Person, email)
/* Worth a line only where it makes a difference. */
static const char *see_unconfirmed(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    return ((const Convene__Events__V1__Person *)message)->email_unconfirmed
               ? "as given by the person, not confirmed by an administrator"
               : NULL;
}

CVN_VIEW_STRING(see_zone, Convene__Events__V1__Person, time_zone)
CVN_VIEW_STRING(see_id, Convene__Events__V1__Person, id)
CVN_VIEW_LIST(see_languages, Convene__Events__V1__Person, languages)
CVN_VIEW_LIST(see_skills, Convene__Events__V1__Person, skills)
CVN_VIEW_LIST(see_links, Convene__Events__V1__Person, links)

static const char *see_place(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Place *place = ((const Convene__Events__V1__Person *)message)->place;
    if (!place) {
        return NULL;
    }
    const char *text =
        cvn_arena_printf(&cli->arena, "%s%s%s", place->city,
                         *place->city && *place->country ? ", " : "", place->country);
    if (!text || !place->location) {
        return text;
    }
    return cvn_arena_printf(&cli->arena, "%s%s%.6g,%.6g", text, *text ? " " : "",
                            place->location->latitude, place->location->longitude);
}

static const struct cvn_view_column list_columns[] = {
    {{"Name", false, true}, see_name},
    {{"E-mail", false, true}, see_email},
    {{"Languages", false, false}, see_languages},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Name", false, false}, see_name},
    {{"E-mail", false, false}, see_email},
    {{"E-mail is", false, false}, see_unconfirmed},
    {{"Time zone", false, false}, see_zone},
    {{"Languages", false, false}, see_languages},
    {{"Place", false, false}, see_place},
    {{"Skills", false, false}, see_skills},
    {{"Links", false, false}, see_links},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListPeople", list_columns,
        "Nobody is here yet. Add people with `convene people import FILE`.", LIST_LIMIT};
    Convene__Events__V1__ListPeopleRequest request = CONVENE__EVENTS__V1__LIST_PEOPLE_REQUEST__INIT;
    return cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetPersonRequest request = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    enum cvn_exit code = cvn_call_person(cli, cvn_args_word(&cli->args, 0), &request.id);
    CVN_REPLY_AUTO Convene__Events__V1__Person *person = NULL;
    code = code ? code : cvn_call(cli, SERVICE "GetPerson", &request, &person);
    return code ? code : cvn_view_one(cli, show_columns, person);
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Events__V1__CreatePersonRequest request =
        CONVENE__EVENTS__V1__CREATE_PERSON_REQUEST__INIT;
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    request.person = &person;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    CVN_REPLY_AUTO Convene__Events__V1__Person *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreatePerson", &request, &made);
    return code ? code : cvn_view_one(cli, show_columns, made);
}

static bool is_of_place(const char *option)
{
    return strcmp(option, "city") == 0 || strcmp(option, "country") == 0 ||
           strcmp(option, "at") == 0;
}

/* A place is changed as a whole, so what is not given of it is taken from what it was. */
static enum cvn_exit keep_place(struct cvn_cli *cli, const Convene__Events__V1__Person *now,
                                Convene__Events__V1__UpdatePersonRequest *request)
{
    bool some = false;
    bool cleared = false;
    for (size_t i = 0; i < cli->args.n_given; i++) {
        const char *name = cli->args.given[i].option->name;
        some = some || is_of_place(name);
        cleared = cleared || (strcmp(name, "clear") == 0 && is_of_place(cli->args.given[i].value));
    }
    if (some && !cleared && now->place) {
        request->person->place =
            cvn_arena_copy(&cli->arena, now->place, sizeof *request->person->place);
        request->etag = now->etag;
        if (!request->person->place) {
            return cvn_cli_no_memory(cli);
        }
    }
    return cvn_call_fill(cli, request);
}

static enum cvn_exit run_update(struct cvn_cli *cli)
{
    Convene__Events__V1__GetPersonRequest get = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    Convene__Events__V1__UpdatePersonRequest request =
        CONVENE__EVENTS__V1__UPDATE_PERSON_REQUEST__INIT;
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    request.person = &person;
    request.update_mask = &mask;
    enum cvn_exit code = cvn_mask_fill(cli, "person.", &mask);
    code = code ? code : cvn_call_person(cli, cvn_args_word(&cli->args, 0), &get.id);
    CVN_REPLY_AUTO Convene__Events__V1__Person *now = NULL;
    code = code ? code : cvn_call(cli, SERVICE "GetPerson", &get, &now);
    code = code ? code : keep_place(cli, now, &request);
    if (code) {
        return code;
    }
    person.id = now->id;
    CVN_REPLY_AUTO Convene__Events__V1__Person *changed = NULL;
    code = cvn_call(cli, SERVICE "UpdatePerson", &request, &changed);
    return code ? code : cvn_view_one(cli, show_columns, changed);
}

static const struct cvn_import_column columns[] = {
    {"name", "display_name", "1 to 100 bytes; required"},
    {"email", "email", "identity; required"},
    {"time_zone", "time_zone", "IANA name, as in Europe/Berlin; UTC when empty"},
    {"languages", "languages", "separated by ;, as in de;en"},
    {"skills", "skills", "separated by ;"},
    {"links", "links", "http or https, separated by ;"},
    {"city", "place.city", "where the person is at home"},
    {"country", "place.country", "two letters, as in de"},
    {NULL, NULL, NULL, 0},
};

static const struct cvn_import_kind imports = {
    .noun = "people",
    .identity = "email",
    .method = SERVICE "BatchRegisterPeople",
    .request = &convene__events__v1__batch_register_people_request__descriptor,
    .record = &convene__events__v1__person__descriptor,
    .records_field = "people",
    .columns = columns,
};

static enum cvn_exit run_import(struct cvn_cli *cli)
{
    return cvn_import_run(cli, &imports, cvn_args_word(&cli->args, 0), NULL);
}

static const struct cvn_option list_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option create_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes; required", "person.display_name"},
    {"email", 0, "E-MAIL", "unique", "person.email"},
    {"time-zone", 0, "ZONE", "IANA name; UTC when left out", "person.time_zone"},
    {"language", 0, "TAG", "as in en; may be given several times", "person.languages"},
    {"skill", 0, "SKILL", "may be given several times", "person.skills"},
    {"link", 0, "URL", "may be given several times", "person.links"},
    {"city", 0, "CITY", "where the person is at home", "person.place.city"},
    {"country", 0, "CC", "two letters, as in de", "person.place.country"},
    {"at", 0, "LAT,LON", "where the person is at home", "person.place.location"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option update_options[] = {
    {"name", 0, "TEXT", "1 to 100 bytes", "person.display_name"},
    {"email", 0, "E-MAIL", "unique", "person.email"},
    {"time-zone", 0, "ZONE", "IANA name", "person.time_zone"},
    {"language", 0, "TAG", "in place of all before; may be given several times",
     "person.languages"},
    {"skill", 0, "SKILL", "in place of all before; may be given several times", "person.skills"},
    {"link", 0, "URL", "in place of all before; may be given several times", "person.links"},
    {"city", 0, "CITY", "where the person is at home", "person.place.city"},
    {"country", 0, "CC", "two letters, as in de", "person.place.country"},
    {"at", 0, "LAT,LON", "where the person is at home", "person.place.location"},
    CVN_MASK_OPTION,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option import_options[] = {
    {"format", 0, "csv|jsonl", "instead of judging by the file's name", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_people_commands[] = {
    {"list", "", 0, 0, "Lists everyone, in the order of joining; for administrators.", NULL,
     list_options, false, run_list, NULL},
    {"show", "PERSON", 1, 1, "Shows one person, by id or e-mail; \"me\" is you.", NULL, NULL, false,
     run_show, NULL},
    {"create", "", 0, 0, "Adds one person.", NULL, create_options, false, run_create, NULL},
    {"update", "PERSON", 1, 1, "Changes a profile, by id or e-mail; \"me\" is you.",
     "What no option names stays as it is. --clear city empties the whole place.\n"
     "\n"
     "  convene people update me --city Berlin --language de --language en --clear link",
     update_options, false, run_update, NULL},
    {"import", "FILE", 1, 1,
     "Creates or updates people by e-mail from CSV or JSON lines; safe to run again.", NULL,
     import_options, false, run_import, &imports},
    {"export", "PERSON", 1, 1, "Prints everything held about a person as one JSON file.",
     "For the person and administrators.\n"
     "\n"
     "  convene people export me > me.json",
     cvn_privacy_export_options, false, cvn_privacy_run_export, NULL},
    {"erase", "PERSON", 1, 1, "Erases a person, for good.",
     "Profile, memberships, requests, invitations and keys go; RSVPs to meetups still to come are\n"
     "given up, which lets the next ones in; past RSVPs stay for the counts, without name and\n"
     "answers, and comments leave their place. Whoever is the only owner of a group hands it over\n"
     "or archives it first. Of mentoring everything goes, and open mentorships end; --part "
     "mentoring\n"
     "erases that alone.",
     cvn_privacy_erase_options, false, cvn_privacy_run_erase, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
