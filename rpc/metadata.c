#include "rpc/metadata.h"

#include <errno.h>

void cvn_metadata_init(struct cvn_metadata *metadata, struct cvn_arena *arena)
{
    *metadata = (struct cvn_metadata){.arena = arena};
}

static bool key_valid(const char *key, size_t len)
{
    if (len == 0 || len > CVN_METADATA_KEY_BYTES_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!fine)
            return false;
    }
    return true;
}

static bool is_binary(const char *key, size_t len)
{
    return len > 4 && memcmp(key + len - 4, "-bin", 4) == 0;
}

static bool value_valid(const char *key, size_t key_len, struct cvn_slice value)
{
    if (is_binary(key, key_len))
        return true;
    const unsigned char *at = value.data;
    for (size_t i = 0; i < value.len; i++)
        if (at[i] < 0x20 || at[i] > 0x7e)
            return false;
    return true;
}

int cvn_metadata_add(struct cvn_metadata *metadata, const char *key, struct cvn_slice value)
{
    size_t key_len = strnlen(key, CVN_METADATA_KEY_BYTES_MAX + 1);
    if (!key_valid(key, key_len) || !value_valid(key, key_len, value))
        return -EINVAL;
    if (metadata->n == CVN_METADATA_ENTRIES_MAX || value.len > CVN_METADATA_VALUE_BYTES_MAX ||
        key_len + value.len > CVN_METADATA_BYTES_MAX - metadata->bytes)
        return -E2BIG;
    if (!metadata->entries)
        metadata->entries = cvn_arena_alloc_array(metadata->arena, CVN_METADATA_ENTRIES_MAX,
                                                  sizeof *metadata->entries);
    if (!metadata->entries)
        return -ENOMEM;
    struct cvn_metadata_entry entry = {cvn_arena_strdup(metadata->arena, key),
                                       cvn_arena_slice(metadata->arena, value)};
    if (!entry.key || !entry.value.data)
        return -ENOMEM;
    metadata->entries[metadata->n++] = entry;
    metadata->bytes += key_len + value.len;
    return 0;
}

const char *cvn_metadata_get(const struct cvn_metadata *metadata, const char *key)
{
    for (size_t i = 0; i < metadata->n; i++)
        if (strcmp(metadata->entries[i].key, key) == 0)
            return metadata->entries[i].value.data;
    return NULL;
}
