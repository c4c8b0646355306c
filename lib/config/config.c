/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/config.h"

#include <stdlib.h>

#include "lib/config/config_file.h"
#include "lib/config/config_target.h"
#include "lib/config/setting.h"
#include "lib/lines.h"
#include "lib/log.h"

char *config_try(struct config *config, const char *path)
{
	char *fault;

	*config = (struct config){0};
	for (int kind = 0; kind < SETTING_KINDS; kind++)
		if (!setting_sections[kind].named)
			setting_defaults(&setting_sections[kind], config);
	if (path == NULL)
		return NULL;
	fault = config_file_read(config, path);
	if (fault == NULL)
		config_target_inherit(config);
	else
		config_release(config);
	return fault;
}

void config_load(struct config *config, const char *path)
{
	char *why = config_try(config, path);

	if (why != NULL)
		log_fatalx(LINE_CONFIG, why);
}

bool config_key(size_t index, struct config_key *key)
{
	for (int kind = 0; kind < SETTING_KINDS; kind++) {
		const struct setting_section *section = &setting_sections[kind];

		if (index < section->count) {
			key->section = section->name;
			key->name = section->settings[index].name;
			key->text = section->settings[index].text;
			return true;
		}
		index -= section->count;
	}
	return false;
}

static void clear_lists(const struct setting_section *section, void *target)
{
	for (size_t i = 0; i < section->count; i++)
		if (section->settings[i].count != 0)
			setting_clear(&section->settings[i], target);
}

static void release_keys(struct config *config)
{
	for (size_t i = 0; i < config->keys_count; i++) {
		clear_lists(&setting_sections[SETTING_KEYS], &config->keys[i]);
		free(config->keys[i].name);
		free(config->keys[i].file);
		free(config->keys[i].issuer);
		free(config->keys[i].audience);
	}
	free(config->keys);
}

static void release_access(struct config *config)
{
	for (size_t i = 0; i < config->access_count; i++) {
		clear_lists(
			&setting_sections[SETTING_ACCESS], &config->access[i]);
		free(config->access[i].name);
	}
	free(config->access);
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++)
		free(config->channels[i].name);
	for (size_t i = 0; i < config->inbox_count; i++) {
		free(config->inboxes[i].name);
		free(config->inboxes[i].path);
	}
	free(config->channels);
	free(config->inboxes);
	release_keys(config);
	release_access(config);
	free(config->shared.user);
	free(config->shared.password_file);
	free(config->shared.prefix);
	free(config->shared.machine);
	free(config->cookie);
	free(config->kill_token);
	free(config->hub_socket);
	free(config->log_path);
	free(config->fcgi_socket);
	free(config->base);
	for (int kind = 0; kind < SETTING_KINDS; kind++)
		if (!setting_sections[kind].named)
			clear_lists(&setting_sections[kind], config);
	*config = (struct config){0};
}
