#include "services/events/groups/invitation_access.h"

#include "services/events/groups/community_note.h"
#include "services/events/record.h"

bool cvn_invitation_ended(const struct cvn_ctx *ctx, const struct cvn_invitation_row *row)
{
    return cvn_record_time_ms(row->message->expire_time, 0) <= ctx->now_ms;
}

bool cvn_invitation_email_counts(const Convene__Events__V1__Person *person)
{
    return person->email[0] && !person->email_unconfirmed;
}

static int find(struct cvn_ctx *ctx, const struct cvn_key *to, const struct cvn_id *group,
                struct cvn_invitation_row *ret)
{
    struct cvn_invitation_row row;
    int r = cvn_invitation_find(ctx, to, group, &row);
    if (r == 0 && cvn_invitation_ended(ctx, &row))
        return CVN_STORE_ABSENT;
    if (r == 0)
        *ret = row;
    return r;
}

int cvn_invitation_waiting(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person_id,
                           const Convene__Events__V1__Person *person,
                           struct cvn_invitation_row *ret)
{
    struct cvn_key to;
    cvn_invitation_to_person(&to, person_id);
    int r = find(ctx, &to, group, ret);
    if (r != CVN_STORE_ABSENT || !cvn_invitation_email_counts(person))
        return r;
    cvn_invitation_to_email(&to, person->email);
    return find(ctx, &to, group, ret);
}

int cvn_invitation_use(struct cvn_ctx *ctx, const struct cvn_invitation_row *row, const char *kind)
{
    int r = cvn_invitation_delete(ctx, row);
    return r ? r
             : cvn_community_note(ctx, kind,
                                  cvn_arena_printf(ctx->arena, "%s/invitations/%s",
                                                   row->message->group_id, row->message->id));
}
