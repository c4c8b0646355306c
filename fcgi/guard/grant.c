/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/grant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "lib/event/active.h"
#include "lib/event/scope.h"
#include "lib/event/traits.h"
#include "lib/list.h"
#include "lib/table.h"

enum {
	KEPT = 16384,		/* as many tokens are known (token_cache.h) */
	KEPT_SELECTORS = 65536, /* of all of them together */
};

struct grants {
	struct table table;
	struct scopes *scopes;
	size_t selectors;
	struct node order; /* the one that was asked for last at the end */
};

/* A grant among those that are found by their identity. */
struct known {
	struct grant grant;
	struct table_node node;
	struct node order; /* linked = it is found, and holds itself */
	struct grants *grants;
	uint32_t holds;
	size_t selectors;
	size_t len;
	char identity[];
};

static struct known *known_of(const struct table_node *node)
{
	return node == NULL ? NULL : table_entry(node, struct known, node);
}

static struct span key_of(const struct table_node *node)
{
	const struct known *known = table_entry(node, struct known, node);

	return span(known->identity, known->len);
}

struct grants *grants_new(struct scopes *scopes)
{
	struct grants *grants = mem_new(sizeof(*grants));

	grants->scopes = scopes;
	table_init(&grants->table, key_of, NULL);
	list_init(&grants->order);
	return grants;
}

static void forget(struct known *known)
{
	table_remove(&known->grants->table, &known->node);
	known->grants->selectors -= known->selectors;
	list_remove(&known->order);
	grant_drop(&known->grant);
}

static struct known *oldest(const struct grants *grants)
{
	return list_entry(grants->order.next, struct known, order);
}

void grants_forget(struct grants *grants)
{
	while (!list_empty(&grants->order))
		forget(oldest(grants));
}

void grants_free(struct grants *grants)
{
	if (grants == NULL)
		return;
	grants_forget(grants);
	table_release(&grants->table);
	free(grants);
}

/* ---- making one */

void grant_list_add(struct grant_list *list, struct span text, bool exact)
{
	if ((list->count & 15) == 0)
		list->items = mem_resize(
			list->items, (list->count + 16) * sizeof(*list->items));
	list->items[list->count++] = (struct scope_item){text, exact};
}

char *grant_parts_keep(struct grant_parts *parts, char *text)
{
	if (text == NULL)
		return NULL;
	parts->texts = mem_resize(
		parts->texts, (parts->text_count + 1) * sizeof(*parts->texts));
	parts->texts[parts->text_count++] = text;
	return text;
}

void grant_parts_release(struct grant_parts *parts)
{
	for (size_t i = 0; i < parts->text_count; i++)
		free(parts->texts[i]);
	free(parts->texts);
	free(parts->publish.items);
	free(parts->subscribe.items);
}

struct grant *grants_find(struct grants *grants, struct span identity)
{
	struct known *known = known_of(table_find(&grants->table, identity));

	if (known == NULL)
		return NULL;
	list_remove(&known->order);
	list_append(&grants->order, &known->order);
	return grant_hold(&known->grant);
}

struct grant *grants_make(struct grants *grants, struct span identity,
	const struct grant_parts *parts)
{
	struct known *known = mem_new(sizeof(*known) + identity.len);

	known->selectors = parts->publish.count + parts->subscribe.count;
	grants->selectors += known->selectors;
	while (grants->table.count > 0 &&
		(grants->table.count >= KEPT ||
			grants->selectors > KEPT_SELECTORS))
		forget(oldest(grants));
	known->grant.publish = scope_get(
		grants->scopes, parts->publish.items, parts->publish.count);
	known->grant.subscribe = scope_get(
		grants->scopes, parts->subscribe.items, parts->subscribe.count);
	if (parts->token != NULL)
		known->grant.token = rights_hold(parts->token);
	if (parts->user.len > 0)
		known->grant.user = mem_text(parts->user);
	known->grants = grants;
	known->len = identity.len;
	memcpy(known->identity, identity.at, identity.len);
	list_init(&known->order);
	list_append(&grants->order, &known->order);
	table_add(&grants->table, &known->node);
	known->holds = 1;
	return grant_hold(&known->grant);
}

static struct known *known_by(struct grant *grant)
{
	return list_entry(grant, struct known, grant);
}

struct grant *grant_hold(struct grant *grant)
{
	if (grant != NULL)
		known_by(grant)->holds++;
	return grant;
}

void grant_drop(struct grant *grant)
{
	if (grant == NULL || --known_by(grant)->holds > 0)
		return;
	scope_drop(grant->publish);
	scope_drop(grant->subscribe);
	rights_release(grant->token);
	free(grant->user);
	free(known_by(grant));
}

/* ---- asking */

uint64_t grant_until(const struct grant *grant)
{
	return grant == NULL || grant->token == NULL ? RIGHTS_NO_END
						     : grant->token->until_ms;
}

bool grant_is_void(const struct grant *grant)
{
	return grant != NULL && grant->token != NULL &&
	       grant->token->key != NULL && key_is_gone(grant->token->key);
}

const char *grant_subject(const struct grant *grant)
{
	if (grant == NULL)
		return NULL;
	if (grant->token != NULL && grant->token->subject != NULL)
		return grant->token->subject;
	return grant->user;
}

const char *grant_payload(const struct grant *grant)
{
	return grant == NULL || grant->token == NULL ? NULL
						     : grant->token->payload;
}

const struct key *grant_key(const struct grant *grant)
{
	return grant == NULL || grant->token == NULL ? NULL : grant->token->key;
}

bool grant_publishes(const struct grant *grant, struct span channel)
{
	return grant != NULL && scope_has(grant->publish, channel);
}

bool grant_publishes_somewhere(const struct grant *grant)
{
	return grant != NULL && grant->publish != NULL;
}

bool grant_subscribes(const struct grant *grant, struct span channel)
{
	return grant != NULL && scope_has(grant->subscribe, channel);
}

struct scope *grant_scope(const struct grant *grant)
{
	return grant == NULL ? NULL : grant->subscribe;
}

uint64_t grant_serial(const struct grant *grant)
{
	return grant == NULL ? 0 : scope_serial(grant->subscribe);
}

/* Of who is there: by its path. */
static bool reads_active(const struct grant *grant, struct span traits)
{
	struct active active;
	struct buf path = {0};
	bool reads;

	if (!active_get(traits, &active))
		return false;
	active_path(&path, &active);
	reads = scope_has(grant->subscribe, buf_span(&path));
	buf_release(&path);
	return reads;
}

bool grant_reads(
	const struct grant *grant, struct span channel, struct span traits)
{
	struct trait_topics topics;

	if (grant == NULL || grant->subscribe == NULL)
		return false;
	if (scope_has(grant->subscribe, channel))
		return true;
	if (traits.len == 0)
		return false;
	if (!trait_topics(traits, &topics))
		return reads_active(grant, traits);
	for (uint8_t i = 0; i < topics.count; i++)
		if (scope_has(
			    grant->subscribe, trait_next_topic(&topics.names)))
			return true;
	return false;
}
