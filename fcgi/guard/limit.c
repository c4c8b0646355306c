/* SPDX-License-Identifier: MIT */
/*
 * Clients are in a table and, while they have no stream, in a line in the
 * order of their last POST: its head is the first to be forgotten.  With no
 * limit per address those for whom there is no room are one client together.
 */
#include <config.h>

#include "fcgi/guard/limit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fcgi/guard/address.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/list.h"
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

struct client {
	struct table_node node; /* by its name */
	struct node idle;	/* in the line of the idle */
	struct usage usage;
	struct bucket posts;
	struct client_name name;
};

struct limiter {
	const struct config *config;
	const struct clock *clock;
	struct usage usage, most; /* of all */
	struct bucket posts;	  /* of all */
	struct table clients;
	struct node idle;	/* who has waited longest comes first */
	struct client everyone; /* there is no limit per address, and no room
				   for one more */
};

static struct span key_of(const struct table_node *node)
{
	return span_of(table_entry(node, struct client, node)->name.text);
}

static size_t all_but_reserve(size_t all)
{
	return all - (all / 4 < LIMIT_RESERVE ? all / 4 : LIMIT_RESERVE);
}

/* Of what the web server's connections allow, this worker's part; at least
 * one.  0 = it was not told. */
static size_t part_of_connections(const struct config *config)
{
	size_t workers = config->workers > 0 ? config->workers : 1;
	size_t part = all_but_reserve(config->connections) / workers;

	return config->connections > 0 && part == 0 ? 1 : part;
}

/* 0 = no limit. */
static size_t streams_allowed(const struct config *config)
{
	struct rlimit limit;
	size_t part = part_of_connections(config);
	size_t most = config->streams;

	if (most == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0)
		most = all_but_reserve((size_t)limit.rlim_cur);
	return part > 0 && (most == 0 || part < most) ? part : most;
}

static struct bucket full_bucket(const struct limiter *limiter, unsigned rate)
{
	return (struct bucket){rate, clock_now_us(limiter->clock)};
}

struct limiter *limit_new(
	const struct config *config, const struct clock *clock)
{
	struct limiter *limiter = mem_new(sizeof(*limiter));

	limiter->config = config;
	limiter->clock = clock;
	limiter->most = (struct usage){
		streams_allowed(config), config->stream_channels};
	limiter->posts = full_bucket(limiter, config->publish_rate_total);
	list_init(&limiter->idle);
	list_init(&limiter->everyone.idle);
	table_init(&limiter->clients, key_of, NULL);
	return limiter;
}

void limit_free(struct limiter *limiter)
{
	struct table_node *node, *next;

	if (limiter == NULL)
		return;
	for (node = table_first(&limiter->clients); node != NULL; node = next) {
		next = table_next(&limiter->clients, node);
		free(table_entry(node, struct client, node));
	}
	table_release(&limiter->clients);
	free(limiter);
}

static void wait_in_line(struct limiter *limiter, struct client *client)
{
	list_remove(&client->idle);
	list_append(&limiter->idle, &client->idle);
}

static void forget(struct limiter *limiter, struct client *client)
{
	list_remove(&client->idle);
	table_remove(&limiter->clients, &client->node);
	free(client);
}

/* Forgets who has been idle for long, and one more if there is no room. */
static void make_room(struct limiter *limiter, uint64_t now)
{
	struct node *node, *next;

	for (node = limiter->idle.next; node != &limiter->idle; node = next) {
		struct client *oldest = list_entry(node, struct client, idle);

		if (limiter->clients.count < LIMIT_CLIENTS_MAX &&
			now - oldest->posts.told_us <= IDLE_US)
			return;
		next = node->next;
		forget(limiter, oldest);
	}
}

/* NULL if all that can be remembered have streams. */
static struct client *meet(struct limiter *limiter, const char *address)
{
	struct client_name name = client_name_of(address);
	struct table_node *known =
		table_find(&limiter->clients, span_of(name.text));
	struct client *client;

	if (known != NULL)
		return table_entry(known, struct client, node);
	make_room(limiter, clock_now_us(limiter->clock));
	if (limiter->clients.count >= LIMIT_CLIENTS_MAX)
		return NULL;
	client = mem_new(sizeof(*client));
	client->name = name;
	list_init(&client->idle);
	client->posts = full_bucket(limiter, limiter->config->publish_rate);
	table_add(&limiter->clients, &client->node);
	return client;
}

/* ---- streams */

static struct client *client_of(struct limiter *limiter, const char *address)
{
	const struct config *config = limiter->config;
	struct client *client = meet(limiter, address);

	if (client == NULL && config->streams_per_address == 0 &&
		config->channels_per_address == 0)
		return &limiter->everyone;
	return client;
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

enum limit_word limit_enter(struct limiter *limiter, const char *address,
	size_t channels, struct client **client)
{
	const struct usage each = {limiter->config->streams_per_address,
		limiter->config->channels_per_address};
	struct client *who;

	*client = NULL;
	if (!has_room(&limiter->usage, &limiter->most, channels))
		return LIMIT_TOO_MANY;
	who = client_of(limiter, address);
	if (who == NULL)
		return LIMIT_TOO_MANY;
	if (!has_room(&who->usage, &each, channels)) {
		if (who->usage.streams == 0 && who != &limiter->everyone)
			wait_in_line(limiter, who);
		return LIMIT_TOO_MANY_FROM_YOU;
	}
	list_remove(&who->idle);
	use(&who->usage, channels);
	use(&limiter->usage, channels);
	*client = who;
	return LIMIT_YES;
}

void limit_leave(
	struct limiter *limiter, struct client *client, size_t channels)
{
	give_back(&limiter->usage, channels);
	give_back(&client->usage, channels);
	if (client->usage.streams == 0 && client != &limiter->everyone)
		wait_in_line(limiter, client);
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

static enum limit_word take_from_address(
	struct limiter *limiter, const char *address)
{
	struct client *client = meet(limiter, address);
	bool good;

	if (client == NULL)
		return LIMIT_TOO_MANY;
	good = has_token(&client->posts, limiter->config->publish_rate,
		clock_now_us(limiter->clock));
	if (client->usage.streams == 0)
		wait_in_line(limiter, client);
	if (!good)
		return LIMIT_TOO_MANY_FROM_YOU;
	client->posts.tokens -= 1;
	return LIMIT_YES;
}

enum limit_word limit_may_publish(struct limiter *limiter, const char *address)
{
	const struct config *config = limiter->config;
	enum limit_word word = LIMIT_YES;

	if (!has_token(&limiter->posts, config->publish_rate_total,
		    clock_now_us(limiter->clock)))
		return LIMIT_TOO_MANY;
	if (config->publish_rate > 0)
		word = take_from_address(limiter, address);
	if (word == LIMIT_YES)
		limiter->posts.tokens -= 1;
	return word;
}

bool limit_guess(struct limiter *limiter, const char *address)
{
	return limiter->config->publish_rate == 0 ||
	       take_from_address(limiter, address) == LIMIT_YES;
}
