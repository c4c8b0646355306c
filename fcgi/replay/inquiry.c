/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/inquiry.h"

#include <stdlib.h>

#include "fcgi/replay/shelf.h"
#include "fcgi/stream/topic.h"
#include "fcgi/uplink/questions.h"
#include "lib/wire.h"

enum { JUDGE = 'j', PAGE = 'p' }; /* first byte of a key */

struct inquiries {
	struct questions *questions;
	struct inquiry_owner owner;
	struct table table;
	struct buf scratch;
};

static struct span key_of(const struct table_node *node)
{
	return buf_span(&table_entry(node, struct inquiry, node)->key);
}

struct inquiries *inquiries_new(
	struct questions *questions, const struct inquiry_owner *owner)
{
	struct inquiries *inquiries = mem_new(sizeof(*inquiries));

	inquiries->questions = questions;
	inquiries->owner = *owner;
	table_init(&inquiries->table, key_of, NULL);
	return inquiries;
}

static void inquiry_free(struct inquiry *inquiry)
{
	while (!list_empty(&inquiry->waiters))
		list_remove(inquiry->waiters.next);
	buf_release(&inquiry->key);
	free(inquiry);
}

void inquiries_forget(struct inquiries *inquiries)
{
	struct table_node *node;

	while ((node = table_first(&inquiries->table)) != NULL) {
		struct inquiry *inquiry =
			table_entry(node, struct inquiry, node);

		table_remove(&inquiries->table, node);
		call_forget(inquiry->call);
		inquiry_free(inquiry);
	}
}

void inquiries_free(struct inquiries *inquiries)
{
	if (inquiries == NULL)
		return;
	inquiries_forget(inquiries);
	table_release(&inquiries->table);
	buf_release(&inquiries->scratch);
	free(inquiries);
}

size_t inquiries_count(const struct inquiries *inquiries)
{
	return inquiries->table.count;
}

/* ---- what has come */

static void judged(void *arg, const struct judged *answer)
{
	struct inquiry *inquiry = arg;
	const struct inquiry_owner *owner = &inquiry->inquiries->owner;

	/* the same question again is a new one */
	table_remove(&inquiry->inquiries->table, &inquiry->node);
	owner->judged(owner->arg, inquiry, answer);
	inquiry_free(inquiry);
}

static void paged(void *arg, const struct paged *answer)
{
	struct inquiry *inquiry = arg;
	const struct inquiry_owner *owner = &inquiry->inquiries->owner;

	table_remove(&inquiry->inquiries->table, &inquiry->node);
	owner->paged(owner->arg, inquiry, answer);
	inquiry_free(inquiry);
}

/* ---- asking */

static struct inquiry *find(struct inquiries *inquiries)
{
	struct table_node *node =
		table_find(&inquiries->table, buf_span(&inquiries->scratch));

	return node == NULL ? NULL : table_entry(node, struct inquiry, node);
}

/* Of the key in the scratch. */
static struct inquiry *add(struct inquiries *inquiries)
{
	struct inquiry *inquiry = mem_new(sizeof(*inquiry));

	inquiry->inquiries = inquiries;
	list_init(&inquiry->waiters);
	buf_add_span(&inquiry->key, buf_span(&inquiries->scratch));
	table_add(&inquiries->table, &inquiry->node);
	return inquiry;
}

struct inquiry *inquiries_judge(struct inquiries *inquiries, struct span body)
{
	struct buf *key = &inquiries->scratch;
	struct inquiry *inquiry;

	buf_clear(key);
	wire_put_u8(key, JUDGE);
	buf_add_span(key, body);
	inquiry = find(inquiries);
	if (inquiry != NULL)
		return inquiry;
	inquiry = add(inquiries);
	inquiry->call =
		questions_judge(inquiries->questions, body, judged, inquiry);
	return inquiry;
}

static void ask_page(struct inquiry *inquiry, const struct inquiry_page *page)
{
	struct inquiries *inquiries = inquiry->inquiries;
	struct buf *body = &inquiries->scratch;

	buf_clear(body);
	wire_put_u64(body, page->after);
	wire_put_u64(body, page->upto);
	wire_put_u32(body, page->bytes);
	wire_put_u8(body, (page->kind & SHELF_PUBLIC) != 0);
	buf_add_span(body, topic_key_asked(page->channel));
	inquiry->call = questions_page(
		inquiries->questions, buf_span(body), paged, inquiry);
}

struct inquiry *inquiries_page(
	struct inquiries *inquiries, const struct inquiry_page *page)
{
	struct buf *key = &inquiries->scratch;
	struct inquiry *inquiry;
	size_t name;

	buf_clear(key);
	wire_put_u8(key, PAGE);
	wire_put_u8(key, (uint8_t)page->kind);
	wire_put_u64(key, page->after);
	name = key->len;
	buf_add_span(key, page->channel);
	inquiry = find(inquiries);
	if (inquiry != NULL)
		return inquiry;
	inquiry = add(inquiries);
	inquiry->after = page->after;
	inquiry->kind = page->kind;
	inquiry->channel = span(inquiry->key.at + name, page->channel.len);
	ask_page(inquiry, page);
	return inquiry;
}
