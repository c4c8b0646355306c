/* SPDX-License-Identifier: MIT */
/*
 * server_config - the tidings.conf of this machine, if there is one
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/check/tools_room.h"
#include "client/option/option.h"
#include "lib/config/config.h"

static const char *file(void)
{
	return option_given("server-config") ? option_text("server-config")
					     : SYSCONFDIR
		       "/tidings/tidings.conf";
}

bool check_has_config(void)
{
	return option_given("server-config") || access(file(), R_OK) == 0;
}

char *check_config(struct config *config)
{
	return config_try(config, file());
}

/* Of one that is not there, or not right, all is zero. */
static void read_if_any(struct config *config)
{
	if (check_has_config())
		free(check_config(config));
}

bool check_is_packaged(void)
{
	struct config config = {0};
	bool packaged;

	read_if_any(&config);
	packaged = config.inbox_user_count > 0;
	config_release(&config);
	return packaged;
}

char *check_base(void)
{
	struct config config = {0};
	char *base = NULL;

	read_if_any(&config);
	if (config.base != NULL && config.base[0] != '\0')
		base = mem_text(span_of(config.base));
	config_release(&config);
	return base;
}

static bool knows_tokens(const struct config_access *access)
{
	for (size_t i = 0; i < access->who_count; i++)
		if (strncmp(access->who[i], "token:", strlen("token:")) == 0)
			return true;
	return false;
}

bool check_has_tokens(void)
{
	struct config config = {0};
	bool has;

	read_if_any(&config);
	has = config.keys_count > 0;
	for (size_t i = 0; i < config.access_count; i++)
		has = has || knows_tokens(&config.access[i]);
	config_release(&config);
	return has;
}
