/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/sight.h"

#include <stdlib.h>

#include "hub/log/channel.h"
#include "lib/event/traits.h"

void sights_open(struct sights *sights, const struct config *config)
{
	size_t count = config->private_count;
	struct scope_item *items = mem_new((count + 1) * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i].text = span_of(config->private_selectors[i]);
	sights->scopes = scopes_new();
	sights->hidden = scope_get(sights->scopes, items, count);
	sights->privacy.channels = sights->hidden;
	free(items);
}

void sights_close(struct sights *sights)
{
	for (unsigned i = 0; i < SIGHTS_KEPT; i++)
		scope_drop(sights->kept[i]);
	scope_drop(sights->hidden);
	scopes_free(sights->scopes);
}

static bool is_kept(const struct sights *sights, const struct scope *scope)
{
	for (unsigned i = 0; i < SIGHTS_KEPT; i++)
		if (sights->kept[i] == scope)
			return true;
	return false;
}

struct scope *sights_read(struct sights *sights, struct wire_in *in)
{
	struct scope *scope = scope_read(sights->scopes, in);

	if (scope == NULL || is_kept(sights, scope))
		return scope;
	scope_drop(sights->kept[sights->next]);
	sights->kept[sights->next] = scope_hold(scope);
	sights->next = (sights->next + 1) % SIGHTS_KEPT;
	return scope;
}

bool sights_hide(const struct sights *sights, struct span traits)
{
	return privacy_hides_traits(&sights->privacy, traits) ||
	       traits_are_guarded(traits);
}

enum seen sight_of(const struct sight *sight, const struct channel *channel)
{
	enum seen least = channel->is_private ? SEEN_NOTHING : SEEN_PUBLIC;

	if (sight->all || (!channel->is_private && channel->shown == NULL) ||
		scope_has(sight->scope, channel_name(channel)))
		return SEEN_WHOLE;
	return least;
}

static bool has_topic(const struct scope *scope, struct span traits)
{
	struct trait_topics topics;

	if (scope == NULL || !trait_topics(traits, &topics))
		return false;
	for (uint8_t i = 0; i < topics.count; i++)
		if (scope_has(scope, trait_next_topic(&topics.names)))
			return true;
	return false;
}

bool sight_has(const struct sights *sights, const struct sight *sight,
	const struct channel *channel, struct span traits)
{
	if (sight->all || scope_has(sight->scope, channel_name(channel)))
		return true;
	if (!channel->is_private &&
		(traits.len == 0 || !sights_hide(sights, traits)))
		return true;
	return has_topic(sight->scope, traits);
}

struct mark sight_mark(const struct sight *sight, const struct channel *channel)
{
	enum seen seen = sight_of(sight, channel);

	if (seen == SEEN_NOTHING)
		return (struct mark){0};
	if (seen == SEEN_PUBLIC && sight->scope == NULL)
		return channel->shown->pruned;
	return (struct mark){channel->pruned_through, channel->pruned_at};
}
