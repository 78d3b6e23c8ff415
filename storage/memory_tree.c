#include "storage/memory_tree.h"

#include "storage/txn.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Key and value, shared by the copies of a node. */
struct entry {
    atomic_uint n_holders;
    size_t key_len, value_len;
    uint8_t bytes[];
};

struct cvn_memory_node {
    atomic_uint n_holders;
    uint64_t owner;
    uint64_t priority; /* none below has a higher one */
    struct cvn_memory_node *left, *right;
    struct entry *entry;
};

static struct entry *new_entry(const struct cvn_slice pair[2])
{
    struct entry *entry = malloc(sizeof *entry + pair[0].len + pair[1].len);
    if (!entry)
        return NULL;
    atomic_init(&entry->n_holders, 1);
    entry->key_len = pair[0].len;
    entry->value_len = pair[1].len;
    memcpy(entry->bytes, pair[0].data, pair[0].len);
    if (pair[1].len)
        memcpy(entry->bytes + pair[0].len, pair[1].data, pair[1].len);
    return entry;
}

static void release_entry(struct entry *entry)
{
    if (atomic_fetch_sub_explicit(&entry->n_holders, 1, memory_order_acq_rel) == 1)
        free(entry);
}

struct cvn_memory_node *cvn_memory_retain(struct cvn_memory_node *root)
{
    if (root)
        (void)atomic_fetch_add_explicit(&root->n_holders, 1, memory_order_relaxed);
    return root;
}

void cvn_memory_release(struct cvn_memory_node *root)
{
    if (!root || atomic_fetch_sub_explicit(&root->n_holders, 1, memory_order_acq_rel) > 1)
        return;
    cvn_memory_release(root->left);
    cvn_memory_release(root->right);
    release_entry(root->entry);
    free(root);
}

static inline struct cvn_slice key_of(const struct cvn_memory_node *node)
{
    return cvn_slice(node->entry->bytes, node->entry->key_len);
}

struct cvn_slice cvn_memory_key(const struct cvn_memory_node *node)
{
    return key_of(node);
}

struct cvn_slice cvn_memory_value(const struct cvn_memory_node *node)
{
    return cvn_slice(node->entry->bytes + node->entry->key_len, node->entry->value_len);
}

/* FNV-1a (Fowler, Noll, Vo), and a last mixing of all bits (Stafford's variant 13). */
static uint64_t priority_of(struct cvn_slice key)
{
    const uint8_t *bytes = key.data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

/* Makes the node at *at the owner's, by copying it if it is another's. False without memory. */
static bool own(struct cvn_memory_node **at, uint64_t owner)
{
    struct cvn_memory_node *node = *at;
    if (node->owner == owner)
        return true;
    struct cvn_memory_node *copy = malloc(sizeof *copy);
    if (!copy)
        return false;
    atomic_init(&copy->n_holders, 1);
    copy->owner = owner;
    copy->priority = node->priority;
    copy->left = cvn_memory_retain(node->left);
    copy->right = cvn_memory_retain(node->right);
    copy->entry = node->entry;
    (void)atomic_fetch_add_explicit(&copy->entry->n_holders, 1, memory_order_relaxed);
    cvn_memory_release(node);
    *at = copy;
    return true;
}

/* Makes the child at *child its parent's parent; both are the owner's. */
static void rotate(struct cvn_memory_node **at, bool left)
{
    struct cvn_memory_node *top = *at, *child = left ? top->left : top->right;
    if (left) {
        top->left = child->right;
        child->right = top;
    } else {
        top->right = child->left;
        child->left = top;
    }
    *at = child;
}

static int insert(struct cvn_memory_node **at, struct cvn_memory_node *new)
{
    if (!*at) {
        *at = new;
        return 0;
    }
    if (!own(at, new->owner))
        return -ENOMEM;
    bool left = cvn_slice_compare(key_of(new), key_of(*at)) < 0;
    struct cvn_memory_node **child = left ? &(*at)->left : &(*at)->right;
    int r = insert(child, new);
    if (r == 0 && (*child)->priority > (*at)->priority)
        rotate(at, left);
    return r;
}

static inline const struct cvn_memory_node *find(const struct cvn_memory_node *root,
                                                 struct cvn_slice key)
{
    int c;
    while (root && (c = cvn_slice_compare(key, key_of(root))) != 0)
        root = c < 0 ? root->left : root->right;
    return root;
}

/* Owns the path to the key, which is there. *ret is where the node hangs. 0 or -ENOMEM. */
static int own_path(struct cvn_memory_node **at, uint64_t owner, struct cvn_slice key,
                    struct cvn_memory_node ***ret)
{
    for (;;) {
        if (!own(at, owner))
            return -ENOMEM;
        int c = cvn_slice_compare(key, key_of(*at));
        if (c == 0)
            break;
        at = c < 0 ? &(*at)->left : &(*at)->right;
    }
    *ret = at;
    return 0;
}

int cvn_memory_replace(struct cvn_memory_node **root, uint64_t owner,
                       const struct cvn_slice entry[2])
{
    struct cvn_memory_node **at;
    struct entry *made = new_entry(entry);
    int r = made ? own_path(root, owner, entry[0], &at) : -ENOMEM;
    if (r) {
        free(made);
        return r;
    }
    release_entry((*at)->entry);
    (*at)->entry = made;
    return 0;
}

int cvn_memory_add(struct cvn_memory_node **root, uint64_t owner, const struct cvn_slice entry[2])
{
    struct entry *made = new_entry(entry);
    if (!made)
        return -ENOMEM;
    struct cvn_memory_node *node = calloc(1, sizeof *node);
    if (node) {
        atomic_init(&node->n_holders, 1);
        node->owner = owner;
        node->priority = priority_of(entry[0]);
        node->entry = made;
    }
    int r = node ? insert(root, node) : -ENOMEM;
    if (r) {
        free(node);
        release_entry(made);
    }
    return r;
}

/* Joins two trees, all keys of a below all of b, at *at. */
static int join(struct cvn_memory_node **at, uint64_t owner, struct cvn_memory_node *a,
                struct cvn_memory_node *b)
{
    bool a_on_top = a && (!b || a->priority >= b->priority);
    *at = a_on_top ? a : b;
    if (!a || !b)
        return 0;
    if (!own(at, owner)) {
        /* The other half has lost its place: the version is of no use, and its holder aborts. */
        cvn_memory_release(a_on_top ? b : a);
        return -ENOMEM;
    }
    struct cvn_memory_node *top = *at;
    return a_on_top ? join(&top->right, owner, top->right, b)
                    : join(&top->left, owner, a, top->left);
}

int cvn_memory_delete(struct cvn_memory_node **root, uint64_t owner, struct cvn_slice key)
{
    struct cvn_memory_node **at;
    int r = find(*root, key) ? own_path(root, owner, key, &at) : CVN_STORE_ABSENT;
    if (r)
        return r;
    struct cvn_memory_node *gone = *at;
    r = join(at, owner, gone->left, gone->right);
    gone->left = gone->right = NULL;
    cvn_memory_release(gone);
    return r;
}

const struct cvn_memory_node *cvn_memory_find(const struct cvn_memory_node *root,
                                              struct cvn_slice key)
{
    return find(root, key);
}

const struct cvn_memory_node *cvn_memory_above(const struct cvn_memory_node *root,
                                               struct cvn_slice key, bool or_at)
{
    const struct cvn_memory_node *best = NULL;
    while (root) {
        int c = cvn_slice_compare(key_of(root), key);
        bool fits = c > 0 || (or_at && c == 0);
        if (fits)
            best = root;
        root = fits ? root->left : root->right;
    }
    return best;
}

const struct cvn_memory_node *cvn_memory_below(const struct cvn_memory_node *root,
                                               struct cvn_slice key)
{
    const struct cvn_memory_node *best = NULL;
    while (root) {
        bool fits = key.len == 0 || cvn_slice_compare(key_of(root), key) < 0;
        if (fits)
            best = root;
        root = fits ? root->right : root->left;
    }
    return best;
}
