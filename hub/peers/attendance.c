/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

struct attendance_topic {
	struct table_node by_name;
	struct node entries;
	uint16_t len;
	char name[];
};

static struct span topic_name(const struct attendance_topic *topic)
{
	return span(topic->name, topic->len);
}

static struct span name_of(const struct table_node *node)
{
	/* It is the first member. */
	return topic_name((const struct attendance_topic *)(const void *)node);
}

static struct span id_key(const uint64_t *id)
{
	return span((const char *)id, sizeof(*id));
}

static struct span id_of(const struct table_node *node)
{
	/* Likewise. */
	return id_key(
		&((const struct attendance_entry *)(const void *)node)->id);
}

void attendance_open(struct attendance *attendance)
{
	table_init(&attendance->topics, name_of, NULL);
	table_init(&attendance->ids, id_of, NULL);
	list_init(&attendance->all);
}

void attendance_close(struct attendance *attendance)
{
	table_release(&attendance->topics);
	table_release(&attendance->ids);
}

/* ---- coming and going */

static struct attendance_topic *find(
	const struct attendance *attendance, struct span name)
{
	struct table_node *node = table_find(&attendance->topics, name);

	return node == NULL
		       ? NULL
		       : table_entry(node, struct attendance_topic, by_name);
}

static struct attendance_topic *get(
	struct attendance *attendance, struct span name)
{
	struct attendance_topic *topic = find(attendance, name);

	if (topic != NULL)
		return topic;
	topic = mem_new(sizeof(*topic) + name.len);
	topic->len = (uint16_t)name.len;
	memcpy(topic->name, name.at, name.len);
	list_init(&topic->entries);
	table_add(&attendance->topics, &topic->by_name);
	return topic;
}

void attendance_enter(struct attendance *attendance,
	struct attendance_entry *entry, struct span topic)
{
	entry->topic = get(attendance, topic);
	list_init(&entry->of_all);
	list_init(&entry->of_topic);
	list_append(&attendance->all, &entry->of_all);
	list_append(&entry->topic->entries, &entry->of_topic);
	table_add(&attendance->ids, &entry->by_id);
}

void attendance_leave(
	struct attendance *attendance, struct attendance_entry *entry)
{
	struct attendance_topic *topic = entry->topic;

	table_remove(&attendance->ids, &entry->by_id);
	list_remove(&entry->of_all);
	list_remove(&entry->of_topic);
	entry->topic = NULL;
	if (!list_empty(&topic->entries))
		return;
	table_remove(&attendance->topics, &topic->by_name);
	free(topic);
}

/* ---- being asked */

struct page {
	struct buf *out;
	size_t head; /* where `more` and `count` are */
	uint32_t lines;
};

static struct page page_begin(struct buf *out)
{
	struct page page = {out, out->len, 0};

	wire_put_u8(out, 0);
	wire_put_u32(out, 0);
	return page;
}

static void page_end(const struct page *page, bool more)
{
	size_t end = page->out->len;

	page->out->len = page->head;
	wire_put_u8(page->out, more);
	wire_put_u32(page->out, page->lines);
	page->out->len = end;
}

static void put_line(struct page *page, const struct attendance_entry *entry)
{
	const struct attendant *who = entry->who;

	wire_put_u64(page->out, entry->id);
	wire_put_bytes(page->out, who->subscriber, ACTIVE_SUBSCRIBER);
	wire_put_u64(page->out, who->since);
	wire_put_u8(page->out, who->open);
	wire_put_str16(page->out, topic_name(entry->topic));
	wire_put_str16(page->out, who->user);
	wire_put_str16(page->out, who->payload);
	page->lines++;
}

/* A list, and how its nodes are entries. */
struct line {
	const struct node *head;
	size_t offset;
};

static const struct attendance_entry *entry_at(
	const struct line *line, const struct node *node)
{
	if (node == line->head)
		return NULL;
	return (const void *)((const char *)node - line->offset);
}

static const struct node *node_of(
	const struct line *line, const struct attendance_entry *entry)
{
	return (const void *)((const char *)entry + line->offset);
}

/* The node behind that entry, also if it has gone. */
static const struct node *behind(const struct attendance *attendance,
	const struct line *line, struct attendance_question question)
{
	struct table_node *found =
		table_find(&attendance->ids, id_key(&question.after));
	const struct attendance_entry *entry;
	const struct node *at = line->head->next;

	if (found != NULL) {
		entry = table_entry(found, struct attendance_entry, by_id);
		if (question.topic.len == 0 ||
			span_equal(topic_name(entry->topic), question.topic))
			return node_of(line, entry)->next;
	}
	while ((entry = entry_at(line, at)) != NULL &&
		entry->id <= question.after)
		at = at->next;
	return at;
}

static bool has_line(const struct attendance *attendance,
	const struct attendance_question *question, struct line *line)
{
	struct attendance_topic *topic;

	*line = (struct line){
		&attendance->all, offsetof(struct attendance_entry, of_all)};
	if (question->topic.len == 0)
		return true;
	topic = find(attendance, question->topic);
	if (topic == NULL)
		return false;
	*line = (struct line){
		&topic->entries, offsetof(struct attendance_entry, of_topic)};
	return true;
}

void attendance_put(const struct attendance *attendance,
	const struct attendance_question *question, struct buf *out)
{
	struct page page = page_begin(out);
	const struct attendance_entry *entry;
	const struct node *at;
	struct line line;
	bool more = false;

	if (has_line(attendance, question, &line)) {
		at = behind(attendance, &line, *question);
		while ((entry = entry_at(&line, at)) != NULL) {
			more = page.lines >= question->limit ||
			       page.lines >= ATTENDANCE_LINES ||
			       out->len - page.head > ATTENDANCE_BYTES;
			if (more)
				break;
			put_line(&page, entry);
			at = at->next;
		}
	}
	page_end(&page, more);
}

void attendance_put_some(const struct attendance_entry *entries, size_t count,
	struct span topic, struct buf *out)
{
	struct page page = page_begin(out);

	for (size_t i = 0; i < count; i++)
		if (topic.len == 0 ||
			span_equal(topic, topic_name(entries[i].topic)))
			put_line(&page, &entries[i]);
	page_end(&page, false);
}
