/*
 * The contract as data: a google.protobuf.FileDescriptorSet of every .proto file of Convene and of
 * what they import, for reflection and for the streaming flags that generated code does not carry.
 */
#ifndef CVN_PROTO_DESCRIPTORS_H
#define CVN_PROTO_DESCRIPTORS_H

#include <stddef.h>

extern const unsigned char cvn_descriptor_set[];
extern const size_t cvn_descriptor_set_size_bytes;

#endif
