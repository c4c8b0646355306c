#ifndef TIDINGS_ASKER_H
#define TIDINGS_ASKER_H
/*
 * asker - a request that waits for the hub's word
 *
 * Watches its connection meanwhile: a browser that leaves is not waited for.
 * The wait ends by the uplink's own deadline.  Owns the request.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/list.h"
#include "lib/buf.h"
#include "lib/loop.h"

struct askers;
struct pending;
struct replies;
struct request;

struct asker {
	struct askers *askers;
	struct replies *replies; /* where the answer goes */
	struct request *request;
	struct pending *pending; /* set by the caller after asking the hub */
	struct loop_io watch;
	struct node node;
	bool seen;	 /* waits long enough to be watched at the next look */
	unsigned kind;	 /* what kind of answer is wanted: the caller's */
	uint32_t count;	 /* for the answer: how many events */
	struct buf note; /* for the answer: the channel */
};

/* Their answers go to `replies`. */
struct askers *askers_new(struct loop *loop, struct replies *replies);
/* Nobody is told any more; who was asked must still be there. */
void askers_free(struct askers *askers);
size_t askers_count(const struct askers *askers);

/* Takes the request. */
struct asker *asker_new(struct askers *askers, struct request *request);
/* The word has come: returns the request, and the asker is gone. */
struct request *asker_done(struct asker *asker);

#endif
