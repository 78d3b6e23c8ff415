#include "rpc/wire.h"

#include <endian.h>
#include <errno.h>

/* "CV", then the version, then a byte kept at 0. */
static const uint8_t magic[4] = {'C', 'V', CVN_WIRE_VERSION, 0};

static void put_u16(uint8_t *out, uint16_t value)
{
    value = htobe16(value);
    memcpy(out, &value, sizeof value);
}

static void put_u32(uint8_t *out, uint32_t value)
{
    value = htobe32(value);
    memcpy(out, &value, sizeof value);
}

static void put_u64(uint8_t *out, uint64_t value)
{
    value = htobe64(value);
    memcpy(out, &value, sizeof value);
}

static uint16_t get_u16(const uint8_t *in)
{
    uint16_t value;
    memcpy(&value, in, sizeof value);
    return be16toh(value);
}

static uint32_t get_u32(const uint8_t *in)
{
    uint32_t value;
    memcpy(&value, in, sizeof value);
    return be32toh(value);
}

static uint64_t get_u64(const uint8_t *in)
{
    uint64_t value;
    memcpy(&value, in, sizeof value);
    return be64toh(value);
}

void cvn_wire_put_bundle_header(uint8_t *out, const struct cvn_bundle_header *header)
{
    memcpy(out, magic, sizeof magic);
    put_u64(out + 4, header->epoch);
    put_u32(out + 12, header->ack);
    put_u16(out + 16, header->n_frames);
    put_u16(out + 18, 0);
}

void cvn_wire_put_frame_header(uint8_t *out, const struct cvn_frame *frame)
{
    out[0] = (uint8_t)frame->type;
    out[1] = frame->flags;
    put_u16(out + 2, 0);
    put_u32(out + 4, frame->call);
    put_u32(out + 8, (uint32_t)frame->body.len);
}

void cvn_wire_put_frame_call(uint8_t *header, uint32_t call)
{
    put_u32(header + 4, call);
}

static void take(struct cvn_slice *bytes, size_t n)
{
    *bytes = cvn_slice((const uint8_t *)bytes->data + n, bytes->len - n);
}

int cvn_wire_read_bundle(struct cvn_slice *bytes, struct cvn_bundle_header *ret)
{
    const uint8_t *in = bytes->data;
    if (bytes->len < CVN_WIRE_BUNDLE_HEADER_BYTES || memcmp(in, magic, sizeof magic) != 0)
        return -EPROTO;
    struct cvn_bundle_header header = {
        .epoch = get_u64(in + 4), .ack = get_u32(in + 12), .n_frames = get_u16(in + 16)};
    if (header.n_frames > CVN_WIRE_BUNDLE_FRAMES_MAX)
        return -EPROTO;
    take(bytes, CVN_WIRE_BUNDLE_HEADER_BYTES);
    *ret = header;
    return 0;
}

int cvn_wire_read_frame(struct cvn_slice *bytes, struct cvn_frame *ret)
{
    const uint8_t *in = bytes->data;
    if (bytes->len < CVN_WIRE_FRAME_HEADER_BYTES)
        return -EPROTO;
    size_t len = get_u32(in + 8);
    if (len > CVN_WIRE_FRAME_BODY_MAX || len > bytes->len - CVN_WIRE_FRAME_HEADER_BYTES)
        return -EPROTO;
    *ret = (struct cvn_frame){
        .type = (enum cvn_frame_type)in[0],
        .flags = in[1],
        .call = get_u32(in + 4),
        .body = cvn_slice(in + CVN_WIRE_FRAME_HEADER_BYTES, len),
    };
    take(bytes, CVN_WIRE_FRAME_HEADER_BYTES + len);
    return 0;
}
