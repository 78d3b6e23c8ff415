#include "base/places_table.h"
#include "base/text.h"

#include <errno.h>

int cvn_places_key(struct cvn_arena *arena, struct cvn_slice name, struct cvn_slice *ret)
{
    struct cvn_slice folded;
    struct cvn_text_word word;
    int r = cvn_text_fold(arena, name, &folded);
    if (r)
        return r;
    /* A blank is at least what stood between two words, but for scripts that change in a word. */
    char *key = cvn_arena_alloc(arena, 2 * folded.len + 1);
    size_t len = 0;
    if (!key)
        return -ENOMEM;
    while (cvn_text_next_word(&folded, &word)) {
        if (len > 0)
            key[len++] = ' ';
        memcpy(key + len, word.text.data, word.text.len);
        len += word.text.len;
    }
    *ret = cvn_slice(key, len);
    return 0;
}
