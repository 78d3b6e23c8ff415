/* The sentence that goes with a fault, for people; programs look at the code returned beside it. */
#ifndef CVN_BASE_ERROR_H
#define CVN_BASE_ERROR_H

enum { CVN_ERROR_TEXT_BYTES = 512 };

struct cvn_error {
    char text[CVN_ERROR_TEXT_BYTES];
};

/*
 * Stores the formatted sentence (cut at the size above) and returns code, so that a function can
 * end with `return cvn_error_set(err, -EINVAL, "…");`. err may be NULL.
 */
int cvn_error_set(struct cvn_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
