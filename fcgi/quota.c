/*
 * quota - who may publish, and how much an address may have
 *
 * Visitors hang in a hash table by address and, while they have no stream, in
 * a line in the order of their last POST: its head is the first to be
 * forgotten.  With no limit per address nothing is remembered of any: all are
 * one visitor.
 */
#include <config.h>

#include "fcgi/quota.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fcgi/list.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config.h"

enum {
	BUCKETS = 4096,
	IDLE_US = 60 * 1000 * 1000,
};

struct visitor {
	struct visitor *next; /* in its bucket */
	struct node node;     /* in the line of the idle */
	size_t streams;
	double tokens;	  /* POSTs it may send at once */
	uint64_t told_us; /* when `tokens` was so many */
	char *address;
};

/* IPv4 as ::ffff:a.b.c.d. */
struct prefix {
	unsigned char address[16];
	unsigned bits;
};

struct quota {
	const struct config *config;
	size_t streams, streams_max;
	size_t visitors;
	struct visitor *buckets[BUCKETS];
	struct node idle;	 /* who has waited longest comes first */
	struct visitor everyone; /* where there is no limit per address */
	struct prefix *prefixes;
	size_t prefix_count;
};

/* ---- who may publish */

static bool read_address(
	const char *text, unsigned char address[16], unsigned *bits)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, address) == 1) {
		*bits = 128;
		return true;
	}
	memcpy(address, mapped, sizeof(mapped));
	*bits = 32;
	return inet_pton(AF_INET, text, address + 12) == 1;
}

/* "10.0.0.0/8", "::1"; what lib/config let through is well-formed. */
static bool read_prefix(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	unsigned width;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, prefix->address, &width))
		return false;
	prefix->bits = 128;
	if (slash != NULL)
		prefix->bits =
			128 - width + (unsigned)strtoul(slash + 1, NULL, 10);
	return prefix->bits <= 128;
}

static bool covers(const struct prefix *prefix, const unsigned char *address)
{
	size_t bytes = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;
	unsigned mask = 0xff00u >> rest & 0xff;

	if (memcmp(prefix->address, address, bytes) != 0)
		return false;
	return rest == 0 ||
	       (prefix->address[bytes] & mask) == (address[bytes] & mask);
}

bool quota_admits(const struct quota *quota, const char *address)
{
	unsigned char binary[16];
	unsigned width;

	if (!read_address(address, binary, &width))
		return false;
	for (size_t i = 0; i < quota->prefix_count; i++)
		if (covers(&quota->prefixes[i], binary))
			return true;
	return false;
}

/* ---- how much */

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

struct quota *quota_new(const struct config *config)
{
	struct quota *quota = mem_new(sizeof(*quota));

	quota->config = config;
	quota->streams_max = streams_allowed(config);
	list_init(&quota->idle);
	list_init(&quota->everyone.node);
	quota->prefixes = mem_new(
		(config->publish_from_count + 1) * sizeof(*quota->prefixes));
	for (size_t i = 0; i < config->publish_from_count; i++)
		if (read_prefix(config->publish_from[i],
			    &quota->prefixes[quota->prefix_count]))
			quota->prefix_count++;
	return quota;
}

static void visitor_free(struct visitor *visitor)
{
	free(visitor->address);
	free(visitor);
}

void quota_free(struct quota *quota)
{
	if (quota == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (quota->buckets[i] != NULL) {
			struct visitor *visitor = quota->buckets[i];

			quota->buckets[i] = visitor->next;
			visitor_free(visitor);
		}
	}
	free(quota->prefixes);
	free(quota);
}

static struct visitor **place_of(struct quota *quota, const char *address)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	struct visitor **place;

	for (const char *at = address; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	place = &quota->buckets[(hash ^ hash >> 32) % BUCKETS];
	while (*place != NULL && strcmp((*place)->address, address) != 0)
		place = &(*place)->next;
	return place;
}

static void wait_in_line(struct quota *quota, struct visitor *visitor)
{
	list_remove(&visitor->node);
	list_append(&quota->idle, &visitor->node);
}

static void forget(struct quota *quota, struct visitor *visitor)
{
	struct visitor **place = place_of(quota, visitor->address);

	list_remove(&visitor->node);
	*place = visitor->next;
	quota->visitors--;
	visitor_free(visitor);
}

/* Forgets who has been idle for long, and one more if there is no room. */
static void make_room(struct quota *quota, uint64_t now)
{
	struct node *node, *next;

	for (node = quota->idle.next; node != &quota->idle; node = next) {
		struct visitor *oldest = list_entry(node, struct visitor, node);

		if (quota->visitors < QUOTA_VISITORS_MAX &&
			now - oldest->told_us <= IDLE_US)
			return;
		next = node->next;
		forget(quota, oldest);
	}
}

/* NULL if all that can be remembered have streams. */
static struct visitor *meet(struct quota *quota, const char *address)
{
	struct visitor *visitor = *place_of(quota, address);
	uint64_t now = clock_mono_us();
	struct visitor **place;

	if (visitor != NULL)
		return visitor;
	make_room(quota, now);
	if (quota->visitors >= QUOTA_VISITORS_MAX)
		return NULL;
	visitor = mem_new(sizeof(*visitor));
	visitor->address = mem_text(span_of(address));
	list_init(&visitor->node);
	visitor->tokens = quota->config->publish_rate;
	visitor->told_us = now;
	place = place_of(quota, address);
	*place = visitor;
	quota->visitors++;
	return visitor;
}

static struct visitor *visitor_of(struct quota *quota, const char *address)
{
	if (quota->config->streams_per_address == 0)
		return &quota->everyone;
	return meet(quota, address);
}

struct visitor *quota_enter(struct quota *quota, const char *address)
{
	size_t most = quota->config->streams_per_address;
	struct visitor *visitor;

	if (quota->streams >= quota->streams_max)
		return NULL;
	visitor = visitor_of(quota, address);
	if (visitor == NULL || (most > 0 && visitor->streams >= most))
		return NULL;
	list_remove(&visitor->node);
	visitor->streams++;
	quota->streams++;
	return visitor;
}

void quota_leave(struct quota *quota, struct visitor *visitor)
{
	quota->streams--;
	visitor->streams--;
	if (visitor->streams == 0 && visitor != &quota->everyone)
		wait_in_line(quota, visitor);
}

bool quota_may_publish(struct quota *quota, const char *address)
{
	double rate = quota->config->publish_rate;
	uint64_t now = clock_mono_us();
	struct visitor *visitor;

	if (quota->config->publish_rate == 0)
		return true;
	visitor = meet(quota, address);
	if (visitor == NULL)
		return false;
	visitor->tokens += rate * (double)(now - visitor->told_us) / 1e6;
	if (visitor->tokens > rate)
		visitor->tokens = rate;
	visitor->told_us = now;
	if (visitor->streams == 0)
		wait_in_line(quota, visitor);
	if (visitor->tokens < 1)
		return false;
	visitor->tokens -= 1;
	return true;
}
