#include "storage/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lengths {
    uint32_t key, value;
};

int cvn_loader_init(struct cvn_loader *loader, struct cvn_store *store)
{
    *loader = (struct cvn_loader){.store = store, .bytes = malloc(CVN_LOADER_BYTES)};
    return loader->bytes ? 0 : -ENOMEM;
}

static int put_all(struct cvn_txn *txn, void *arg)
{
    const struct cvn_loader *loader = arg;
    int r = 0;
    for (size_t at = 0; r == 0 && at < loader->len;) {
        struct lengths n;
        memcpy(&n, loader->bytes + at, sizeof n);
        const uint8_t *key = loader->bytes + at + sizeof n;
        r = cvn_txn_put(txn, cvn_slice(key, n.key), cvn_slice(key + n.key, n.value));
        at += sizeof n + n.key + n.value;
    }
    return r;
}

int cvn_loader_finish(struct cvn_loader *loader)
{
    int r = loader->len ? cvn_store_update(loader->store, put_all, loader, 0) : 0;
    loader->len = 0;
    loader->fault = r > 0 ? -EIO : r;
    return loader->fault;
}

int cvn_loader_add(struct cvn_loader *loader, struct cvn_slice key, struct cvn_slice value)
{
    if (key.len > CVN_KEY_BYTES_MAX || value.len > CVN_STORE_VALUE_BYTES_MAX)
        return -EBADMSG;
    struct lengths n = {(uint32_t)key.len, (uint32_t)value.len};
    size_t more = sizeof n + key.len + value.len;
    if (more > CVN_LOADER_BYTES - loader->len) {
        int r = cvn_loader_finish(loader);
        if (r)
            return r;
    }
    uint8_t *at = loader->bytes + loader->len;
    memcpy(at, &n, sizeof n);
    memcpy(at + sizeof n, key.data, key.len);
    if (value.len)
        memcpy(at + sizeof n + key.len, value.data, value.len);
    loader->len += more;
    return 0;
}

void cvn_loader_deinit(struct cvn_loader *loader)
{
    free(loader->bytes);
    loader->bytes = NULL;
}
