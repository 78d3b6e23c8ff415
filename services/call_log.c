#include "services/call_log.h"

#include "base/civil.h"

#include <stdio.h>
#include <time.h>

void cvn_call_log_write(void *user, const struct cvn_call_record *record, bool begun)
{
    (void)user;
    (void)begun;
    struct timespec now;
    char at[CVN_INSTANT_TEXT_BYTES];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    cvn_instant_format(at, (int64_t)now.tv_sec * 1000, 0);
    fprintf(stderr, "%s %s %s %lld.%03lldms principal=%s request=%s\n", at, record->method,
            cvn_code_name(record->code), (long long)(record->duration_us / 1000),
            (long long)(record->duration_us % 1000), record->principal ? record->principal : "-",
            record->request_id ? record->request_id : "-");
}
