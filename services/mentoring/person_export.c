/*
 * ExportPerson: enrolments by programme, then the person's mentorships, and of each the rows that
 * they wrote. A page ends at any row; its token names the last one.
 */
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/person_rows.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
};

#define RECORD(name) CONVENE__MENTORING__V1__PERSON_RECORD__RECORD_##name

struct export
{
    struct cvn_ctx *ctx;
    struct cvn_id person;
    char text[CVN_ID_TEXT_BYTES];
    Convene__Mentoring__V1__ExportPersonResponse *reply;
    size_t page_size;
    struct cvn_slice after; /* key of the last row of the page before; empty for the first */
    struct cvn_key last;
    bool more;
};

static Convene__Mentoring__V1__PersonRecord *
add(struct export *export, Convene__Mentoring__V1__PersonRecord__RecordCase kind)
{
    Convene__Mentoring__V1__PersonRecord *record =
        cvn_arena_alloc(export->ctx->arena, sizeof *record);
    if (!record)
        return NULL;
    convene__mentoring__v1__person_record__init(record);
    record->record_case = kind;
    export->reply->records[export->reply->n_records++] = record;
    return record;
}

static bool is_full(struct export *export)
{
    export->more = export->reply->n_records == export->page_size;
    return export->more;
}

static void remember(struct export *export, struct cvn_slice key)
{
    cvn_key_init(&export->last);
    cvn_key_put_raw(&export->last, key);
}

static bool begins_in(const struct export *export, uint8_t space)
{
    return export->after.len > 0 && ((const uint8_t *)export->after.data)[0] == space;
}

/* Where the rows of a page begin in the space: behind the last one. */
static void begin_key(const struct export *export, uint8_t space, struct cvn_key *ret)
{
    if (!begins_in(export, space)) {
        cvn_key_begin(ret, space);
        return;
    }
    cvn_key_init(ret);
    cvn_key_put_raw(ret, export->after);
    cvn_key_put_u8(ret, 0);
}

static int add_enrolments(struct export *export)
{
    struct cvn_id programs[CVN_PERSON_PROGRAMS_LOOKED_AT];
    struct cvn_key from;
    size_t n = CVN_PERSON_PROGRAMS_LOOKED_AT;
    int r = 0;
    begin_key(export, CVN_SPACE_PROGRAMS, &from);
    while (r == 0 && n == CVN_PERSON_PROGRAMS_LOOKED_AT) {
        r = cvn_person_programs(export->ctx, &from, programs, &n);
        for (size_t i = 0; r == 0 && i < n; i++) {
            struct cvn_key key;
            Convene__Mentoring__V1__Enrolment *e;
            cvn_enrolment_key(&key, &programs[i], &export->person);
            r = cvn_mentoring_get(export->ctx, &key, &convene__mentoring__v1__enrolment__descriptor,
                                  &e);
            if (r == 0 && is_full(export))
                return 0;
            if (r == 0)
                r = cvn_enrolment_show(export->ctx, e);
            if (r == 0) {
                Convene__Mentoring__V1__PersonRecord *record = add(export, RECORD(ENROLMENT));
                if (!record)
                    return -ENOMEM;
                record->enrolment = e;
                cvn_program_key(&key, &programs[i]);
                remember(export, cvn_key_slice(&key));
            }
            r = r == CVN_STORE_ABSENT ? 0 : r;
        }
    }
    return r;
}

/* A row of a mentorship, if it is the person's: the mentorship itself, or what they wrote. */
static int add_row(struct export *export, struct cvn_slice key, struct cvn_slice value,
                   Convene__Mentoring__V1__Role role)
{
    struct cvn_ctx *ctx = export->ctx;
    Convene__Mentoring__V1__PersonRecord *record = NULL;
    Convene__Mentoring__V1__Mentorship *mentorship;
    Convene__Mentoring__V1__LogEntry *entry;
    Convene__Mentoring__V1__Feedback *feedback;
    int r = 0;
    switch (((const uint8_t *)key.data)[cvn_mentorship_table.kind_at]) {
    case CVN_MENTORSHIP_ROW:
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__mentorship__descriptor, value,
                           &mentorship);
        if (r == 0 && (record = add(export, RECORD(MENTORSHIP))))
            record->mentorship = mentorship;
        break;
    case CVN_MENTORSHIP_LOG:
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__log_entry__descriptor, value, &entry);
        if (r || entry->author_role != role)
            return r;
        if ((record = add(export, RECORD(LOG_ENTRY))))
            record->log_entry = entry;
        break;
    case CVN_MENTORSHIP_FEEDBACK:
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__feedback__descriptor, value, &feedback);
        if (r || feedback->role != role)
            return r;
        if ((record = add(export, RECORD(FEEDBACK))))
            record->feedback = feedback;
        break;
    default:
        return 0;
    }
    if (r == 0 && !record)
        return -ENOMEM;
    if (r == 0)
        remember(export, key);
    return r;
}

static int add_mentorship(struct export *export, const struct cvn_id *id)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor = {0};
    Convene__Mentoring__V1__Mentorship *row;
    int r = cvn_mentorship_get(export->ctx, id, &row);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    cvn_key_begin(&lo, CVN_SPACE_MENTORSHIPS);
    cvn_key_put_id(&lo, id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    r = cvn_cursor_init(&cursor, export->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                        CVN_FORWARD);
    if (r == 0 && begins_in(export, CVN_SPACE_MENTORSHIPS) &&
        cvn_slice_compare(export->after, cvn_key_slice(&lo)) > 0 &&
        cvn_slice_compare(export->after, cvn_key_slice(&hi)) < 0)
        r = cvn_cursor_resume(&cursor, export->after);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (is_full(export))
            return 0;
        r = add_row(export, key, value, cvn_person_role_in(export->text, row));
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int add_mentorships(struct export *export)
{
    struct cvn_id ids[CVN_PERSON_MENTORSHIPS_LOOKED_AT], from = {{0}};
    size_t n = CVN_PERSON_MENTORSHIPS_LOOKED_AT;
    int r = 0;
    if (begins_in(export, CVN_SPACE_MENTORSHIPS)) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, export->after);
        (void)cvn_key_get_u8(&reader);
        from = cvn_key_get_id(&reader);
    }
    while (r == 0 && !export->more && n == CVN_PERSON_MENTORSHIPS_LOOKED_AT) {
        r = cvn_person_mentorships(export->ctx, &export->person, &from, ids, &n);
        for (size_t i = 0; r == 0 && !export->more && i < n; i++)
            r = add_mentorship(export, &ids[i]);
    }
    return r;
}

int cvn_person_export(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ExportPersonRequest *req = request;
    struct export export = {.ctx = ctx, .reply = reply};
    export.page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &req->base, &export.after);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r == 0)
        r = cvn_person_named(ctx, req->person_id, &export.person);
    if (r)
        return r;
    cvn_id_format(export.text, CVN_MENTORING_PERSON_PREFIX, &export.person);
    export.reply->records = cvn_arena_alloc_array(ctx->arena, export.page_size, sizeof(void *));
    if (!export.reply->records)
        return -ENOMEM;
    if (!begins_in(&export, CVN_SPACE_MENTORSHIPS))
        r = add_enrolments(&export);
    if (r == 0 && !export.more)
        r = add_mentorships(&export);
    if (r || !export.more)
        return r;
    export.reply->next_page_token =
        cvn_page_token_make(ctx, &req->base, cvn_key_slice(&export.last));
    return export.reply->next_page_token ? 0 : -ENOMEM;
}
