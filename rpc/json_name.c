#include "rpc/json.h"

/* As protoc's ToJsonName: a letter behind an underscore becomes upper case, the rest stays. */
void cvn_json_field_name(const char *field, char *name, size_t size)
{
    size_t n = 0;
    bool upper = false;
    for (; *field && n + 1 < size; field++) {
        bool lower_letter = *field >= 'a' && *field <= 'z';
        if (*field != '_')
            name[n++] = upper && lower_letter ? (char)(*field - 'a' + 'A') : *field;
        upper = *field == '_';
    }
    name[n] = '\0';
}
