/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/presence/entries.h"

#include <stdlib.h>

#include "fcgi/presence/said.h"
#include "lib/json/json.h"

struct person {
	struct table_node by_user;
	struct node in_order, leaving;
	struct said said; /* of its first stream */
	uint64_t leaves;  /* us; without a stream */
	uint32_t streams;
};

struct stream_entry {
	struct table_node by_subscriber;
	struct node in_order;
	struct said said;
	struct person *person;
};

static void tell(struct entries *entries, enum entries_by by, const char *type,
	const struct said *said)
{
	struct buf *out = entries->news[by];

	if (out == NULL)
		return;
	buf_printf(out, "event: %s\ndata: ", type);
	said_json(out, entries->channel, &said->active);
	buf_add_text(out, "\n\n");
}

/* ---- tables */

static struct span subscriber_key(const uint8_t *subscriber)
{
	return span((const char *)subscriber, ACTIVE_SUBSCRIBER);
}

static struct span subscriber_of(const struct table_node *node)
{
	const struct stream_entry *entry =
		table_entry(node, struct stream_entry, by_subscriber);

	return subscriber_key(entry->said.subscriber);
}

/* Of nobody in particular that of the stream. */
static struct span user_key(const struct active *active)
{
	return active->user.len > 0 ? active->user
				    : subscriber_key(active->subscriber);
}

static struct span user_of(const struct table_node *node)
{
	return user_key(
		&table_entry(node, struct person, by_user)->said.active);
}

void entries_open(struct entries *entries, struct span channel, uint32_t most)
{
	*entries = (struct entries){.channel = channel, .most = most};
	table_init(&entries->streams, subscriber_of, NULL);
	table_init(&entries->users, user_of, NULL);
	list_init(&entries->in_order);
	list_init(&entries->users_in_order);
	list_init(&entries->leaving);
}

/* ---- users */

static void person_free(struct entries *entries, struct person *person)
{
	table_remove(&entries->users, &person->by_user);
	list_remove(&person->in_order);
	list_remove(&person->leaving);
	said_release(&person->said);
	free(person);
}

static struct person *person_come(
	struct entries *entries, const struct active *active)
{
	struct table_node *node = table_find(&entries->users, user_key(active));
	struct person *person;

	if (node != NULL) {
		person = table_entry(node, struct person, by_user);
		list_remove(&person->leaving);
		person->streams++;
		return person;
	}
	person = mem_new(sizeof(*person));
	said_init(&person->said, active);
	person->streams = 1;
	list_init(&person->in_order);
	list_init(&person->leaving);
	table_add(&entries->users, &person->by_user);
	list_append(&entries->users_in_order, &person->in_order);
	tell(entries, BY_USER, "join", &person->said);
	return person;
}

static void person_leave(struct entries *entries, struct person *person)
{
	tell(entries, BY_USER, "leave", &person->said);
	person_free(entries, person);
}

static void person_lose(
	struct entries *entries, struct person *person, uint64_t now_us)
{
	if (--person->streams > 0)
		return;
	if (person->said.active.user.len == 0) {
		person_leave(entries, person);
		return;
	}
	person->leaves = now_us + ENTRIES_GRACE_US;
	list_append(&entries->leaving, &person->leaving);
}

uint64_t entries_tend(struct entries *entries, uint64_t now_us)
{
	while (!list_empty(&entries->leaving)) {
		struct person *person = list_entry(
			entries->leaving.next, struct person, leaving);

		if (person->leaves > now_us)
			return person->leaves;
		person_leave(entries, person);
	}
	return UINT64_MAX;
}

/* ---- streams */

void entries_add(struct entries *entries, const struct active *active)
{
	struct stream_entry *entry;

	if (table_find(&entries->streams, subscriber_key(active->subscriber)) !=
		NULL)
		return;
	entry = mem_new(sizeof(*entry));
	said_init(&entry->said, active);
	list_init(&entry->in_order);
	table_add(&entries->streams, &entry->by_subscriber);
	list_append(&entries->in_order, &entry->in_order);
	tell(entries, BY_STREAM, "join", &entry->said);
	entry->person = person_come(entries, active);
}

static void entry_free(struct entries *entries, struct stream_entry *entry)
{
	table_remove(&entries->streams, &entry->by_subscriber);
	list_remove(&entry->in_order);
	said_release(&entry->said);
	free(entry);
}

void entries_remove(
	struct entries *entries, const struct active *active, uint64_t now_us)
{
	struct table_node *node = table_find(
		&entries->streams, subscriber_key(active->subscriber));
	struct stream_entry *entry;

	if (node == NULL)
		return;
	entry = table_entry(node, struct stream_entry, by_subscriber);
	tell(entries, BY_STREAM, "leave", &entry->said);
	person_lose(entries, entry->person, now_us);
	entry_free(entries, entry);
}

void entries_close(struct entries *entries)
{
	while (!list_empty(&entries->in_order))
		entry_free(entries, list_entry(entries->in_order.next,
					    struct stream_entry, in_order));
	while (!list_empty(&entries->users_in_order))
		person_free(entries, list_entry(entries->users_in_order.next,
					     struct person, in_order));
	table_release(&entries->streams);
	table_release(&entries->users);
}

/* ---- a list of them */

struct listing {
	struct buf *out;
	size_t head; /* where the first entry begins */
	uint32_t lines, most;
};

/* False if it is full. */
static bool add_line(struct listing *listing, const struct said *said)
{
	if (listing->lines >= listing->most ||
		listing->out->len - listing->head > ENTRIES_BYTES)
		return false;
	if (listing->lines++ > 0)
		buf_add_char(listing->out, ',');
	said_json(listing->out, span(NULL, 0), &said->active);
	return true;
}

static void add_streams(const struct entries *entries, struct listing *listing)
{
	const struct node *head = &entries->in_order;
	struct node *at = head->next;

	while (at != head &&
		add_line(listing,
			&list_entry(at, struct stream_entry, in_order)->said))
		at = at->next;
}

static void add_users(const struct entries *entries, struct listing *listing)
{
	const struct node *head = &entries->users_in_order;
	struct node *at = head->next;

	while (at != head &&
		add_line(listing,
			&list_entry(at, struct person, in_order)->said))
		at = at->next;
}

void entries_present(
	const struct entries *entries, enum entries_by by, struct buf *out)
{
	struct listing listing = {.out = out, .most = entries->most};
	size_t count =
		by == BY_USER ? entries->users.count : entries->streams.count;

	buf_add_text(out, "event: present\ndata: {\"channel\":");
	json_quote(out, entries->channel);
	buf_add_text(out, ",\"subscribers\":[");
	listing.head = out->len;
	if (by == BY_USER)
		add_users(entries, &listing);
	else
		add_streams(entries, &listing);
	buf_printf(out, "],\"count\":%zu,\"more\":%s}\n\n", count,
		listing.lines < count ? "true" : "false");
}
