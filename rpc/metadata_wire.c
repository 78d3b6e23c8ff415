#include "rpc/metadata_wire.h"

#include "rpc/message.h"

#include <errno.h>

int cvn_metadata_to_wire(const struct cvn_metadata *from, struct cvn_arena *arena,
                         Convene__Rpc__V1__MetadataEntry ***ret)
{
    Convene__Rpc__V1__MetadataEntry **list = cvn_arena_alloc_array(arena, from->n, sizeof *list);
    Convene__Rpc__V1__MetadataEntry *entries =
        cvn_arena_alloc_array(arena, from->n, sizeof *entries);
    if (!list || !entries)
        return -ENOMEM;
    for (size_t i = 0; i < from->n; i++) {
        convene__rpc__v1__metadata_entry__init(&entries[i]);
        entries[i].key = (char *)(uintptr_t)from->entries[i].key;
        entries[i].value.data = (uint8_t *)(uintptr_t)from->entries[i].value.data;
        entries[i].value.len = from->entries[i].value.len;
        list[i] = &entries[i];
    }
    *ret = list;
    return 0;
}

int cvn_metadata_of_wire(struct cvn_metadata *to, Convene__Rpc__V1__MetadataEntry *const *entries,
                         size_t n, size_t *ret_bad)
{
    for (size_t i = 0; i < n; i++) {
        int r = cvn_metadata_add(to, entries[i]->key,
                                 cvn_slice(entries[i]->value.data, entries[i]->value.len));
        if (r) {
            *ret_bad = i;
            return r;
        }
    }
    return 0;
}

int cvn_metadata_pack_headers(const struct cvn_metadata *metadata, struct cvn_arena *arena,
                              struct cvn_slice *ret)
{
    Convene__Rpc__V1__Headers headers = CONVENE__RPC__V1__HEADERS__INIT;
    int r = cvn_metadata_to_wire(metadata, arena, &headers.metadata);
    headers.n_metadata = metadata->n;
    return r ? r : cvn_message_pack(&headers.base, arena, ret);
}

int cvn_metadata_pack_trailers(const struct cvn_metadata *metadata, struct cvn_arena *arena,
                               struct cvn_slice *ret)
{
    Convene__Rpc__V1__Trailers trailers = CONVENE__RPC__V1__TRAILERS__INIT;
    int r = cvn_metadata_to_wire(metadata, arena, &trailers.metadata);
    trailers.n_metadata = metadata->n;
    return r ? r : cvn_message_pack(&trailers.base, arena, ret);
}
