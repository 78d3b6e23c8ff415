#include "storage/schema.h"

#include <errno.h>

static struct cvn_slice schema_key(void)
{
    static const uint8_t key[] = {CVN_SPACE_META, 's', 'c', 'h', 'e', 'm', 'a'};
    return cvn_slice(key, sizeof key);
}

int cvn_schema_read(struct cvn_txn *txn, uint32_t *ret)
{
    struct cvn_slice value;
    int r = cvn_txn_get(txn, schema_key(), &value);
    if (r == CVN_STORE_ABSENT) {
        *ret = 0;
        return 0;
    }
    if (r)
        return r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, value);
    uint32_t version = cvn_key_get_u32(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret = version;
    return 0;
}

int cvn_schema_write(struct cvn_txn *txn, uint32_t version)
{
    struct cvn_key value;
    cvn_key_init(&value);
    cvn_key_put_u32(&value, version);
    return cvn_txn_put(txn, schema_key(), cvn_key_slice(&value));
}
