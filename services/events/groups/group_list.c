/*
 * ListGroups. The narrowest filter given names the index that is walked or gathered from (member,
 * place, topic, city, else all slugs); the others are asked of each group it yields. Every source
 * is in the order of slugs, so that pages follow one another whatever the filters.
 */
#include "base/geo.h"
#include "base/text.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_handlers.h"
#include "services/events/groups/group_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
    LOOKED_AT_MAX = 2000, /* groups for one page; a page may be short, and its token goes on */
    NEARBY_MAX = 20000, /* groups put in order for a circle; if there are more, slugs are walked */
    RANGES_MAX = 16,
    SCRATCH_BYTES_MAX = 4 << 20,
    SLUG_BYTES = CVN_GROUP_SLUG_MAX + 4,
};

enum source { BY_SLUG, BY_CITY, BY_TOPIC, BY_PLACE, BY_MEMBER };

struct list {
    struct cvn_ctx *ctx;
    const Convene__Events__V1__ListGroupsRequest *req;
    Convene__Events__V1__ListGroupsResponse *reply;
    struct cvn_slice city;  /* folded; empty: any */
    struct cvn_slice topic; /* folded; empty: any */
    struct cvn_id member;
    enum source source;
    size_t page_size;
    size_t looked_at;
    bool more;             /* the page ended before the groups did */
    char last[SLUG_BYTES]; /* slug after which the next page begins; at first the one of this */
};

struct nearby {
    struct cvn_id id;
    const char *slug;
};

int cvn_groups_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ListGroupsRequest *req = request;
    cvn_field_check_circle(&ctx->problems, "near", req->near);
    cvn_field_check_line(&ctx->problems, "city", req->city, CVN_FIELD_CITY_MAX, false);
    cvn_field_check_line(&ctx->problems, "topic", req->topic, CVN_FIELD_TOPIC_BYTES_MAX, false);
    return cvn_ctx_refuse_problems(ctx);
}

static bool has_word(struct cvn_arena *scratch, const char *word, struct cvn_slice folded)
{
    struct cvn_slice other;
    return cvn_group_word(scratch, word, &other) == 0 && cvn_slice_compare(other, folded) == 0;
}

static bool is_near(const Convene__Events__V1__Circle *circle,
                    const Convene__Events__V1__LatLng *at)
{
    if (!at)
        return false;
    struct cvn_point a = {circle->center->latitude, circle->center->longitude};
    struct cvn_point b = {at->latitude, at->longitude};
    return cvn_geo_distance_m(a, b) <= circle->radius_m;
}

static bool matches(const struct list *list, struct cvn_arena *scratch,
                    const Convene__Events__V1__Group *group)
{
    if (list->city.len > 0 && !has_word(scratch, group->city, list->city))
        return false;
    bool topic_found = list->topic.len == 0;
    for (size_t i = 0; i < group->n_topics && !topic_found; i++)
        topic_found = has_word(scratch, group->topics[i], list->topic);
    return topic_found && (!list->req->near || is_near(list->req->near, group->location));
}

/* Whether a filter is left that the source does not answer by itself. */
static bool must_match(const struct list *list)
{
    return list->req->near || (list->city.len > 0 && list->source != BY_CITY) ||
           (list->topic.len > 0 && list->source != BY_TOPIC);
}

/* Reads what may be turned away into memory of its own, so that it does not add up in the call's.
 */
static int ask(const struct list *list, const struct cvn_id *id, bool *ret_matches)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Group *group;
    cvn_group_key(&key, id);
    int r = cvn_table_get(list->ctx->txn, &cvn_group_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_record_unpack(&scratch, &convene__events__v1__group__descriptor, value, &group);
    if (r == 0)
        *ret_matches = matches(list, &scratch, group);
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* Takes the next group in the order of slugs; sets more when the page is full. 0 or a fault. */
static int take(struct list *list, const struct cvn_id *id, const char *slug)
{
    bool wanted = true;
    if (list->reply->n_groups == list->page_size || list->looked_at == LOOKED_AT_MAX) {
        list->more = true;
        return 0;
    }
    list->looked_at++;
    Convene__Events__V1__Group **next = &list->reply->groups[list->reply->n_groups];
    int r = must_match(list) ? ask(list, id, &wanted) : 0;
    if (r == 0 && wanted)
        r = cvn_group_get(list->ctx, id, next);
    if (r == 0 && wanted)
        wanted = list->req->include_archived || !(*next)->archive_time;
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    list->reply->n_groups += wanted;
    memcpy(list->last, slug, strlen(slug) + 1);
    return 0;
}

/* [lo, hi) of the index: what the filter names, from behind the last slug. */
static void index_bounds(const struct list *list, struct cvn_key *lo, struct cvn_key *hi)
{
    struct cvn_key first;
    cvn_key_init(&first);
    if (list->source == BY_CITY)
        cvn_key_put_text(&first, list->city);
    if (list->source == BY_TOPIC)
        cvn_key_put_text(&first, list->topic);
    cvn_key_init(hi);
    if (first.len > 0)
        cvn_key_prefix_end(hi, cvn_key_slice(&first));
    *lo = first;
    if (list->last[0]) {
        cvn_key_put_text(&first, cvn_slice_of_string(list->last));
        cvn_key_prefix_end(lo, cvn_key_slice(&first));
    }
}

static bool slug_of_entry(const struct list *list, struct cvn_slice key, char slug[SLUG_BYTES])
{
    struct cvn_key_reader reader;
    char word[CVN_KEY_BYTES_MAX];
    cvn_key_reader_init(&reader, key);
    if (list->source != BY_SLUG)
        (void)cvn_key_get_text(&reader, word, sizeof word);
    struct cvn_slice text = cvn_key_get_text(&reader, slug, SLUG_BYTES - 1);
    if (!cvn_key_reader_done(&reader))
        return false;
    slug[text.len] = '\0';
    return true;
}

static int walk_index(struct list *list)
{
    static const int index_of[] = {[BY_SLUG] = CVN_GROUP_BY_SLUG,
                                   [BY_CITY] = CVN_GROUP_BY_CITY,
                                   [BY_TOPIC] = CVN_GROUP_BY_TOPIC};
    const struct cvn_index *index = &cvn_group_indexes[index_of[list->source]];
    struct cvn_key lo, hi;
    index_bounds(list, &lo, &hi);
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, list->ctx->txn, index, bounds, CVN_FORWARD);
    while (r == 0 && !list->more) {
        struct cvn_index_entry entry;
        struct cvn_id id;
        char slug[SLUG_BYTES];
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0 &&
            (!slug_of_entry(list, entry.key, slug) || !cvn_group_of_key(entry.primary, &id)))
            r = -EUCLEAN;
        if (r == 0)
            r = take(list, &id, slug);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int compare_slugs(const void *a, const void *b)
{
    return strcmp(((const struct nearby *)a)->slug, ((const struct nearby *)b)->slug);
}

static int take_in_order(struct list *list, struct nearby *groups, size_t n)
{
    int r = 0;
    qsort(groups, n, sizeof *groups, compare_slugs);
    char after[SLUG_BYTES];
    memcpy(after, list->last, sizeof after);
    for (size_t i = 0; i < n && r == 0 && !list->more; i++) {
        if (strcmp(groups[i].slug, after) > 0)
            r = take(list, &groups[i].id, groups[i].slug);
    }
    return r;
}

/* Adds what one range of codes holds. 1 when there is more than can be put in order. */
static int gather_range(const struct list *list, struct cvn_arena *scratch,
                        const struct cvn_geo_range *range, struct nearby *groups, size_t *n)
{
    struct cvn_key lo, last, hi;
    cvn_key_init(&lo);
    cvn_key_put_u64(&lo, range->first);
    cvn_key_init(&last);
    cvn_key_put_u64(&last, range->last);
    cvn_key_prefix_end(&hi, cvn_key_slice(&last));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, list->ctx->txn, &cvn_group_indexes[CVN_GROUP_BY_PLACE],
                                  bounds, CVN_FORWARD);
    while (r == 0) {
        struct cvn_index_entry entry;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r != 0)
            break;
        if (*n == NEARBY_MAX)
            return 1;
        groups[*n].slug = cvn_arena_copy(scratch, entry.value.data, entry.value.len);
        if (!groups[*n].slug)
            return -ENOMEM;
        if (!cvn_group_of_key(entry.primary, &groups[(*n)++].id))
            return -EUCLEAN;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int list_nearby(struct list *list)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    const Convene__Events__V1__Circle *near = list->req->near;
    struct cvn_geo_range ranges[RANGES_MAX];
    struct cvn_point centre = {near->center->latitude, near->center->longitude};
    size_t n_ranges = cvn_geo_cover(centre, near->radius_m, ranges, RANGES_MAX), n = 0;
    struct nearby *groups = cvn_arena_alloc_array(&scratch, NEARBY_MAX, sizeof *groups);
    int r = groups ? 0 : -ENOMEM;
    for (size_t i = 0; i < n_ranges && r == 0; i++)
        r = gather_range(list, &scratch, &ranges[i], groups, &n);
    if (r == 0)
        return take_in_order(list, groups, n);
    if (r < 0)
        return r;
    list->source = BY_SLUG;
    return walk_index(list);
}

static int list_of_member(struct list *list)
{
    struct cvn_id *ids;
    size_t n;
    int r = cvn_member_groups(list->ctx, &list->member, &ids, &n);
    if (r != 0)
        return r;
    struct nearby *groups = cvn_arena_alloc_array(list->ctx->arena, n, sizeof *groups);
    if (!groups)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        Convene__Events__V1__Group *group;
        r = cvn_group_get(list->ctx, &ids[i], &group);
        if (r != 0)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        groups[i] = (struct nearby){ids[i], group->slug};
    }
    return take_in_order(list, groups, n);
}

/* Who is in which groups is told to the person and to administrators. */
static int read_member(struct list *list)
{
    struct cvn_ctx *ctx = list->ctx;
    int r = cvn_person_meant(ctx, "member_id", list->req->member_id, &list->member);
    if (r == 0 && ctx->who.kind != CVN_PRINCIPAL_ADMIN &&
        !(ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, &list->member)))
        return cvn_ctx_refuse_access(ctx, "see the groups of somebody else");
    list->source = BY_MEMBER;
    return r;
}

static int read_word(struct list *list, const char *word, enum source source, struct cvn_slice *ret)
{
    int r = word[0] ? cvn_group_word(list->ctx->arena, word, ret) : 0;
    if (ret->len > 0)
        list->source = source;
    return r == CVN_TEXT_INVALID ? -EBADMSG : r; /* checked to be UTF-8 before */
}

static int read_request(struct list *list)
{
    struct cvn_slice after = {NULL, 0};
    struct cvn_ctx *ctx = list->ctx;
    list->page_size = (size_t)cvn_page_size(ctx, list->req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &list->req->base, &after);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    if (after.len >= sizeof list->last)
        return -EBADMSG; /* it was sealed here */
    if (after.len > 0)
        memcpy(list->last, after.data, after.len);
    int r = read_word(list, list->req->city, BY_CITY, &list->city);
    if (r == 0)
        r = read_word(list, list->req->topic, BY_TOPIC, &list->topic);
    if (r == 0 && list->req->near)
        list->source = BY_PLACE;
    return r == 0 && list->req->member_id[0] ? read_member(list) : r;
}

static int walk(struct list *list)
{
    switch (list->source) {
    case BY_MEMBER:
        return list_of_member(list);
    case BY_PLACE:
        return list_nearby(list);
    case BY_TOPIC:
    case BY_CITY:
    case BY_SLUG:
        break;
    }
    return walk_index(list);
}

int cvn_groups_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct list list = {.ctx = ctx, .req = request, .reply = reply};
    int r = read_request(&list);
    if (r != 0)
        return r;
    list.reply->groups = cvn_arena_alloc_array(ctx->arena, list.page_size, sizeof(void *));
    if (!list.reply->groups)
        return -ENOMEM;
    r = walk(&list);
    if (r != 0 || !list.more)
        return r;
    list.reply->next_page_token =
        cvn_page_token_make(ctx, &list.req->base, cvn_slice_of_string(list.last));
    return list.reply->next_page_token ? 0 : -ENOMEM;
}
