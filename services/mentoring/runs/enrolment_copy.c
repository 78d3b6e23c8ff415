#include "services/mentoring/runs/enrolment_copy.h"

#include <string.h>

/* A text that finds no memory in the table is copied each time. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct cvn_shared_text {
    UT_hash_handle hh;
    char text[];
};

/* The one copy of a text. NULL when the arena is spent; so the others. */
static char *share(struct cvn_enrolment_copier *copier, const char *text)
{
    struct cvn_shared_text *shared;
    size_t len = strlen(text);
    HASH_FIND(hh, copier->texts, text, len, shared);
    if (!shared) {
        shared = cvn_arena_alloc(copier->arena, sizeof *shared + len + 1);
        if (!shared)
            return NULL;
        memcpy(shared->text, text, len + 1);
        HASH_ADD_KEYPTR(hh, copier->texts, shared->text, len, shared);
    }
    return shared->text;
}

static char *copy(struct cvn_enrolment_copier *copier, const char *text)
{
    return cvn_arena_strdup(copier->arena, text);
}

/* The texts of a list, each by the function. */
static bool copy_texts(struct cvn_enrolment_copier *copier, char ***texts, size_t n,
                       char *(*one)(struct cvn_enrolment_copier *copier, const char *text))
{
    char *const *from = *texts;
    *texts = n > 0 ? cvn_arena_alloc_array(copier->arena, n, sizeof **texts) : NULL;
    bool ok = n == 0 || *texts;
    for (size_t i = 0; ok && i < n; i++) {
        (*texts)[i] = one(copier, from[i]);
        ok = (*texts)[i] != NULL;
    }
    return ok;
}

static bool copy_skills(struct cvn_enrolment_copier *copier, Convene__Mentoring__V1__Enrolment *e)
{
    Convene__Mentoring__V1__Skill *const *from = e->skills;
    e->skills = cvn_arena_alloc_array(copier->arena, e->n_skills, sizeof *e->skills);
    Convene__Mentoring__V1__Skill *skills =
        cvn_arena_alloc_array(copier->arena, e->n_skills, sizeof *skills);
    bool ok = e->skills && skills;
    for (size_t i = 0; ok && i < e->n_skills; i++) {
        skills[i] = *from[i];
        skills[i].name = share(copier, from[i]->name);
        e->skills[i] = &skills[i];
        ok = skills[i].name != NULL;
    }
    return ok;
}

static bool copy_spans(struct cvn_enrolment_copier *copier, Convene__Mentoring__V1__Enrolment *e)
{
    Convene__Mentoring__V1__WeeklySpan *const *from = e->availability;
    size_t n = e->n_availability;
    e->availability = cvn_arena_alloc_array(copier->arena, n, sizeof *e->availability);
    Convene__Mentoring__V1__WeeklySpan *spans =
        cvn_arena_alloc_array(copier->arena, n, sizeof *spans);
    for (size_t i = 0; e->availability && spans && i < n; i++) {
        spans[i] = *from[i];
        e->availability[i] = &spans[i];
    }
    return e->availability && spans;
}

Convene__Mentoring__V1__Enrolment *
cvn_enrolment_copy(struct cvn_enrolment_copier *copier,
                   const Convene__Mentoring__V1__Enrolment *enrolment)
{
    Convene__Mentoring__V1__Enrolment *e =
        cvn_arena_copy(copier->arena, enrolment, sizeof *enrolment);
    if (!e)
        return NULL;
    e->update_time = e->waiting_since_time = NULL;
    e->etag = (char *)(uintptr_t)protobuf_c_empty_string;
    e->base.n_unknown_fields = 0;
    e->base.unknown_fields = NULL;
    e->id = copy(copier, e->id);
    e->person_id = copy(copier, e->person_id);
    e->display_name = copy(copier, e->display_name);
    e->program_id = share(copier, e->program_id);
    e->time_zone = share(copier, e->time_zone);
    bool ok = e->id && e->person_id && e->display_name && e->program_id && e->time_zone;
    if (ok && e->create_time)
        e->create_time = cvn_arena_copy(copier->arena, e->create_time, sizeof *e->create_time);
    if (ok && e->n_goals > 0)
        e->goals = cvn_arena_copy(copier->arena, e->goals, e->n_goals * sizeof *e->goals);
    ok = ok && (e->create_time || !enrolment->create_time) && (e->goals || e->n_goals == 0);
    ok = ok && copy_skills(copier, e) && copy_spans(copier, e);
    ok = ok && copy_texts(copier, &e->languages, e->n_languages, share);
    ok = ok && copy_texts(copier, &e->conflict_tags, e->n_conflict_tags, share);
    ok = ok && copy_texts(copier, &e->excluded_ids, e->n_excluded_ids, copy);
    ok = ok && copy_texts(copier, &e->ranked_ids, e->n_ranked_ids, copy);
    return ok ? e : NULL;
}

void cvn_enrolment_copier_deinit(struct cvn_enrolment_copier *copier)
{
    HASH_CLEAR(hh, copier->texts);
}
