/*
 * What parses prints, and what is printed parses to the same print, also after a trip over the
 * wire. The first byte chooses the type, the second the options (bit 0: the rest is a message's
 * bytes and not JSON); readable seeds have letters there.
 */
#include "all_types.pb-c.h"
#include "rpc/json.h"
#include "rpc/message.h"
#include "tests/fuzz/target.h"
#include "tests/support/types/types_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_BYTES = 8 << 20, POOL_BYTES = 8 << 20 };

static void expect(bool promise, const char *what, const char *detail)
{
    if (promise)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

static struct cvn_types *pool(void)
{
    static struct cvn_types *types; /* built once: libFuzzer calls the target millions of times */
    if (!types)
        expect(cvn_types_new_of_set(cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes),
                                    POOL_BYTES, &types, NULL) == 0,
               "the pool", "is not built");
    return types;
}

static const ProtobufCMessageDescriptor *choose(uint8_t choice)
{
    static const char *const built[] = {"convene.test.AllTypes",    "convene.test.Modern",
                                        "convene.test.old.Old",     "google.protobuf.Value",
                                        "google.protobuf.Any",      "google.protobuf.Struct",
                                        "google.protobuf.FieldMask"};
    const size_t n = sizeof built / sizeof *built;
    return choice % (n + 1) == n ? &convene__test__all_types__descriptor
                                 : cvn_types_message(pool(), built[choice % (n + 1)]);
}

/* Whether memory was spent, which ends a run and breaks no promise. */
static bool is_spent(int r)
{
    return r == -ENOMEM;
}

static void check_stable(const ProtobufCMessage *message, const struct cvn_json_options *options,
                         bool from_json, struct cvn_arena *arena)
{
    struct cvn_error err = {""};
    struct cvn_slice first, second, third, bytes;
    ProtobufCMessage *again = NULL, *wired = NULL;
    int r = cvn_json_print(message, options, arena, &first, &err);
    if (is_spent(r) || (r && !from_json)) /* not all that is unpacked has a JSON form */
        return;
    expect(r == 0, "what was parsed does not print", err.text);
    r = cvn_json_parse(message->descriptor, first, options, arena, &again, &err);
    if (is_spent(r))
        return;
    expect(r == 0, "what was printed does not parse", err.text);
    r = cvn_json_print(again, options, arena, &second, &err);
    if (is_spent(r))
        return;
    expect(r == 0 && cvn_slice_compare(first, second) == 0, "prints differ", first.data);
    if (cvn_message_pack(again, arena, &bytes) != 0)
        return;
    r = cvn_message_unpack(message->descriptor, arena, bytes, &wired);
    if (is_spent(r))
        return;
    expect(r == 0, "what was packed does not unpack", first.data);
    r = cvn_json_print(wired, options, arena, &third, &err);
    if (is_spent(r))
        return;
    /* A zero with a sign is left out on the wire, as protobuf-c takes it for the default. */
    expect(r == 0 && (cvn_slice_compare(first, third) == 0 || strstr(first.data, "-0")),
           "prints differ over the wire", first.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct cvn_json_options options = {
        .types = data[1] & 2 ? NULL : pool(),
        .pretty = data[1] & 4,
        .original_names = data[1] & 8,
        .ignore_unknown = data[1] & 16,
    };
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    struct cvn_error err = {""};
    struct cvn_slice rest = cvn_slice(data + 2, size - 2);
    ProtobufCMessage *message = NULL;
    bool from_json = !(data[1] & 1);
    int r = from_json ? cvn_json_parse(choose(data[0]), rest, &options, &arena, &message, &err)
                      : cvn_message_unpack(choose(data[0]), &arena, rest, &message);
    expect(r == 0 || !from_json || err.text[0], "a refusal", "says nothing");
    if (r == 0)
        check_stable(message, &options, from_json, &arena);
    return 0;
}
