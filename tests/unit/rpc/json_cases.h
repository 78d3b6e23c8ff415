/* What the tests of JSON share: one type pool, and round trips by compiled and built types. */
#ifndef CVN_TESTS_JSON_CASES_H
#define CVN_TESTS_JSON_CASES_H

#include "rpc/json.h"

/* The pool of tests/support/types; made by the first, freed by the second. */
int cvn_json_cases_setup(void **state);
int cvn_json_cases_teardown(void **state);
const struct cvn_types *cvn_json_cases_types(void);

/*
 * Parses text as the named message of convene.test, prints it, and fails unless that is expected
 * (NULL: the text itself) and once more parsed and printed the same. An AllTypes goes through the
 * compiled type, the built one, and from each to the other over the wire.
 */
void cvn_json_cases_accept(const char *message, const char *text, const char *expected,
                           const struct cvn_json_options *options);

/* Fails unless parsing text as the named message is refused with a sentence that has part in it. */
void cvn_json_cases_refuse(const char *message, const char *text, const char *part);

#endif
