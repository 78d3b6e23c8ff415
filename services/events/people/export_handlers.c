/*
 * ExportPerson: everything held about a person, section by section in the order of PersonRecord.
 * A page is of one section and goes on where the one before ended.
 */
#include "convene/events/v1/privacy.pb-c.h"
#include "services/events/comments/comment_table.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/keys/key_table.h"
#include "services/events/people/person_table.h"
#include "services/events/people/privacy_handlers.h"
#include "services/events/record.h"
#include "services/events/row_list.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/runtime/page.h"
#include "storage/change_log.h"

#include <errno.h>
#include <string.h>

enum {
    CHANGES_SCANNED_MAX = 20000, /* entries looked at for one page */
    RSVP_MOVES_MAX = 1000,       /* of one RSVP */
    MOVE_BYTES_MAX = 1 << 16,
};

enum section {
    PROFILE,
    MEMBERSHIPS,
    JOIN_REQUESTS,
    BANS,
    INVITATIONS,
    RSVPS,
    COMMENTS,
    REPORTS,
    KEYS,
    CHANGES,
    SECTIONS,
};

#define RECORD(name) CONVENE__EVENTS__V1__PERSON_RECORD__RECORD_##name

/* An export under way. */
struct export
{
    struct cvn_ctx *ctx;
    struct cvn_id person;
    Convene__Events__V1__Person *profile;
    enum section section;
    size_t page_size;
    Convene__Events__V1__ExportPersonResponse *reply;
};

static Convene__Events__V1__PersonRecord *add(struct export *export)
{
    Convene__Events__V1__PersonRecord *record = cvn_arena_alloc(export->ctx->arena, sizeof *record);
    if (!record)
        return NULL;
    convene__events__v1__person_record__init(record);
    export->reply->records[export->reply->n_records++] = record;
    return record;
}

/* Puts a step behind the others; there is room for RSVP_MOVES_MAX. It is read where it is kept. */
static int add_move(struct export *export, const struct cvn_id *event, const struct cvn_move *move,
                    Convene__Events__V1__PersonRecord *record)
{
    Convene__Events__V1__RsvpMove **next = &record->moves[record->n_moves];
    int r = cvn_ctx_unpack(export->ctx, &convene__events__v1__rsvp_move__descriptor, move->packed,
                           next);
    if (r == 0)
        r = cvn_move_reason_fill(export->ctx, event, *next);
    record->n_moves += r == 0;
    return r;
}

/* The steps of the event's history that are about the person. */
static int add_moves(struct export *export, const struct cvn_id *event,
                     Convene__Events__V1__PersonRecord *record)
{
    CVN_CURSOR_AUTO cursor = {0};
    CVN_ARENA_AUTO scratch;
    char id[CVN_ID_TEXT_BYTES];
    cvn_id_format(id, CVN_PERSON_PREFIX, &export->person);
    cvn_arena_init(&scratch, MOVE_BYTES_MAX);
    record->moves = cvn_arena_alloc_array(export->ctx->arena, RSVP_MOVES_MAX, sizeof(void *));
    int r = record->moves ? cvn_move_walk(export->ctx, event, 0, &cursor) : -ENOMEM;
    while (r == 0 && record->n_moves < RSVP_MOVES_MAX) {
        struct cvn_move move;
        uint64_t number;
        cvn_arena_reset(&scratch);
        r = cvn_move_next(&cursor, &scratch, &number, &move);
        if (r == 0 && strcmp(move.message->person_id, id) == 0)
            r = add_move(export, event, &move, record);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int add_rsvp(struct export *export, struct cvn_slice key,
                    Convene__Events__V1__PersonRecord *record)
{
    struct cvn_id event, person;
    record->record_case = RECORD(RSVP);
    if (!cvn_rsvp_of_key(key, &event, &person))
        return -EUCLEAN;
    int r = cvn_rsvp_get(export->ctx, &event, &person, &record->rsvp);
    return r ? r : add_moves(export, &event, record);
}

static int add_comment(struct export *export, struct cvn_slice key,
                       Convene__Events__V1__PersonRecord *record)
{
    struct cvn_id event, comment;
    record->record_case = RECORD(COMMENT);
    return cvn_comment_of_key(key, &event, &comment)
               ? cvn_comment_get(export->ctx, &event, &comment, &record->comment)
               : -EUCLEAN;
}

static int add_invitation(struct export *export, struct cvn_slice key,
                          Convene__Events__V1__PersonRecord *record)
{
    struct cvn_invitation_row row;
    struct cvn_id id;
    record->record_case = RECORD(INVITATION);
    if (!cvn_invitation_of_key(key, &id))
        return -EUCLEAN;
    int r = cvn_invitation_get(export->ctx, &id, &row);
    record->invitation = r ? NULL : row.message;
    return r;
}

static int add_of_group(struct export *export, struct cvn_slice key,
                        Convene__Events__V1__PersonRecord *record)
{
    struct cvn_id group, person;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EUCLEAN;
    if (export->section == MEMBERSHIPS) {
        record->record_case = RECORD(MEMBERSHIP);
        return cvn_member_get(export->ctx, &group, &person, &record->membership);
    }
    if (export->section == JOIN_REQUESTS) {
        record->record_case = RECORD(JOIN_REQUEST);
        return cvn_join_request_get(export->ctx, &group, &person, &record->join_request);
    }
    record->record_case = RECORD(BAN);
    return cvn_ban_get(export->ctx, &group, &person, &record->ban);
}

static int add_report(struct export *export, struct cvn_slice key,
                      Convene__Events__V1__PersonRecord *record)
{
    struct cvn_id ids[3];
    record->record_case = RECORD(REPORT);
    return cvn_report_of_key(key, ids) ? cvn_report_get(export->ctx, ids, &record->report)
                                       : -EUCLEAN;
}

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    struct export *export = arg;
    Convene__Events__V1__PersonRecord *record = add(export);
    int r = -ENOMEM;
    (void)ctx;
    (void)value;
    (void)ret_taken;
    if (!record)
        return r;
    switch (export->section) {
    case MEMBERSHIPS:
    case JOIN_REQUESTS:
    case BANS:
        r = add_of_group(export, key, record);
        break;
    case INVITATIONS:
        r = add_invitation(export, key, record);
        break;
    case RSVPS:
        r = add_rsvp(export, key, record);
        break;
    case COMMENTS:
        r = add_comment(export, key, record);
        break;
    case REPORTS:
        r = add_report(export, key, record);
        break;
    case PROFILE:
    case KEYS:
    case CHANGES:
    case SECTIONS:
        r = -EINVAL;
        break;
    }
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* The index in which a section's rows are found by the person, NULL for one that has none. */
static const struct cvn_index *index_of(enum section section)
{
    switch (section) {
    case MEMBERSHIPS:
        return &cvn_member_table.indexes[0];
    case JOIN_REQUESTS:
        return &cvn_join_request_index;
    case BANS:
        return &cvn_ban_index;
    case INVITATIONS:
        return &cvn_invitation_indexes[CVN_INVITATION_BY_ADDRESSEE];
    case RSVPS:
        return &cvn_rsvp_table.indexes[0];
    case COMMENTS:
        return &cvn_comment_index;
    case REPORTS:
        return &cvn_report_index;
    case PROFILE:
    case KEYS:
    case CHANGES:
    case SECTIONS:
        break;
    }
    return NULL;
}

static int rows_page(struct export *export, struct cvn_row_place *place)
{
    struct cvn_row_list list = {
        .index = index_of(export->section), .n_prefixes = 1, .take = take, .arg = export};
    if (export->section == INVITATIONS) {
        cvn_invitation_to_person(&list.prefixes[0], &export->person);
        if (export->profile->email[0])
            cvn_invitation_to_email(&list.prefixes[list.n_prefixes++], export->profile->email);
    } else {
        cvn_key_init(&list.prefixes[0]);
        cvn_key_put_id(&list.prefixes[0], &export->person);
    }
    return cvn_row_list_run(export->ctx, &list, export->page_size, place);
}

static int profile_page(struct export *export)
{
    Convene__Events__V1__PersonRecord *record = add(export);
    if (!record)
        return -ENOMEM;
    record->record_case = RECORD(PROFILE);
    record->profile = export->profile;
    return CVN_STORE_ABSENT;
}

/* One holder has few keys: they go on one page, which the reply has room for. */
static int keys_page(struct export *export)
{
    const struct cvn_key_holder holder = {.person = export->person};
    struct cvn_key_walk walk = {0};
    struct cvn_key_row row;
    struct cvn_key at;
    int r = cvn_key_walk_init(&walk, export->ctx->txn, &holder, cvn_slice(NULL, 0));
    while (r == 0 && (r = cvn_key_walk_next(&walk, export->ctx->arena, &row, &at)) == 0) {
        Convene__Events__V1__PersonRecord *record = add(export);
        if (!record) {
            r = -ENOMEM;
            break;
        }
        record->record_case = RECORD(KEY);
        record->key = row.key;
    }
    cvn_key_walk_deinit(&walk);
    return r;
}

static bool mentions(struct cvn_slice text, const char *id)
{
    return text.len > 0 && memmem(text.data, text.len, id, strlen(id)) != NULL;
}

/* A slice of the log as text in the arena; NULL when it is spent. */
static char *text_of(struct cvn_arena *arena, struct cvn_slice slice)
{
    return cvn_arena_printf(arena, "%.*s", (int)slice.len,
                            slice.len > 0 ? (const char *)slice.data : "");
}

static int add_change(struct export *export, const struct cvn_change *change)
{
    struct cvn_arena *arena = export->ctx->arena;
    Convene__Events__V1__PersonRecord *record = add(export);
    Convene__Events__V1__LoggedChange *logged = cvn_arena_alloc(arena, sizeof *logged);
    const struct cvn_slice person = cvn_slice_of_string(CVN_PERSON_PREFIX "_");
    if (!record || !logged)
        return -ENOMEM;
    convene__events__v1__logged_change__init(logged);
    logged->sequence = (int64_t)change->sequence;
    logged->change_time = cvn_record_time(arena, change->time_ms);
    logged->subject = text_of(arena, change->subject);
    logged->kind = text_of(arena, change->kind);
    logged->principal = text_of(arena, change->principal);
    logged->reason = text_of(arena, change->reason);
    /* Of an event it is packed; of a person's row it is text. */
    bool is_text = change->detail.len > person.len &&
                   memcmp(change->detail.data, person.data, person.len) == 0;
    logged->detail = text_of(arena, is_text ? change->detail : cvn_slice(NULL, 0));
    record->record_case = RECORD(CHANGE);
    record->change = logged;
    return logged->change_time && logged->subject && logged->kind && logged->principal &&
                   logged->reason && logged->detail
               ? 0
               : -ENOMEM;
}

/* The place is the number of the entry looked at last. */
static int changes_page(struct export *export, struct cvn_row_place *place)
{
    struct cvn_key_reader reader;
    struct cvn_change_bounds bounds;
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    char id[CVN_ID_TEXT_BYTES];
    cvn_id_format(id, CVN_PERSON_PREFIX, &export->person);
    cvn_key_reader_init(&reader, cvn_slice(place->bytes, place->len));
    uint64_t after = place->len > 0 ? cvn_key_get_u64(&reader) : 0;
    int r = cvn_change_bounds(export->ctx->txn, &bounds);
    if (r == 0 && after + 1 < bounds.first)
        after = bounds.first - 1; /* trimmed meanwhile */
    if (r == 0)
        r = cvn_change_cursor_init(&cursor, export->ctx->txn, after);
    for (size_t n = 0; r == 0 && n < CHANGES_SCANNED_MAX; n++) {
        struct cvn_change change;
        if (export->reply->n_records == export->page_size)
            break;
        r = cvn_change_cursor_next(&cursor, &change);
        if (r)
            break;
        after = change.sequence;
        if (mentions(change.principal, id) || mentions(change.subject, id) ||
            mentions(change.detail, id))
            r = add_change(export, &change);
    }
    struct cvn_key at;
    cvn_key_init(&at);
    cvn_key_put_u64(&at, after);
    memcpy(place->bytes, at.bytes, at.len);
    place->len = at.len;
    return r;
}

static int section_page(struct export *export, struct cvn_row_place *place)
{
    switch (export->section) {
    case PROFILE:
        return profile_page(export);
    case KEYS:
        return keys_page(export);
    case CHANGES:
        return changes_page(export, place);
    case MEMBERSHIPS:
    case JOIN_REQUESTS:
    case BANS:
    case INVITATIONS:
    case RSVPS:
    case COMMENTS:
    case REPORTS:
    case SECTIONS:
        break;
    }
    return rows_page(export, place);
}

/* Where the page before ended: the section, and the place in it. */
static int read_token(struct cvn_ctx *ctx, const Convene__Events__V1__ExportPersonRequest *req,
                      struct export *export, struct cvn_row_place *place)
{
    struct cvn_slice at = {NULL, 0};
    (void)cvn_page_token_read(ctx, &req->base, &at);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r || at.len == 0)
        return r;
    export->section = *(const uint8_t *)at.data;
    place->len = at.len - 1;
    if (export->section >= SECTIONS || place->len > sizeof place->bytes)
        return -EBADMSG; /* it was sealed here */
    if (place->len > 0)
        memcpy(place->bytes, (const uint8_t *)at.data + 1, place->len);
    return 0;
}

static int write_token(struct cvn_ctx *ctx, const Convene__Events__V1__ExportPersonRequest *req,
                       struct export *export, const struct cvn_row_place *place)
{
    uint8_t at[1 + sizeof place->bytes];
    at[0] = (uint8_t) export->section;
    memcpy(at + 1, place->bytes, place->len);
    export->reply->next_page_token =
        cvn_page_token_make(ctx, &req->base, cvn_slice(at, 1 + place->len));
    return export->reply->next_page_token ? 0 : -ENOMEM;
}

static int begin(struct cvn_ctx *ctx, const Convene__Events__V1__ExportPersonRequest *req,
                 struct export *export)
{
    int r = cvn_person_meant(ctx, "person_id", req->person_id, &export->person);
    if (r == 0)
        r = cvn_person_find(ctx, &export->person, &export->profile);
    if (r)
        return r;
    if (!cvn_person_is_caller(ctx, &export->person) && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "export what is held about somebody else");
    export->page_size = (size_t)cvn_page_size(ctx, req->page_size, CVN_ROW_LIST_PAGE_DEFAULT,
                                              CVN_ROW_LIST_PAGE_MAX);
    export->reply->records = cvn_arena_alloc_array(
        ctx->arena, export->page_size + CVN_KEYS_PER_HOLDER_MAX, sizeof(void *));
    return export->reply->records ? 0 : -ENOMEM;
}

int cvn_privacy_export(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ExportPersonRequest *req = request;
    struct export export = {.ctx = ctx, .reply = reply};
    struct cvn_row_place place = {.len = 0};
    int r = begin(ctx, req, &export);
    if (r == 0)
        r = read_token(ctx, req, &export, &place);
    if (r == 0)
        r = section_page(&export, &place);
    if (r == CVN_STORE_ABSENT) {
        place.len = 0;
        r = ++export.section == SECTIONS ? CVN_STORE_ABSENT : 0;
    }
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    return write_token(ctx, req, &export, &place);
}
