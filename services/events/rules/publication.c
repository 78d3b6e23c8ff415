#include "services/events/rules/publication.h"

enum cvn_publication_refusal cvn_publication_decide(enum cvn_publication publication,
                                                    enum cvn_publication_action action,
                                                    struct cvn_publication_decision *ret)
{
    enum cvn_publication next = publication;
    switch (action) {
    case CVN_PUBLICATION_PUBLISH:
        next = CVN_PUBLICATION_PUBLISHED;
        break;
    case CVN_PUBLICATION_UNPUBLISH:
        if (publication == CVN_PUBLICATION_DRAFT)
            return CVN_PUBLICATION_REFUSED_DRAFT;
        next = CVN_PUBLICATION_UNPUBLISHED;
        break;
    case CVN_PUBLICATION_ARCHIVE:
        if (publication == CVN_PUBLICATION_DRAFT)
            return CVN_PUBLICATION_REFUSED_DRAFT;
        if (publication == CVN_PUBLICATION_PUBLISHED)
            return CVN_PUBLICATION_REFUSED_PUBLISHED;
        next = CVN_PUBLICATION_ARCHIVED;
        break;
    }
    if (publication == CVN_PUBLICATION_ARCHIVED && next != publication)
        return CVN_PUBLICATION_REFUSED_ARCHIVED;
    bool was_seen = publication == CVN_PUBLICATION_PUBLISHED;
    bool was_hidden = publication == CVN_PUBLICATION_UNPUBLISHED;
    *ret = (struct cvn_publication_decision){
        .publication = next,
        .changed = next != publication,
        /* A draft is in no calendar yet; what was there has to vanish from it or to come back. */
        .sequence_rises = (was_seen && next == CVN_PUBLICATION_UNPUBLISHED) ||
                          (was_hidden && next == CVN_PUBLICATION_PUBLISHED),
    };
    return CVN_PUBLICATION_OK;
}

enum cvn_publication_refusal cvn_publication_may_delete(uint64_t n_answers)
{
    return n_answers ? CVN_PUBLICATION_REFUSED_ANSWERED : CVN_PUBLICATION_OK;
}

static bool is_suspended(enum cvn_event_status status)
{
    return status == CVN_EVENT_POSTPONED || status == CVN_EVENT_CANCELLED;
}

/* Remembers what RESTORE returns to; a postponed event that is cancelled keeps what came first. */
static void suspend(const struct cvn_event_facts *facts, enum cvn_event_status status,
                    struct cvn_event_decision *d)
{
    if (!is_suspended(facts->status))
        d->status_before = facts->status;
    d->status = status;
    d->offers_void = status == CVN_EVENT_CANCELLED;
}

static enum cvn_publication_refusal reschedule(const struct cvn_event_facts *facts,
                                               int64_t new_start_ms, struct cvn_event_decision *d)
{
    bool postponed = facts->status == CVN_EVENT_POSTPONED; /* its old start means nothing */
    if (facts->status == CVN_EVENT_CANCELLED)
        return CVN_PUBLICATION_REFUSED_CANCELLED;
    if (!postponed && facts->now_ms >= facts->start_ms)
        return CVN_PUBLICATION_REFUSED_STARTED;
    if (new_start_ms <= facts->now_ms)
        return CVN_PUBLICATION_REFUSED_NEW_START_PAST;
    if (facts->publication == CVN_PUBLICATION_DRAFT) {
        d->changed = new_start_ms != facts->start_ms;
        return CVN_PUBLICATION_OK;
    }
    if (!postponed && new_start_ms == facts->start_ms)
        return CVN_PUBLICATION_OK;
    d->status = CVN_EVENT_RESCHEDULED;
    d->status_before = CVN_EVENT_RESCHEDULED;
    d->changed = true;
    d->keep_previous_start = new_start_ms != facts->start_ms;
    return CVN_PUBLICATION_OK;
}

static enum cvn_publication_refusal restore(const struct cvn_event_facts *facts,
                                            struct cvn_event_decision *d)
{
    if (!is_suspended(facts->status))
        return CVN_PUBLICATION_REFUSED_NOT_SUSPENDED;
    if (facts->now_ms >= facts->start_ms)
        return CVN_PUBLICATION_REFUSED_STARTED;
    d->status = facts->status_before;
    return CVN_PUBLICATION_OK;
}

static enum cvn_publication_refusal move_online(const struct cvn_event_facts *facts,
                                                struct cvn_event_decision *d)
{
    if (facts->status == CVN_EVENT_CANCELLED)
        return CVN_PUBLICATION_REFUSED_CANCELLED;
    if (facts->status == CVN_EVENT_POSTPONED) {
        d->status_before = CVN_EVENT_MOVED_ONLINE; /* it has no time to be online at yet */
        d->changed = facts->status_before != CVN_EVENT_MOVED_ONLINE;
        return CVN_PUBLICATION_OK;
    }
    if (facts->now_ms >= facts->start_ms)
        return CVN_PUBLICATION_REFUSED_STARTED;
    d->status = CVN_EVENT_MOVED_ONLINE;
    return CVN_PUBLICATION_OK;
}

static enum cvn_publication_refusal postpone(const struct cvn_event_facts *facts,
                                             struct cvn_event_decision *d)
{
    if (facts->status == CVN_EVENT_CANCELLED)
        return CVN_PUBLICATION_REFUSED_CANCELLED;
    if (facts->status != CVN_EVENT_POSTPONED && facts->now_ms >= facts->start_ms)
        return CVN_PUBLICATION_REFUSED_STARTED;
    suspend(facts, CVN_EVENT_POSTPONED, d);
    return CVN_PUBLICATION_OK;
}

static enum cvn_publication_refusal cancel(const struct cvn_event_facts *facts,
                                           struct cvn_event_decision *d)
{
    if (!is_suspended(facts->status) && facts->now_ms >= facts->end_ms)
        return CVN_PUBLICATION_REFUSED_ENDED;
    suspend(facts, CVN_EVENT_CANCELLED, d);
    return CVN_PUBLICATION_OK;
}

enum cvn_publication_refusal cvn_event_decide(const struct cvn_event_facts *facts,
                                              enum cvn_event_action action, int64_t new_start_ms,
                                              struct cvn_event_decision *ret)
{
    struct cvn_event_decision d = {.status = facts->status, .status_before = facts->status_before};
    enum cvn_publication_refusal refusal = CVN_PUBLICATION_OK;
    if (facts->publication == CVN_PUBLICATION_ARCHIVED)
        return CVN_PUBLICATION_REFUSED_ARCHIVED;
    if (facts->publication == CVN_PUBLICATION_DRAFT && action != CVN_EVENT_RESCHEDULE)
        return CVN_PUBLICATION_REFUSED_DRAFT;
    switch (action) {
    case CVN_EVENT_RESCHEDULE:
        refusal = reschedule(facts, new_start_ms, &d);
        break;
    case CVN_EVENT_MOVE_ONLINE:
        refusal = move_online(facts, &d);
        break;
    case CVN_EVENT_POSTPONE:
        refusal = postpone(facts, &d);
        break;
    case CVN_EVENT_CANCEL:
        refusal = cancel(facts, &d);
        break;
    case CVN_EVENT_RESTORE:
        refusal = restore(facts, &d);
        break;
    }
    if (refusal != CVN_PUBLICATION_OK)
        return refusal;
    d.changed |= d.status != facts->status;
    d.sequence_rises = d.changed && facts->publication != CVN_PUBLICATION_DRAFT;
    d.offers_void = d.offers_void && d.changed;
    d.run_queue = is_suspended(facts->status) && !is_suspended(d.status);
    *ret = d;
    return CVN_PUBLICATION_OK;
}

const char *cvn_publication_refusal_text(enum cvn_publication_refusal refusal)
{
    switch (refusal) {
    case CVN_PUBLICATION_OK:
        return "";
    case CVN_PUBLICATION_REFUSED_ARCHIVED:
        return "The event is archived and cannot change any more; make a new one from it.";
    case CVN_PUBLICATION_REFUSED_DRAFT:
        return "The event is a draft that nobody has seen; change or delete it instead.";
    case CVN_PUBLICATION_REFUSED_PUBLISHED:
        return "The event is published; unpublish it before archiving it.";
    case CVN_PUBLICATION_REFUSED_ANSWERED:
        return "People have answered, so the event cannot be deleted; cancel it instead, which "
               "tells them.";
    case CVN_PUBLICATION_REFUSED_STARTED:
        return "The event has started; this is possible before the start only.";
    case CVN_PUBLICATION_REFUSED_ENDED:
        return "The event is over; this is possible before its end only.";
    case CVN_PUBLICATION_REFUSED_NEW_START_PAST:
        return "The new start is not in the future; choose a later one.";
    case CVN_PUBLICATION_REFUSED_CANCELLED:
        return "The event is cancelled; restore it first.";
    case CVN_PUBLICATION_REFUSED_NOT_SUSPENDED:
        return "The event is neither postponed nor cancelled, so there is nothing to restore.";
    }
    return "";
}
