/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_ASKED_H
#define TIDINGS_FCGI_STREAM_ASKED_H
/*
 * asked - the channels, patterns and types that a stream is asked for
 *
 * Out of a route and a query (?channel=, ?pattern=, ?event=), decoded and
 * checked.  A pattern without a brace is a channel's name.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/http/spelling.h"
#include "lib/buf.h"
#include "lib/span.h"

struct subscription;

struct asked {
	struct buf text;       /* decoded, one after another */
	struct span *names;    /* in it: channels, after asked_sort() patterns
				  behind them, both sorted, no repeats */
	struct span *patterns; /* before asked_sort() */
	struct span *types;
	struct span *filters; /* topics that filter.h is concerned with */
	struct buf wanted; /* after asked_sort(): the types, as in types.h, or
			      as in filter.h */
	size_t channel_count, pattern_count, type_count, filter_count;
	struct misspelt misspelt; /* a fault's sentence may be in it */
};

/* What is wrong; `sentence` is NULL if nothing is. */
struct asked_fault {
	const char *code, *sentence;
};

/* `room`: at least as many bytes as all that will be decoded. */
void asked_init(struct asked *asked, size_t room);
void asked_release(struct asked *asked);

struct asked_fault asked_add_channel(struct asked *asked, struct span name);
struct asked_fault asked_add_query(struct asked *asked, struct span query);
/* Those of a Mercure query (?topic=): what is no URI template is a name. */
struct asked_fault asked_add_topics(struct asked *asked, struct span query);
/* How many there are, of all kinds. */
size_t asked_count(const struct asked *asked);
void asked_sort(struct asked *asked);
/* Once it is sorted: into a subscription, which borrows it. */
void asked_fill(const struct asked *asked, struct subscription *subscription);

#endif
