#include "services/events/comments/comment_access.h"

#include "services/events/etag.h"
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/membership_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"

#include <errno.h>

#define STATE(name) CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_##name

static int refuse_absent(struct cvn_ctx *ctx, const char *id)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no comment %.60s that you may see.", id);
}

static int require_group(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on)
{
    if (!cvn_principal_excludes_group(&ctx->who, &on->group_id))
        return 0;
    return cvn_ctx_refuse(ctx, CVN_PERMISSION_DENIED,
                          "The key is for certain groups only, and this event's is none of them.");
}

int cvn_discussion_find(struct cvn_ctx *ctx, const char *event_id, struct cvn_rsvp_case *ret)
{
    int r = cvn_rsvp_case_find(ctx, "event_id", event_id, ret);
    return r ? r : require_group(ctx, ret);
}

int cvn_comment_find(struct cvn_ctx *ctx, const char *id, struct cvn_comment_case *ret)
{
    struct cvn_id event, author;
    struct cvn_comment_case c = {0};
    if (!cvn_ctx_read_id(ctx, "id", CVN_COMMENT_PREFIX, id, &c.id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_comment_event(ctx, &c.id, &event);
    if (r == CVN_STORE_ABSENT)
        return refuse_absent(ctx, id);
    char *event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &event);
    if (!event_id)
        return -ENOMEM;
    if (r == 0)
        r = cvn_rsvp_case_find(ctx, "id", event_id, &c.on);
    if (r == CVN_REFUSED)
        return refuse_absent(ctx, id);
    if (r == 0)
        r = cvn_comment_get(ctx, &event, &c.id, &c.comment);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    c.own = cvn_id_parse(&author, CVN_PERSON_PREFIX, c.comment->author_id) &&
            cvn_person_is_caller(ctx, &author);
    *ret = c;
    return 0;
}

int cvn_comment_find_to_change(struct cvn_ctx *ctx, const char *id, struct cvn_comment_case *ret)
{
    int r = cvn_comment_find(ctx, id, ret);
    return r ? r : require_group(ctx, &ret->on);
}

int cvn_discussion_require_organised(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                                     const char *what)
{
    return cvn_rsvp_case_organised(on) ? 0 : cvn_ctx_refuse_access(ctx, what);
}

static int require_unlocked(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on)
{
    struct cvn_discussion discussion;
    int r = cvn_discussion_get(ctx, &on->event_id, &discussion);
    if (r || discussion.locked_ms == 0 || cvn_rsvp_case_organised(on))
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "DISCUSSION_LOCKED",
                                "The organisers have locked the discussion.");
}

int cvn_discussion_require_open(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                                const struct cvn_id *person)
{
    bool banned = false;
    int r = cvn_ban_is(ctx, &on->group_id, person, &banned);
    if (r == 0 && banned)
        return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "BANNED",
                                    "Who is banned from the group may not comment on its events.");
    if (r == 0)
        r = cvn_group_require_active_id(ctx, &on->group_id);
    if (r == 0 && on->event->publication == CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_ARCHIVED)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_ARCHIVED",
                                    "The event is archived, and its discussion with it.");
    return r ? r : require_unlocked(ctx, on);
}

static int show_author(struct cvn_ctx *ctx, Convene__Events__V1__Comment *comment)
{
    struct cvn_id author;
    if (!cvn_id_parse(&author, CVN_PERSON_PREFIX, comment->author_id))
        return 0;
    int r = 0;
    if (cvn_person_is_caller(ctx, &author))
        r = cvn_etag_make(ctx, &comment->base, &comment->etag);
    if (r == 0)
        r = cvn_person_name(ctx, &author, &comment->display_name);
    return r;
}

int cvn_comment_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on, const struct cvn_id *id,
                     Convene__Events__V1__Comment *comment)
{
    uint32_t n_reports = 0;
    int r = show_author(ctx, comment);
    if (r || !cvn_rsvp_case_organised(on))
        return r;
    r = cvn_reports_count(ctx, &on->event_id, id, &n_reports);
    comment->report_count = (int32_t)n_reports;
    return r;
}

int cvn_discussion_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                        Convene__Events__V1__Discussion *reply)
{
    struct cvn_discussion discussion;
    int r = cvn_discussion_get(ctx, &on->event_id, &discussion);
    if (r)
        return r;
    reply->event_id = on->event->id;
    reply->locked = discussion.locked_ms != 0;
    reply->comment_count = (int32_t)discussion.n_shown;
    if (cvn_rsvp_case_organised(on))
        reply->report_count = (int32_t)discussion.n_reports;
    if (!reply->locked)
        return 0;
    reply->lock_time = cvn_record_time(ctx->arena, discussion.locked_ms);
    return reply->lock_time ? 0 : -ENOMEM;
}

int cvn_comment_note(struct cvn_ctx *ctx, const char *kind,
                     const Convene__Events__V1__Comment *comment)
{
    return cvn_community_note(
        ctx, kind, cvn_arena_printf(ctx->arena, "%s/comments/%s", comment->event_id, comment->id));
}
