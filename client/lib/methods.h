/* The methods of the contract by name. */
#ifndef CVN_CLIENT_LIB_METHODS_H
#define CVN_CLIENT_LIB_METHODS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/* The method named like "convene.events.v1.EventService/GetEvent"; NULL where there is none. */
const ProtobufCMethodDescriptor *cvn_method_find(const char *name,
                                                 const ProtobufCServiceDescriptor **ret_service);

/*
 * Whether asking again is harmless: the request carries a request_id, or the method only reads,
 * which its name tells (Get, List, BatchGet, Explain).
 */
bool cvn_method_repeatable(const ProtobufCMethodDescriptor *method);

#endif
