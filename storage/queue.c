#include "storage/queue.h"

static struct cvn_update **bucket_of(struct cvn_queue *queue, uint64_t caller)
{
    uint64_t mixed = caller * UINT64_C(0x9e3779b97f4a7c15);
    return &queue->buckets[(mixed >> 32) % CVN_QUEUE_BUCKETS];
}

static struct cvn_update *find_lane(struct cvn_queue *queue, uint64_t caller)
{
    struct cvn_update *lane = *bucket_of(queue, caller);
    while (lane && lane->caller != caller)
        lane = lane->lane.bucket_next;
    return lane;
}

static void add_lane(struct cvn_queue *queue, struct cvn_update *first)
{
    struct cvn_update **bucket = bucket_of(queue, first->caller);
    first->lane.bucket_next = *bucket;
    *bucket = first;
    first->lane.turn_next = NULL;
    if (queue->turns_last)
        queue->turns_last->lane.turn_next = first;
    else
        queue->turns_first = first;
    queue->turns_last = first;
}

static struct cvn_update *remove_lane_in_turn(struct cvn_queue *queue)
{
    struct cvn_update *first = queue->turns_first;
    queue->turns_first = first->lane.turn_next;
    if (!queue->turns_first)
        queue->turns_last = NULL;
    struct cvn_update **at = bucket_of(queue, first->caller);
    while (*at != first)
        at = &(*at)->lane.bucket_next;
    *at = first->lane.bucket_next;
    return first;
}

int cvn_queue_push(struct cvn_queue *queue, struct cvn_update *update, uint32_t max_all,
                   uint32_t max_caller)
{
    struct cvn_update *lane = find_lane(queue, update->caller);
    if (queue->n >= max_all || (lane && update->caller && lane->lane.n >= max_caller))
        return CVN_STORE_BUSY;
    queue->n++;
    update->next = NULL;
    if (lane) {
        lane->lane.last->next = update;
        lane->lane.last = update;
        lane->lane.n++;
        return 0;
    }
    update->lane = (struct cvn_update_lane){.last = update, .n = 1};
    add_lane(queue, update);
    return 0;
}

struct cvn_update *cvn_queue_take(struct cvn_queue *queue)
{
    if (!queue->turns_first)
        return NULL;
    struct cvn_update *taken = remove_lane_in_turn(queue);
    queue->n--;
    if (taken->next) {
        taken->next->lane =
            (struct cvn_update_lane){.last = taken->lane.last, .n = taken->lane.n - 1};
        add_lane(queue, taken->next);
        taken->next = NULL;
    }
    return taken;
}
