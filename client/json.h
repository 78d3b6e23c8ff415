/*
 * Messages as JSON, in protobuf's canonical mapping of proto3 ("ProtoJSON"): lowerCamelCase names,
 * 64-bit integers as strings, enums by name, bytes in base64, Timestamp in RFC 3339, maps as
 * objects, fields at their default left out. It reads the descriptors; no message needs code here.
 */
#ifndef CVN_CLIENT_JSON_H
#define CVN_CLIENT_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/*
 * The message as a JSON value, the caller's to json_decref. 0; -EILSEQ when a string is not UTF-8;
 * -ELOOP when it is nested deeper than any of the contract is; -ERANGE when a Timestamp is outside
 * the years 1970 to 2100; -ENOMEM. A google.protobuf.Any shows its type and, but for the messages
 * of google.rpc, its bytes.
 */
int cvn_json_of_message(const ProtobufCMessage *message, json_t **ret_json);

/* Writes "startLocal" for "start_local" into name; cut at size. */
void cvn_json_name(char *name, size_t size, const char *field);

#endif
