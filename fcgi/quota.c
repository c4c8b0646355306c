/*
 * quota - see quota.h
 *
 * Visitors are in a table and, while they have no stream, in
 * a line in the order of their last POST: its head is the first to be
 * forgotten.  With no limit per address nothing is remembered of any: all are
 * one visitor.
 */
#include <config.h>

#include "fcgi/quota.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fcgi/address.h"
#include "fcgi/list.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "lib/table.h"

enum {
	IDLE_US = 60 * 1000 * 1000,
};

/* What is in use at a time. */
struct usage {
	size_t streams;
	size_t channels; /* of these streams, each counted for each */
};

/* POSTs that may be sent at once; as many come back within a second. */
struct bucket {
	double tokens;
	uint64_t told_us; /* when there were so many */
};

struct visitor {
	struct table_node node; /* by its holder */
	struct node idle;	/* in the line of the idle */
	struct usage usage;
	struct bucket posts;
	struct holder holder;
};

struct quota {
	const struct config *config;
	const struct clock *clock;
	struct usage usage, most; /* of all */
	struct bucket posts;	  /* of all */
	struct table visitors;
	struct node idle;	 /* who has waited longest comes first */
	struct visitor everyone; /* where there is no limit per address */
};

static struct span key_of(const struct table_node *node)
{
	return span_of(table_entry(node, struct visitor, node)->holder.text);
}

static size_t streams_allowed(const struct config *config)
{
	struct rlimit limit;
	size_t reserve = QUOTA_RESERVE;

	if (config->streams > 0)
		return config->streams;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur / 4 < reserve)
		reserve = (size_t)limit.rlim_cur / 4;
	return (size_t)limit.rlim_cur - reserve;
}

static struct bucket full_bucket(const struct quota *quota, unsigned rate)
{
	return (struct bucket){rate, clock_now_us(quota->clock)};
}

struct quota *quota_new(const struct config *config, const struct clock *clock)
{
	struct quota *quota = mem_new(sizeof(*quota));

	quota->config = config;
	quota->clock = clock;
	quota->most = (struct usage){
		streams_allowed(config), config->stream_channels};
	quota->posts = full_bucket(quota, config->publish_rate_total);
	list_init(&quota->idle);
	list_init(&quota->everyone.idle);
	table_init(&quota->visitors, key_of, NULL);
	return quota;
}

void quota_free(struct quota *quota)
{
	struct table_node *node, *next;

	if (quota == NULL)
		return;
	for (node = table_first(&quota->visitors); node != NULL; node = next) {
		next = table_next(&quota->visitors, node);
		free(table_entry(node, struct visitor, node));
	}
	table_release(&quota->visitors);
	free(quota);
}

static void wait_in_line(struct quota *quota, struct visitor *visitor)
{
	list_remove(&visitor->idle);
	list_append(&quota->idle, &visitor->idle);
}

static void forget(struct quota *quota, struct visitor *visitor)
{
	list_remove(&visitor->idle);
	table_remove(&quota->visitors, &visitor->node);
	free(visitor);
}

/* Forgets who has been idle for long, and one more if there is no room. */
static void make_room(struct quota *quota, uint64_t now)
{
	struct node *node, *next;

	for (node = quota->idle.next; node != &quota->idle; node = next) {
		struct visitor *oldest = list_entry(node, struct visitor, idle);

		if (quota->visitors.count < QUOTA_VISITORS_MAX &&
			now - oldest->posts.told_us <= IDLE_US)
			return;
		next = node->next;
		forget(quota, oldest);
	}
}

/* NULL if all that can be remembered have streams. */
static struct visitor *meet(struct quota *quota, const char *address)
{
	struct holder holder = address_holder(address);
	struct table_node *known =
		table_find(&quota->visitors, span_of(holder.text));
	struct visitor *visitor;

	if (known != NULL)
		return table_entry(known, struct visitor, node);
	make_room(quota, clock_now_us(quota->clock));
	if (quota->visitors.count >= QUOTA_VISITORS_MAX)
		return NULL;
	visitor = mem_new(sizeof(*visitor));
	visitor->holder = holder;
	list_init(&visitor->idle);
	visitor->posts = full_bucket(quota, quota->config->publish_rate);
	table_add(&quota->visitors, &visitor->node);
	return visitor;
}

/* ---- streams */

static struct visitor *visitor_of(struct quota *quota, const char *address)
{
	if (quota->config->streams_per_address == 0 &&
		quota->config->channels_per_address == 0)
		return &quota->everyone;
	return meet(quota, address);
}

/* Is there room for one more stream? */
static bool has_room(
	const struct usage *used, const struct usage *most, size_t channels)
{
	if (most->streams > 0 && used->streams >= most->streams)
		return false;
	return most->channels == 0 ||
	       (channels <= most->channels &&
		       used->channels <= most->channels - channels);
}

static void use(struct usage *used, size_t channels)
{
	used->streams++;
	used->channels += channels;
}

static void give_back(struct usage *used, size_t channels)
{
	used->streams--;
	used->channels -= channels;
}

enum quota_word quota_enter(struct quota *quota, const char *address,
	size_t channels, struct visitor **visitor)
{
	const struct usage each = {quota->config->streams_per_address,
		quota->config->channels_per_address};
	struct visitor *who;

	*visitor = NULL;
	if (!has_room(&quota->usage, &quota->most, channels))
		return QUOTA_TOO_MANY;
	who = visitor_of(quota, address);
	if (who == NULL)
		return QUOTA_TOO_MANY;
	if (!has_room(&who->usage, &each, channels))
		return QUOTA_TOO_MANY_FROM_YOU;
	list_remove(&who->idle);
	use(&who->usage, channels);
	use(&quota->usage, channels);
	*visitor = who;
	return QUOTA_YES;
}

void quota_leave(struct quota *quota, struct visitor *visitor, size_t channels)
{
	give_back(&quota->usage, channels);
	give_back(&visitor->usage, channels);
	if (visitor->usage.streams == 0 && visitor != &quota->everyone)
		wait_in_line(quota, visitor);
}

/* ---- POSTs */

static bool has_token(struct bucket *bucket, unsigned rate, uint64_t now)
{
	if (rate == 0)
		return true;
	bucket->tokens += rate * (double)(now - bucket->told_us) / 1e6;
	if (bucket->tokens > rate)
		bucket->tokens = rate;
	bucket->told_us = now;
	return bucket->tokens >= 1;
}

static enum quota_word take_from_address(
	struct quota *quota, const char *address)
{
	struct visitor *visitor = meet(quota, address);
	bool good;

	if (visitor == NULL)
		return QUOTA_TOO_MANY;
	good = has_token(&visitor->posts, quota->config->publish_rate,
		clock_now_us(quota->clock));
	if (visitor->usage.streams == 0)
		wait_in_line(quota, visitor);
	if (!good)
		return QUOTA_TOO_MANY_FROM_YOU;
	visitor->posts.tokens -= 1;
	return QUOTA_YES;
}

enum quota_word quota_may_publish(struct quota *quota, const char *address)
{
	const struct config *config = quota->config;
	enum quota_word word = QUOTA_YES;

	if (!has_token(&quota->posts, config->publish_rate_total,
		    clock_now_us(quota->clock)))
		return QUOTA_TOO_MANY;
	if (config->publish_rate > 0)
		word = take_from_address(quota, address);
	if (word == QUOTA_YES)
		quota->posts.tokens -= 1;
	return word;
}
