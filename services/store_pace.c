#include "services/store_pace.h"

#include "rpc/clock.h"

bool cvn_store_pace_due(struct cvn_store_pace *pace)
{
    int64_t now_ms = cvn_rpc_now_us() / 1000;
    bool first = pace->next_ms == 0;
    if (!first && now_ms < pace->next_ms)
        return false;
    pace->next_ms = now_ms + CVN_STORE_PACE_MS;
    return !first;
}
