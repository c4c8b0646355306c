/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/config_target.h"

#include <string.h>

#include "lib/config/config.h"
#include "lib/event/template.h"
#include "lib/text.h"

/* A limit of a channel that its section does not name; no text means it. */
static const uint64_t KEEP_SHARED = UINT64_MAX;

static const char *fault_of_channel(struct span name)
{
	const char *fault = text_channel_fault(name);
	struct buf regex = {0};

	if (fault == NULL && memchr(name.at, '{', name.len) != NULL &&
		!template_regex(name, &regex))
		fault = "a channel's name with a '{' is a URI template "
			"(RFC 6570), as in [channel builds/{name}]";
	buf_release(&regex);
	return fault;
}

static struct config_channel *new_channel(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = fault_of_channel(name);
	struct config_channel *channel;

	for (size_t i = 0; why == NULL && i < config->channel_count; i++)
		if (span_is(name, config->channels[i].name))
			why = "this section is given twice";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->channels = mem_resize(config->channels,
		(config->channel_count + 1) * sizeof(*config->channels));
	channel = &config->channels[config->channel_count++];
	channel->name = mem_text(name);
	channel->keep = (struct keep){KEEP_SHARED, KEEP_SHARED, KEEP_SHARED};
	return channel;
}

static struct config_inbox *new_inbox(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = NULL;
	struct config_inbox *inbox;

	if (text_channel_fault(name) != NULL)
		why = "an inbox's name has 1 to 255 bytes and no control "
		      "characters";
	for (size_t i = 0; why == NULL && i < config->inbox_count; i++)
		if (span_is(name, config->inboxes[i].name))
			why = "this section is given twice";
	if (why == NULL && config->inbox_count == CONFIG_INBOXES_MAX)
		why = "there may be 64 inboxes, and this is one more";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->inboxes = mem_resize(config->inboxes,
		(config->inbox_count + 1) * sizeof(*config->inboxes));
	inbox = &config->inboxes[config->inbox_count++];
	*inbox = (struct config_inbox){.name = mem_text(name)};
	return inbox;
}

static const char *name_fault(struct span name)
{
	return text_channel_fault(name) == NULL
		       ? NULL
		       : "a section's name has 1 to 255 bytes and no control "
			 "characters";
}

static struct config_keys *new_keys(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = name_fault(name);
	struct config_keys *keys;

	for (size_t i = 0; why == NULL && i < config->keys_count; i++)
		if (span_is(name, config->keys[i].name))
			why = "this section is given twice";
	if (why == NULL && config->keys_count == CONFIG_KEYS_MAX)
		why = "there may be 64 sections [keys], and this is one more";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->keys = mem_resize(
		config->keys, (config->keys_count + 1) * sizeof(*config->keys));
	keys = &config->keys[config->keys_count++];
	*keys = (struct config_keys){.name = mem_text(name)};
	return keys;
}

static struct config_access *new_access(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = name_fault(name);
	struct config_access *access;

	for (size_t i = 0; why == NULL && i < config->access_count; i++)
		if (span_is(name, config->access[i].name))
			why = "this section is given twice";
	if (why == NULL && config->access_count == CONFIG_ACCESS_MAX)
		why = "there may be 1,000 sections [access], and this is one "
		      "more";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->access = mem_resize(config->access,
		(config->access_count + 1) * sizeof(*config->access));
	access = &config->access[config->access_count++];
	*access = (struct config_access){.name = mem_text(name)};
	return access;
}

void *config_target(struct config *config, enum setting_kind kind,
	struct span name, struct buf *fault)
{
	if (kind == SETTING_CHANNEL)
		return new_channel(config, name, fault);
	if (kind == SETTING_INBOX)
		return new_inbox(config, name, fault);
	if (kind == SETTING_KEYS)
		return new_keys(config, name, fault);
	if (kind == SETTING_ACCESS)
		return new_access(config, name, fault);
	return config;
}

void config_target_inherit(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		struct keep *keep = &config->channels[i].keep;

		if (keep->age_ms == KEEP_SHARED)
			keep->age_ms = config->keep.age_ms;
		if (keep->events == KEEP_SHARED)
			keep->events = config->keep.events;
		if (keep->bytes == KEEP_SHARED)
			keep->bytes = config->keep.bytes;
	}
}
