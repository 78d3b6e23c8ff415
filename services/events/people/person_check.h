/* What a person's fields must be (person.proto). Pure. */
#ifndef CVN_SERVICES_EVENTS_PEOPLE_PERSON_CHECK_H
#define CVN_SERVICES_EVENTS_PEOPLE_PERSON_CHECK_H

#include "base/problems.h"
#include "base/zone.h"
#include "convene/events/v1/person.pb-c.h"

enum {
    CVN_PERSON_NAME_MAX = 100,
    CVN_PERSON_EMAIL_MAX = 254,
    CVN_PERSON_LANGUAGES_MAX = 16,
    CVN_PERSON_SKILLS_MAX = 50,
    CVN_PERSON_SKILL_BYTES_MAX = 50,
    CVN_PERSON_LINKS_MAX = 10,
    CVN_PEOPLE_GET_MAX = 1000,     /* in one call, by id and by e-mail */
    CVN_PEOPLE_REGISTER_MAX = 500, /* in one call */
};

/*
 * Whether the text can be an e-mail address: ASCII, one @ with something on both sides, no spaces,
 * at most CVN_PERSON_EMAIL_MAX bytes. That the mailbox exists only a letter to it can tell.
 */
bool cvn_person_email_valid(const char *email);

/*
 * Notes what is wrong under the path given ("person" or "people[3]"); person may be NULL. 0 or
 * -ENOMEM.
 */
int cvn_person_check(struct cvn_problems *problems, const char *path,
                     const Convene__Events__V1__Person *person, struct cvn_zones *zones);

#endif
