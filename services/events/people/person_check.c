#include "services/events/people/person_check.h"

#include "services/events/field_check.h"

#include <string.h>

bool cvn_person_email_valid(const char *email)
{
    size_t len = strlen(email);
    const char *at = strchr(email, '@');
    if (!at || at == email || !at[1] || strchr(at + 1, '@') || len > CVN_PERSON_EMAIL_MAX)
        return false;
    for (const char *c = email; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || strchr("\"(),:;<>[\\]", *c))
            return false;
    }
    return at[1] != '.' && email[len - 1] != '.' && !strstr(at, "..");
}

static void check_email(struct cvn_problems *problems, const char *path, const char *email)
{
    if (email && email[0] && !cvn_person_email_valid(email))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.email", path),
                         "must be an e-mail address in ASCII of at most %d bytes, as in "
                         "\"ada@example.org\"",
                         CVN_PERSON_EMAIL_MAX);
}

static void check_languages(struct cvn_problems *problems, const char *path,
                            const Convene__Events__V1__Person *person)
{
    const char *field = cvn_field_path(problems, "%s.languages", path);
    const size_t most[2] = {CVN_PERSON_LANGUAGES_MAX, CVN_FIELD_LANGUAGE_MAX};
    size_t total = problems->total;
    cvn_field_check_lines(problems, field, person->languages, person->n_languages, most);
    for (size_t i = 0; i < person->n_languages && problems->total == total; i++)
        cvn_field_check_language(problems, cvn_field_path(problems, "%s[%zu]", field, i),
                                 person->languages[i]);
}

static void check_links(struct cvn_problems *problems, const char *path,
                        const Convene__Events__V1__Person *person)
{
    const char *field = cvn_field_path(problems, "%s.links", path);
    const size_t most[2] = {CVN_PERSON_LINKS_MAX, CVN_FIELD_URL_MAX};
    size_t total = problems->total;
    cvn_field_check_lines(problems, field, person->links, person->n_links, most);
    for (size_t i = 0; i < person->n_links && problems->total == total; i++)
        cvn_field_check_url(problems, cvn_field_path(problems, "%s[%zu]", field, i),
                            person->links[i]);
}

static void check_place(struct cvn_problems *problems, const char *path,
                        const Convene__Events__V1__Place *place)
{
    if (!place)
        return;
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.place.city", path), place->city,
                         CVN_FIELD_CITY_MAX, false);
    cvn_field_check_country(problems, cvn_field_path(problems, "%s.place.country", path),
                            place->country);
    cvn_field_check_point(problems, cvn_field_path(problems, "%s.place.location", path),
                          place->location);
}

int cvn_person_check(struct cvn_problems *problems, const char *path,
                     const Convene__Events__V1__Person *person, struct cvn_zones *zones)
{
    if (!person) {
        cvn_problems_add(problems, path, "is required");
        return 0;
    }
    const size_t skills_most[2] = {CVN_PERSON_SKILLS_MAX, CVN_PERSON_SKILL_BYTES_MAX};
    cvn_field_check_line(problems, cvn_field_path(problems, "%s.display_name", path),
                         person->display_name, CVN_PERSON_NAME_MAX, true);
    check_email(problems, path, person->email);
    check_languages(problems, path, person);
    cvn_field_check_lines(problems, cvn_field_path(problems, "%s.skills", path), person->skills,
                          person->n_skills, skills_most);
    check_links(problems, path, person);
    check_place(problems, path, person->place);
    return cvn_field_check_zone(problems, cvn_field_path(problems, "%s.time_zone", path),
                                person->time_zone, zones);
}
