#include "services/events/keys/key_check.h"

#include "services/events/field_check.h"
#include "services/events/record.h"
#include "services/runtime/principal.h"

#include <string.h>

enum { LABEL_MAX = 100, GROUP_MAX = 128 };

void cvn_key_check_service_account(struct cvn_problems *problems, const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(text);
    if (len > CVN_SERVICE_ACCOUNT_BYTES_MAX || text[strspn(text, allowed)] != '\0' || text[0] < 'a')
        cvn_problems_add(problems, "service_account",
                         "is \"%.40s\"; 1 to %d lower-case letters, digits and hyphens, a letter "
                         "first, are right",
                         text, CVN_SERVICE_ACCOUNT_BYTES_MAX);
}

static void check_groups(struct cvn_problems *problems, const char *path,
                         const Convene__Admin__V1__Scope *scope, const struct cvn_scope_row *row)
{
    const char *field = cvn_field_path(problems, "%s.group_ids", path);
    if (scope->n_group_ids > 0 && !row->of_groups)
        cvn_problems_add(problems, field, "are given; the scope %s is for no groups in particular",
                         row->name);
    if (scope->n_group_ids > CVN_SCOPE_GROUPS_MAX)
        cvn_problems_add(problems, field, "are %zu; at most %d are right", scope->n_group_ids,
                         CVN_SCOPE_GROUPS_MAX);
    for (size_t i = 0; i < scope->n_group_ids && i < CVN_SCOPE_GROUPS_MAX; i++)
        cvn_field_check_line(problems, field, scope->group_ids[i], GROUP_MAX, true);
}

static void check_scope(struct cvn_problems *problems, size_t i,
                        const Convene__Admin__V1__CreateKeyRequest *req)
{
    const char *path = cvn_field_path(problems, "scopes[%zu]", i);
    const char *field = cvn_field_path(problems, "%s.name", path);
    const struct cvn_scope_row *row = cvn_scope_find(req->scopes[i]->name);
    bool service = req->service_account[0];
    if (!row) {
        cvn_problems_add(problems, field, "is \"%.40s\"; one of %s is right", req->scopes[i]->name,
                         cvn_scope_names);
        return;
    }
    if (service && !row->of_service)
        cvn_problems_add(problems, field, "is %s, which is for a person's keys only", row->name);
    if (!service && !row->of_person)
        cvn_problems_add(problems, field, "is %s, which is for service accounts only", row->name);
    for (size_t j = 0; j < i; j++)
        if (strcmp(req->scopes[j]->name, row->name) == 0) {
            cvn_problems_add(problems, field, "is %s once more; name all its groups in one scope",
                             row->name);
            break;
        }
    check_groups(problems, path, req->scopes[i], row);
}

void cvn_key_check(struct cvn_problems *problems, const Convene__Admin__V1__CreateKeyRequest *req,
                   int64_t now_ms)
{
    cvn_field_check_line(problems, "label", req->label, LABEL_MAX, true);
    if (req->service_account[0])
        cvn_key_check_service_account(problems, req->service_account);
    if (req->service_account[0] && req->person_id[0])
        cvn_problems_add(problems, "service_account",
                         "and person_id are both given; a key has one holder");
    if (req->service_account[0] && req->n_scopes == 0)
        cvn_problems_add(problems, "scopes",
                         "are empty; a service account needs at least one of %s", cvn_scope_names);
    if (req->n_scopes > CVN_GRANTS_MAX)
        cvn_problems_add(problems, "scopes", "are %zu; at most %d are right", req->n_scopes,
                         CVN_GRANTS_MAX);
    for (size_t i = 0; i < req->n_scopes && i < CVN_GRANTS_MAX; i++)
        check_scope(problems, i, req);
    cvn_field_check_time(problems, "expire_time", req->expire_time);
    if (cvn_record_time_ms(req->expire_time, INT64_MAX) <= now_ms)
        cvn_problems_add(problems, "expire_time", "is over; a time to come is right");
}
