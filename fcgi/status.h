#ifndef TIDINGS_STATUS_H
#define TIDINGS_STATUS_H
/*
 * status - what is going on: /health and the channels
 */
#include <stddef.h>

#include "fcgi/request.h"

struct answers;
struct askers;
struct dialogue;
struct replies;

/* The verbs' room; plain data, borrows all of it. */
struct status {
	const struct dialogue *dialogue;    /* how it stands with the hub */
	size_t (*streams)(const void *arg); /* how many are open */
	const void *arg;
	struct answers *answers;
	struct askers *askers;
	struct replies *replies;
};

verb status_health;   /* 200, or 503 while nothing can be published */
verb status_channels; /* ?after=NAME&limit=1..1000, in order of names */
verb status_channel;  /* the one in the path */

#endif
