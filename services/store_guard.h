/*
 * A job done by a child of this process, so that what a damaged store does to its reader is done to
 * the child: LMDB trusts its pages, and follows a wrong one out of its map.
 */
#ifndef CVN_SERVICES_STORE_GUARD_H
#define CVN_SERVICES_STORE_GUARD_H

#include "base/error.h"

/*
 * Does job in a child and waits for it: its result and its sentence. When the child is ended
 * otherwise, -EUCLEAN with a sentence that names what, as in "The store /srv/events". job prints to
 * standard output what it has to say; its standard error leads nowhere. No other thread runs.
 */
int cvn_store_guard(const char *what, int (*job)(void *arg, struct cvn_error *err), void *arg,
                    struct cvn_error *err);

#endif
