/* Metadata to and from the entries that frames carry. */
#ifndef CVN_RPC_METADATA_WIRE_H
#define CVN_RPC_METADATA_WIRE_H

#include "convene/rpc/v1/frame.pb-c.h"
#include "rpc/metadata.h"

/* Entries that borrow the metadata's keys and values; their array is in the arena. 0 or -ENOMEM. */
int cvn_metadata_to_wire(const struct cvn_metadata *from, struct cvn_arena *arena,
                         Convene__Rpc__V1__MetadataEntry ***ret);

/*
 * Adds copies of the entries to metadata. 0, or what cvn_metadata_add says of the first that it
 * does not take, whose place is then in *ret_bad.
 */
int cvn_metadata_of_wire(struct cvn_metadata *to, Convene__Rpc__V1__MetadataEntry *const *entries,
                         size_t n, size_t *ret_bad);

/* The body of a HEADERS frame with the metadata, in the arena. 0 or -ENOMEM. */
int cvn_metadata_pack_headers(const struct cvn_metadata *metadata, struct cvn_arena *arena,
                              struct cvn_slice *ret);

/* The same for the metadata field of TRAILERS, to stand behind a status. */
int cvn_metadata_pack_trailers(const struct cvn_metadata *metadata, struct cvn_arena *arena,
                               struct cvn_slice *ret);

#endif
