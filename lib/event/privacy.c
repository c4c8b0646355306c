/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/privacy.h"

#include "lib/event/scope.h"
#include "lib/event/traits.h"

bool privacy_hides_channel(const struct privacy *privacy, struct span channel)
{
	return privacy != NULL && scope_has(privacy->channels, channel);
}

bool privacy_hides_traits(const struct privacy *privacy, struct span traits)
{
	struct trait_topics topics;

	if (traits.len == 0)
		return false;
	if (traits_are_private(traits))
		return true;
	if (privacy == NULL || privacy->channels == NULL ||
		!trait_topics(traits, &topics))
		return false;
	for (uint8_t i = 0; i < topics.count; i++)
		if (scope_has(
			    privacy->channels, trait_next_topic(&topics.names)))
			return true;
	return false;
}
