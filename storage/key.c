#include "storage/key.h"

#include <endian.h>
#include <string.h>

void cvn_key_begin(struct cvn_key *key, uint8_t space)
{
    cvn_key_init(key);
    cvn_key_put_u8(key, space);
}

static void put_escaped(struct cvn_key *key, struct cvn_slice text, size_t n_end)
{
    const uint8_t *in = text.data;
    size_t n = text.len + n_end;
    for (size_t i = 0; i < text.len; i++)
        n += in[i] == 0;
    uint8_t *at = cvn_key_reserve(key, n);
    if (!at)
        return;
    for (size_t i = 0; i < text.len; i++) {
        *at++ = in[i];
        if (in[i] == 0)
            *at++ = 0xff;
    }
    memset(at, 0, n_end);
}

void cvn_key_put_text(struct cvn_key *key, struct cvn_slice text)
{
    put_escaped(key, text, 2);
}

void cvn_key_put_text_prefix(struct cvn_key *key, struct cvn_slice text)
{
    put_escaped(key, text, 0);
}

void cvn_key_prefix_end(struct cvn_key *end, struct cvn_slice prefix)
{
    const uint8_t *bytes = prefix.data;
    size_t len = prefix.len;
    while (len > 0 && bytes[len - 1] == 0xff)
        len--;
    cvn_key_init(end);
    cvn_key_put_raw(end, cvn_slice(prefix.data, len));
    if (end->len > 0)
        end->bytes[end->len - 1]++;
}

void cvn_key_reader_init(struct cvn_key_reader *reader, struct cvn_slice key)
{
    reader->at = key.data;
    reader->end = reader->at + key.len;
    reader->failed = false;
}

static const uint8_t *take(struct cvn_key_reader *reader, size_t n)
{
    if (reader->failed || n > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += n;
    return at;
}

static uint64_t get_number(struct cvn_key_reader *reader, size_t n)
{
    const uint8_t *at = take(reader, n);
    uint64_t big_endian = 0;
    if (at)
        memcpy((uint8_t *)&big_endian + sizeof big_endian - n, at, n);
    return be64toh(big_endian);
}

uint8_t cvn_key_get_u8(struct cvn_key_reader *reader)
{
    return (uint8_t)get_number(reader, 1);
}

uint16_t cvn_key_get_u16(struct cvn_key_reader *reader)
{
    return (uint16_t)get_number(reader, 2);
}

uint32_t cvn_key_get_u32(struct cvn_key_reader *reader)
{
    return (uint32_t)get_number(reader, 4);
}

uint64_t cvn_key_get_u64(struct cvn_key_reader *reader)
{
    return get_number(reader, 8);
}

/* Turns the sign bit over, so that negative numbers sort before positive ones. */
static uint64_t biased(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

int64_t cvn_key_get_i64(struct cvn_key_reader *reader)
{
    uint64_t value = get_number(reader, 8);
    return reader->failed ? 0 : (int64_t)biased((int64_t)value);
}

uint64_t cvn_key_get_u64_desc(struct cvn_key_reader *reader)
{
    uint64_t value = get_number(reader, 8);
    return reader->failed ? 0 : ~value;
}

int64_t cvn_key_get_i64_desc(struct cvn_key_reader *reader)
{
    uint64_t value = get_number(reader, 8);
    return reader->failed ? 0 : (int64_t)biased((int64_t)~value);
}

struct cvn_id cvn_key_get_id(struct cvn_key_reader *reader)
{
    struct cvn_id id = {{0}};
    const uint8_t *at = take(reader, CVN_ID_BYTES);
    if (at)
        memcpy(id.bytes, at, CVN_ID_BYTES);
    return id;
}

struct cvn_slice cvn_key_get_text(struct cvn_key_reader *reader, char *buffer, size_t size)
{
    size_t len = 0;
    for (;;) {
        const uint8_t *at = take(reader, 1);
        if (at && *at == 0) {
            const uint8_t *next = take(reader, 1);
            if (next && *next == 0)
                return cvn_slice(buffer, len);
            if (next && *next != 0xff)
                reader->failed = true;
        }
        if (reader->failed || len == size) {
            reader->failed = true;
            return cvn_slice(NULL, 0);
        }
        buffer[len++] = (char)*at;
    }
}

struct cvn_slice cvn_key_get_rest(struct cvn_key_reader *reader)
{
    size_t len = reader->failed ? 0 : (size_t)(reader->end - reader->at);
    return cvn_slice(take(reader, len), len);
}

bool cvn_key_reader_done(const struct cvn_key_reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
