#include "services/events/people/erasure.h"

#include "services/events/comments/comment_table.h"
#include "services/events/groups/community_note.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/keys/key_table.h"
#include "services/events/people/person_check.h"
#include "services/events/people/person_table.h"
#include "services/events/row_list.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/rsvp_end.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"
#include "storage/replay.h"

#include <errno.h>
#include <string.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* What goes one after another; stored, in a row that does not live long. */
enum phase {
    MEMBERSHIPS,
    JOIN_REQUESTS,
    BANS,
    INVITATIONS,
    RSVPS,
    COMMENTS,
    REPORTS,
    REASONS, /* of steps in histories of RSVPs */
    ANSWERS, /* kept for retries */
    KEYS,    /* the last: who erases themselves follows it with one */
    PHASES,
};

/* An erasure as stored. */
struct erasure {
    enum phase phase;
    uint32_t n_memberships, n_given_up, n_kept, n_comments, n_other;
    struct cvn_row_place place;           /* in the phase's rows; of RSVPs, which stay */
    char email[CVN_PERSON_EMAIL_MAX + 1]; /* until its invitations are gone */
};

/* One step under way. */
struct step {
    struct cvn_ctx *ctx;
    struct cvn_id person;
    struct erasure erasure;
};

static void row_key(struct cvn_key *key, const struct cvn_id *person)
{
    cvn_key_begin(key, CVN_SPACE_ERASURES);
    cvn_key_put_id(key, person);
}

static int put(struct cvn_ctx *ctx, const struct cvn_id *person, const struct erasure *erasure)
{
    struct cvn_key key, value;
    row_key(&key, person);
    cvn_key_init(&value);
    cvn_key_put_u8(&value, (uint8_t)erasure->phase);
    cvn_key_put_u32(&value, erasure->n_memberships);
    cvn_key_put_u32(&value, erasure->n_given_up);
    cvn_key_put_u32(&value, erasure->n_kept);
    cvn_key_put_u32(&value, erasure->n_comments);
    cvn_key_put_u32(&value, erasure->n_other);
    cvn_key_put_text(&value, cvn_slice(erasure->place.bytes, erasure->place.len));
    cvn_key_put_text(&value, cvn_slice_of_string(erasure->email));
    return value.overflowed ? -EOVERFLOW
                            : cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

static int get(struct cvn_ctx *ctx, const struct cvn_id *person, struct erasure *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    char text[CVN_KEY_BYTES_MAX];
    row_key(&key, person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    cvn_key_reader_init(&reader, value);
    struct erasure erasure = {.phase = cvn_key_get_u8(&reader)};
    erasure.n_memberships = cvn_key_get_u32(&reader);
    erasure.n_given_up = cvn_key_get_u32(&reader);
    erasure.n_kept = cvn_key_get_u32(&reader);
    erasure.n_comments = cvn_key_get_u32(&reader);
    erasure.n_other = cvn_key_get_u32(&reader);
    struct cvn_slice place = cvn_key_get_text(&reader, text, sizeof text);
    if (place.len > 0)
        memcpy(erasure.place.bytes, place.data, place.len);
    erasure.place.len = place.len;
    struct cvn_slice email = cvn_key_get_text(&reader, text, sizeof text);
    if (!cvn_key_reader_done(&reader) || email.len >= sizeof erasure.email ||
        erasure.phase >= PHASES)
        return -EUCLEAN;
    if (email.len > 0)
        memcpy(erasure.email, email.data, email.len);
    *ret = erasure;
    return 0;
}

/* Whether the person is all that stands between the group and having no owner. */
static int is_last_owner(struct cvn_ctx *ctx, const struct cvn_id *group,
                         const struct cvn_id *person, bool *ret, char **ret_name)
{
    Convene__Events__V1__Member *member;
    Convene__Events__V1__Group *message;
    struct cvn_member_counts counts;
    int r = cvn_member_get(ctx, group, person, &member);
    *ret = false;
    if (r || member->role != ROLE(OWNER))
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    r = cvn_member_counts_get(ctx, group, &counts);
    if (r == 0 && counts.n_owners <= 1)
        r = cvn_group_get(ctx, group, &message);
    else
        return r;
    *ret = r == 0 && !message->archive_time;
    *ret_name = r == 0 ? message->name : NULL;
    return r;
}

static int refuse_last_owner(struct cvn_ctx *ctx, const struct cvn_id *person)
{
    struct cvn_id *groups;
    size_t n;
    int r = cvn_member_groups(ctx, person, &groups, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        bool last;
        char *name;
        r = is_last_owner(ctx, &groups[i], person, &last, &name);
        if (r == 0 && last)
            return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "LAST_OWNER",
                                        "%s has no other owner. Hand it over first, or archive it.",
                                        name);
    }
    return r;
}

int cvn_erasure_begin(struct cvn_ctx *ctx, const struct cvn_id *person)
{
    Convene__Events__V1__Person *profile;
    struct erasure erasure = {.phase = MEMBERSHIPS};
    struct cvn_key key;
    int r = refuse_last_owner(ctx, person);
    if (r == 0)
        r = cvn_person_find(ctx, person, &profile);
    if (r)
        return r;
    memcpy(erasure.email, profile->email, strnlen(profile->email, CVN_PERSON_EMAIL_MAX));
    cvn_person_key(&key, person);
    r = cvn_table_delete(ctx->txn, &cvn_person_table, cvn_key_slice(&key));
    if (r == 0)
        r = put(ctx, person, &erasure);
    return r ? r : cvn_community_note(ctx, "person.erased", profile->id);
}

/* RSVPs to what is to come are given up; the row stays, for the counts, without what was written.
 */
static int blank_rsvp(struct step *step, const struct cvn_id *event)
{
    Convene__Events__V1__Rsvp *rsvp;
    bool ended = false;
    int r = cvn_rsvp_give_up(step->ctx, event, &step->person, &ended);
    if (r == 0)
        r = cvn_rsvp_get(step->ctx, event, &step->person, &rsvp);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    step->erasure.n_given_up += ended;
    step->erasure.n_kept += !ended;
    if (rsvp->n_answers == 0)
        return 0;
    rsvp->n_answers = 0;
    return cvn_rsvp_put(step->ctx, event, &step->person, rsvp);
}

static int take_rsvp(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                     bool *ret_taken)
{
    struct step *step = arg;
    struct cvn_id event, person;
    (void)ctx;
    (void)value;
    (void)ret_taken;
    return cvn_rsvp_of_key(key, &event, &person) ? blank_rsvp(step, &event) : -EUCLEAN;
}

/* A comment leaves its place in the discussion, and nothing else. */
static int take_comment(struct cvn_ctx *ctx, void *arg, struct cvn_slice key,
                        struct cvn_slice value, bool *ret_taken)
{
    struct step *step = arg;
    struct cvn_id event, id;
    Convene__Events__V1__Comment *comment;
    (void)value;
    (void)ret_taken;
    if (!cvn_comment_of_key(key, &event, &id))
        return -EUCLEAN;
    int r = cvn_comment_get(ctx, &event, &id, &comment);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    comment->author_id = comment->text = comment->reason = none;
    comment->state = CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_ERASED;
    step->erasure.n_comments++;
    r = cvn_reports_delete(ctx, &event, &id);
    return r ? r : cvn_comment_put(ctx, &event, &id, comment);
}

static int take_membership(struct cvn_ctx *ctx, void *arg, struct cvn_slice key,
                           struct cvn_slice value, bool *ret_taken)
{
    struct step *step = arg;
    struct cvn_id group, person;
    (void)value;
    (void)ret_taken;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EUCLEAN;
    step->erasure.n_memberships++;
    return cvn_member_delete(ctx, &group, &person);
}

/* Rows that only go: requests, bans, invitations, reports and reasons. */
static int take_other(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                      bool *ret_taken)
{
    struct step *step = arg;
    struct cvn_invitation_row row;
    struct cvn_id ids[3];
    (void)value;
    (void)ret_taken;
    step->erasure.n_other++;
    if (step->erasure.phase == REASONS)
        return cvn_move_reason_delete(ctx, key);
    if (step->erasure.phase == REPORTS)
        return cvn_report_of_key(key, ids) ? cvn_report_delete(ctx, ids) : -EUCLEAN;
    if (step->erasure.phase == INVITATIONS) {
        int r =
            cvn_invitation_of_key(key, &ids[0]) ? cvn_invitation_get(ctx, &ids[0], &row) : -EUCLEAN;
        return r ? r : cvn_invitation_delete(ctx, &row);
    }
    if (!cvn_membership_of_key(key, &ids[0], &ids[1]))
        return -EUCLEAN;
    return step->erasure.phase == BANS ? cvn_ban_delete(ctx, &ids[0], &ids[1])
                                       : cvn_join_request_delete(ctx, &ids[0], &ids[1]);
}

static int erase_keys(struct step *step)
{
    const struct cvn_key_holder holder = {.person = step->person};
    size_t n = 0;
    int r = cvn_key_delete_all(step->ctx, &holder, &n);
    step->erasure.n_other += (uint32_t)n;
    return r ? r : CVN_STORE_ABSENT;
}

/* Answers given to the person, under their own name and those of their limited keys. */
static int erase_answers(struct step *step)
{
    char name[CVN_ID_TEXT_BYTES];
    size_t n = 0;
    cvn_id_format(name, CVN_PERSON_PREFIX, &step->person);
    int r = cvn_replay_forget(step->ctx->txn, cvn_slice_of_string(name), CVN_ERASURE_ROWS_MAX, &n);
    return r || n == CVN_ERASURE_ROWS_MAX ? r : CVN_STORE_ABSENT;
}

struct phase_row {
    const struct cvn_index *index;
    int (*take)(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken);
};

static struct phase_row row_of(enum phase phase)
{
    switch (phase) {
    case MEMBERSHIPS:
        return (struct phase_row){&cvn_member_table.indexes[0], take_membership};
    case JOIN_REQUESTS:
        return (struct phase_row){&cvn_join_request_index, take_other};
    case BANS:
        return (struct phase_row){&cvn_ban_index, take_other};
    case INVITATIONS:
        return (struct phase_row){&cvn_invitation_indexes[CVN_INVITATION_BY_ADDRESSEE], take_other};
    case RSVPS:
        return (struct phase_row){&cvn_rsvp_table.indexes[0], take_rsvp};
    case COMMENTS:
        return (struct phase_row){&cvn_comment_index, take_comment};
    case REPORTS:
        return (struct phase_row){&cvn_report_index, take_other};
    case REASONS:
        return (struct phase_row){&cvn_move_reason_index, take_other};
    case ANSWERS:
    case KEYS:
    case PHASES:
        break;
    }
    return (struct phase_row){NULL, NULL};
}

/* Does what fits into one step of a phase. 0 when there is more, CVN_STORE_ABSENT at its end. */
static int do_phase(struct step *step)
{
    const struct phase_row row = row_of(step->erasure.phase);
    struct cvn_row_list list = {.index = row.index, .n_prefixes = 1, .take = row.take, .arg = step};
    if (!row.index)
        return step->erasure.phase == ANSWERS ? erase_answers(step) : erase_keys(step);
    if (step->erasure.phase == INVITATIONS) {
        cvn_invitation_to_person(&list.prefixes[0], &step->person);
        if (step->erasure.email[0])
            cvn_invitation_to_email(&list.prefixes[list.n_prefixes++], step->erasure.email);
    } else {
        cvn_key_init(&list.prefixes[0]);
        cvn_key_put_id(&list.prefixes[0], &step->person);
    }
    struct cvn_row_place whole = {.len = 0};
    bool stays = step->erasure.phase == RSVPS;
    return cvn_row_list_run(step->ctx, &list, CVN_ERASURE_ROWS_MAX,
                            stays ? &step->erasure.place : &whole);
}

static void tell(const struct erasure *erasure, Convene__Events__V1__ErasePersonResponse *reply)
{
    reply->memberships_ended = (int32_t)erasure->n_memberships;
    reply->rsvps_given_up = (int32_t)erasure->n_given_up;
    reply->rsvps_kept = (int32_t)erasure->n_kept;
    reply->comments_blanked = (int32_t)erasure->n_comments;
    reply->other_rows_deleted = (int32_t)erasure->n_other;
}

/* A phase that had nothing to do costs no step of its own. */
static int advance(struct step *step)
{
    struct erasure *erasure = &step->erasure;
    int r = CVN_STORE_ABSENT;
    while (r == CVN_STORE_ABSENT && erasure->phase < PHASES) {
        const struct erasure before = *erasure;
        r = do_phase(step);
        if (r != CVN_STORE_ABSENT)
            break;
        bool idle = before.n_memberships == erasure->n_memberships &&
                    before.n_given_up == erasure->n_given_up && before.n_kept == erasure->n_kept &&
                    before.n_comments == erasure->n_comments && before.n_other == erasure->n_other;
        erasure->phase++;
        erasure->place.len = 0;
        if (erasure->phase > INVITATIONS)
            erasure->email[0] = '\0';
        if (!idle)
            break;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_erasure_step(struct cvn_ctx *ctx, const struct cvn_id *person,
                     Convene__Events__V1__ErasePersonResponse *reply)
{
    struct step step = {.ctx = ctx, .person = *person};
    struct cvn_key key;
    int r = get(ctx, person, &step.erasure);
    if (r == 0)
        r = advance(&step);
    if (r)
        return r;
    tell(&step.erasure, reply);
    reply->done = step.erasure.phase == PHASES;
    if (!reply->done)
        return put(ctx, person, &step.erasure);
    row_key(&key, person);
    return cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
}
