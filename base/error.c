#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int cvn_error_set(struct cvn_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return code;
}
