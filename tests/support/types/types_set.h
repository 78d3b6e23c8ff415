/* The FileDescriptorSet of the .proto files in this folder and of what they import. */
#ifndef CVN_TESTS_TYPES_SET_H
#define CVN_TESTS_TYPES_SET_H

#include <stddef.h>

extern const unsigned char cvn_test_types_set[];
extern const size_t cvn_test_types_set_size_bytes;

#endif
