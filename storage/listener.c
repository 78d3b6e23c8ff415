#include "storage/store_state.h"

void cvn_store_listen(struct cvn_store *store, struct cvn_store_listener *listener)
{
    (void)pthread_mutex_lock(&store->listeners_lock);
    listener->next = store->listeners;
    listener->link = &store->listeners;
    if (listener->next)
        listener->next->link = &listener->next;
    store->listeners = listener;
    (void)pthread_mutex_unlock(&store->listeners_lock);
}

void cvn_store_unlisten(struct cvn_store *store, struct cvn_store_listener *listener)
{
    (void)pthread_mutex_lock(&store->listeners_lock);
    if (listener->link) {
        *listener->link = listener->next;
        if (listener->next)
            listener->next->link = listener->link;
        listener->link = NULL;
    }
    (void)pthread_mutex_unlock(&store->listeners_lock);
}

void cvn_store_tell_listeners(struct cvn_store *store)
{
    (void)pthread_mutex_lock(&store->listeners_lock);
    for (struct cvn_store_listener *l = store->listeners; l; l = l->next)
        l->changed(l->arg);
    (void)pthread_mutex_unlock(&store->listeners_lock);
}
