#ifndef TIDINGS_CHANNEL_H
#define TIDINGS_CHANNEL_H
/*
 * channel - a name, where its events are in the window, and who listens
 *
 * A channel is known while somebody listens, the hub thinks so, or the window
 * holds an event of it; channel_tidy() forgets it afterwards.  Positions are
 * the window's: they rise by one with each event and are never used twice.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/list.h"
#include "lib/span.h"
#include "lib/table.h"

struct channel {
	struct table_node node; /* by its name */
	struct node seats;	/* struct seat.node, one for each subscriber */
	struct channel *next_due; /* the fan-out's list; see due */
	uint64_t *held;		  /* ring of positions in the window, rising */
	uint64_t evicted;	  /* the newest position that left the window */
	uint32_t head, count, size; /* of the ring; size is a power of two */
	uint32_t subscribers;
	struct node report;	 /* report.c's, and ... */
	uint32_t told, told_hub; /* ... which hub was told how many */
	bool due;		 /* has events that no fan-out has covered */
	uint8_t name_len;
	char name[];
};

struct channels;

struct channels *channels_new(void);
void channels_free(struct channels *channels);

/* The channel of that name (1 to 255 bytes), made if it is not known. */
struct channel *channel_get(struct channels *channels, struct span name);
struct channel *channel_find(const struct channels *channels, struct span name);
/* Frees the channel if nothing holds it any more. */
void channel_tidy(struct channels *channels, struct channel *channel);

static inline struct span channel_name(const struct channel *channel)
{
	return span(channel->name, channel->name_len);
}

/* ---- the window's side */
void channel_push(struct channel *channel, uint64_t position);
/* The oldest held position leaves the window; it must be `position`. */
void channel_evict(struct channel *channel, uint64_t position);

/* ---- the readers' side: index of the first held position above `position`,
 * `count` if there is none; and the position at an index. */
uint32_t channel_after(const struct channel *channel, uint64_t position);

static inline uint64_t channel_at(const struct channel *channel, uint32_t index)
{
	return channel->held[(channel->head + index) & (channel->size - 1)];
}

#endif
