/*
 * Updates by field mask (AIP-134): which fields of a resource a request names, and taking just
 * those over. Pure.
 */
#ifndef CVN_SERVICES_RUNTIME_FIELD_MASK_H
#define CVN_SERVICES_RUNTIME_FIELD_MASK_H

#include "base/problems.h"
#include "google/protobuf/field_mask.pb-c.h"

#include <stdbool.h>
#include <stddef.h>

enum { CVN_FIELD_MASK_MAX = 40 }; /* fields that one update may name */

/* What may be named, as the message to the caller says it. */
struct cvn_field_mask_rule {
    const char *resource; /* "Event" */
    const char *example;  /* "title is one, and venue as a whole" */
    const char *const *changeable;
    size_t n;
    /*
     * The resource's type, where fields of its messages may be named, too, as in
     * "rules.min_common_hours"; NULL where masks name whole fields only.
     */
    const ProtobufCMessageDescriptor *deep;
};

/* Notes under update_mask what is wrong with it; the mask may be NULL. */
void cvn_field_mask_check(struct cvn_problems *problems, const Google__Protobuf__FieldMask *mask,
                          const struct cvn_field_mask_rule *rule);

/* Whether the mask names the field. */
bool cvn_field_mask_names(const Google__Protobuf__FieldMask *mask, const char *path);

/* Whether the mask names a field of the message in that field. */
bool cvn_field_mask_names_within(const Google__Protobuf__FieldMask *mask, const char *field);

/*
 * Copies the fields that a checked mask names from one message to another of the same type; what
 * they point to is shared.
 */
void cvn_field_mask_apply(const Google__Protobuf__FieldMask *mask, ProtobufCMessage *to,
                          const ProtobufCMessage *from);

/*
 * The same for masks that may name fields within messages; those are copied in the arena first, and
 * one that is not there has its defaults. 0 or -ENOMEM.
 */
int cvn_field_mask_apply_deep(struct cvn_arena *arena, const Google__Protobuf__FieldMask *mask,
                              ProtobufCMessage *to, const ProtobufCMessage *from);

#endif
