#include "services/mentoring/enrolment_write.h"

#include "cohort/enrolment_check.h"
#include "services/mentoring/change.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/people_source.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/mentoring/waiting.h"

#include <errno.h>
#include <string.h>

enum { REFERENCES_MAX = 1 + CVN_ENROLMENT_EXCLUDED_MAX + CVN_ENROLMENT_RANKED_MAX };

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name
#define STATE(name) CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_##name
#define OUTCOME(name) CONVENE__MENTORING__V1__ENROLMENT_RESULT__OUTCOME__OUTCOME_##name

static struct cvn_mentoring *service_of(const struct cvn_ctx *ctx)
{
    return ctx->service;
}

/* Refuses the draft for its problems. 0 or -ENOMEM. */
static int refuse_draft(struct cvn_ctx *ctx, struct cvn_enrolment_draft *draft,
                        const struct cvn_problems *problems, enum cvn_code code)
{
    draft->refused = cvn_arena_alloc(ctx->arena, sizeof *draft->refused);
    if (!draft->refused)
        return -ENOMEM;
    cvn_status_from_problems(draft->refused, ctx->arena, problems);
    draft->refused->code = code;
    return 0;
}

int cvn_enrolment_check_draft(struct cvn_ctx *ctx, struct cvn_enrolment_draft *draft)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, ctx->arena);
    int r =
        cvn_enrolment_check(&problems, draft->path, draft->asked, service_of(ctx)->options.zones);
    if (r == 0 && problems.total > 0)
        r = refuse_draft(ctx, draft, &problems, CVN_INVALID_ARGUMENT);
    return r;
}

static void add_keys(struct cvn_people *people, char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        people->keys[people->n++] = keys[i];
}

static int ask(struct cvn_ctx *ctx, struct cvn_enrolment_draft *drafts, size_t n,
               struct cvn_people *people)
{
    people->keys = cvn_arena_alloc_array(ctx->arena, n * REFERENCES_MAX, sizeof *people->keys);
    if (!people->keys)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const Convene__Mentoring__V1__Enrolment *asked = drafts[i].asked;
        if (drafts[i].refused)
            continue;
        add_keys(people, &asked->person_id, 1);
        add_keys(people, asked->excluded_ids, asked->n_excluded_ids);
        add_keys(people, asked->ranked_ids, asked->n_ranked_ids);
    }
    if (people->n == 0)
        return 0;
    return cvn_people_get(service_of(ctx)->options.events, ctx->arena,
                          cvn_people_subject(&ctx->who), people, ctx->status) == CVN_OK
               ? 0
               : CVN_REFUSED;
}

static void note_unknown(struct cvn_problems *problems, const char *field, const char *key)
{
    cvn_problems_add(problems, field,
                     "names \"%.60s\", and there is no such person; register them first, with "
                     "`convene people create` or `convene people import`",
                     key);
}

/* Turns ids and e-mails into ids; notes a problem for each that is nobody's. */
static char **resolve_list(struct cvn_problems *problems, const struct cvn_people *people,
                           const char *field, char *const *keys, size_t n)
{
    char **ids = cvn_arena_alloc_array(problems->arena, n, sizeof *ids);
    for (size_t i = 0; ids && i < n; i++) {
        const Convene__Events__V1__Person *person = cvn_people_find(people, keys[i]);
        const char *at = person ? "" : cvn_arena_printf(problems->arena, "%s[%zu]", field, i);
        if (person)
            ids[i] = person->id;
        else
            note_unknown(problems, at ? at : field, keys[i]);
    }
    return ids;
}

static void set_defaults(Convene__Mentoring__V1__Enrolment *e,
                         const Convene__Events__V1__Person *person)
{
    static char english[] = "en", utc[] = "UTC";
    static char *only_english[] = {english};
    if (e->n_languages == 0) {
        e->languages = person->n_languages ? person->languages : only_english;
        e->n_languages = person->n_languages ? person->n_languages : 1;
    }
    if (!e->time_zone[0])
        e->time_zone = person->time_zone[0] ? person->time_zone : utc;
    cvn_enrolment_set_levels(e);
}

static int complete_draft(struct cvn_ctx *ctx, struct cvn_enrolment_draft *draft,
                          const struct cvn_people *people)
{
    struct cvn_problems problems;
    Convene__Mentoring__V1__Enrolment *e = &draft->enrolment;
    cvn_problems_init(&problems, ctx->arena);
    *e = *draft->asked;
    e->base.n_unknown_fields = 0;
    const char *field = cvn_arena_printf(ctx->arena, "%s.person_id", draft->path);
    const char *excluded = cvn_arena_printf(ctx->arena, "%s.excluded_ids", draft->path);
    const char *ranked = cvn_arena_printf(ctx->arena, "%s.ranked_ids", draft->path);
    if (!field || !excluded || !ranked)
        return -ENOMEM;
    const Convene__Events__V1__Person *person = cvn_people_find(people, draft->asked->person_id);
    if (!person)
        note_unknown(&problems, field, draft->asked->person_id);
    e->excluded_ids = resolve_list(&problems, people, excluded, e->excluded_ids, e->n_excluded_ids);
    e->ranked_ids = resolve_list(&problems, people, ranked, e->ranked_ids, e->n_ranked_ids);
    if (!e->excluded_ids || !e->ranked_ids)
        return -ENOMEM;
    if (problems.total > 0)
        return refuse_draft(ctx, draft, &problems, CVN_NOT_FOUND);
    e->person_id = person->id;
    e->display_name = person->display_name;
    if (!cvn_id_parse(&draft->person, CVN_MENTORING_PERSON_PREFIX, person->id))
        return -EBADMSG;
    set_defaults(e, person);
    return 0;
}

int cvn_enrolment_resolve(struct cvn_ctx *ctx, struct cvn_enrolment_draft *drafts, size_t n)
{
    struct cvn_people people = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = cvn_enrolment_check_draft(ctx, &drafts[i]);
    if (r == 0)
        r = ask(ctx, drafts, n, &people);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (!drafts[i].refused)
            r = complete_draft(ctx, &drafts[i], &people);
    return r;
}

static int count(struct cvn_ctx *ctx, const struct cvn_id *program,
                 const Convene__Mentoring__V1__Enrolment *before,
                 const Convene__Mentoring__V1__Enrolment *enrolment)
{
    struct cvn_program_counts counts;
    int r = cvn_program_counts_get(ctx, program, &counts);
    if (r)
        return r;
    if (before && before->state == STATE(ACTIVE))
        *(before->role == ROLE(MENTOR) ? &counts.n_mentors : &counts.n_mentees) -= 1;
    if (enrolment->state == STATE(ACTIVE))
        *(enrolment->role == ROLE(MENTOR) ? &counts.n_mentors : &counts.n_mentees) += 1;
    return cvn_program_counts_put(ctx, program, &counts);
}

static bool is_waiting(const Convene__Mentoring__V1__Enrolment *e)
{
    return e && e->state == STATE(ACTIVE) && e->role == ROLE(MENTEE);
}

/* A mentee waits from when they take part; who leaves, or becomes a mentor, waits no more. */
static int keep_waiting(struct cvn_ctx *ctx, const struct cvn_id *program,
                        const struct cvn_id *person,
                        const Convene__Mentoring__V1__Enrolment *before,
                        const Convene__Mentoring__V1__Enrolment *after)
{
    if (is_waiting(before) == is_waiting(after))
        return 0;
    return is_waiting(after) ? cvn_waiting_add(ctx, program, person, ctx->now_ms)
                             : cvn_waiting_remove(ctx, program, person, NULL);
}

int cvn_enrolment_replace(struct cvn_ctx *ctx, const struct cvn_id *program,
                          const struct cvn_id *person,
                          const Convene__Mentoring__V1__Enrolment *before,
                          Convene__Mentoring__V1__Enrolment *enrolment)
{
    struct cvn_key key;
    cvn_enrolment_key(&key, program, person);
    enrolment->revision = before ? before->revision + 1 : 1;
    enrolment->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    enrolment->waiting_since_time = NULL;
    int r = cvn_mentoring_put(ctx, &cvn_enrolment_table, &key, &enrolment->base);
    if (r == 0)
        r = count(ctx, program, before, enrolment);
    if (r == 0)
        r = keep_waiting(ctx, program, person, before, enrolment);
    return r ? r
             : cvn_mentoring_note_change(ctx, enrolment->id,
                                         enrolment->state == STATE(WITHDRAWN)
                                             ? "enrolment.withdrawn"
                                         : before ? "enrolment.changed"
                                                  : "enrolment.created");
}

int cvn_enrolment_show(struct cvn_ctx *ctx, Convene__Mentoring__V1__Enrolment *enrolment)
{
    struct cvn_id program, person;
    int64_t since_ms;
    enrolment->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    enrolment->waiting_since_time = NULL;
    if (!cvn_id_parse(&program, CVN_PROGRAM_PREFIX, enrolment->program_id) ||
        !cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, enrolment->person_id))
        return -EUCLEAN;
    enrolment->etag = cvn_mentoring_etag(ctx, &enrolment->base);
    if (!enrolment->etag)
        return -ENOMEM;
    int r = is_waiting(enrolment) ? cvn_waiting_get(ctx, &program, &person, &since_ms)
                                  : CVN_STORE_ABSENT;
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    enrolment->waiting_since_time = cvn_mentoring_time(ctx->arena, since_ms);
    return enrolment->waiting_since_time ? 0 : -ENOMEM;
}

static int same(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Enrolment *a,
                const Convene__Mentoring__V1__Enrolment *b, bool *ret)
{
    struct cvn_slice pa, pb;
    int r = cvn_ctx_pack(ctx, &a->base, &pa);
    if (r == 0)
        r = cvn_ctx_pack(ctx, &b->base, &pb);
    *ret = r == 0 && cvn_slice_compare(pa, pb) == 0;
    return r;
}

/* What the server sets, from what was there or anew. */
static int stamp(struct cvn_ctx *ctx, const struct cvn_id *program,
                 const Convene__Mentoring__V1__Enrolment *before,
                 Convene__Mentoring__V1__Enrolment *e)
{
    struct cvn_id id = cvn_ctx_new_id(ctx);
    Google__Protobuf__Timestamp *now = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    e->id = before ? before->id : cvn_ctx_id_text(ctx, CVN_ENROLMENT_PREFIX, &id);
    e->program_id = cvn_ctx_id_text(ctx, CVN_PROGRAM_PREFIX, program);
    e->state = STATE(ACTIVE);
    e->create_time = before ? before->create_time : now;
    e->update_time = before ? before->update_time : now;
    e->revision = before ? before->revision : 0;
    e->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    e->waiting_since_time = NULL;
    return e->id && e->program_id && now ? 0 : -ENOMEM;
}

/* Who has a mentor or mentees stays on that side until those are done. */
static int check_role(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Enrolment *before,
                      const Convene__Mentoring__V1__Enrolment *e, const struct cvn_id *person)
{
    struct cvn_mentorship_walk walk;
    struct cvn_id id;
    Convene__Mentoring__V1__Mentorship *row;
    bool open = false;
    if (before->role == e->role || before->state != STATE(ACTIVE))
        return 0;
    int r = cvn_mentorship_walk_open(&walk, ctx, person);
    while (r == 0 && !open && (r = cvn_mentorship_walk_next(&walk, &id, &row)) == 0)
        open = strcmp(row->program_id, before->program_id) == 0;
    cvn_mentorship_walk_end(&walk);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    return open ? cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "HAS_MENTORSHIP",
                                       "%s has a mentorship and cannot change sides before it is "
                                       "done.",
                                       before->display_name)
                : 0;
}

int cvn_enrolment_store(struct cvn_ctx *ctx, const struct cvn_id *program,
                        struct cvn_enrolment_draft *draft, struct cvn_enrolment_how how,
                        Convene__Mentoring__V1__EnrolmentResult__Outcome *ret_outcome)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Enrolment *e = &draft->enrolment, *before = NULL;
    bool unchanged = false;
    cvn_enrolment_key(&key, program, &draft->person);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &before);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    if (r == 0 && how.create_only && before->state == STATE(ACTIVE))
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "ENROLLED",
                                    "%s is enrolled in this programme already.", e->display_name);
    r = before ? check_role(ctx, before, e, &draft->person) : 0;
    if (r == 0)
        r = stamp(ctx, program, before, e);
    if (r == 0 && before)
        r = same(ctx, before, e, &unchanged);
    if (r)
        return r;
    *ret_outcome = !before ? OUTCOME(CREATED) : unchanged ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
    if (unchanged || how.validate_only)
        return 0;
    if (before)
        e->update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    return e->update_time ? cvn_enrolment_replace(ctx, program, &draft->person, before, e)
                          : -ENOMEM;
}
