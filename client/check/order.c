/* SPDX-License-Identifier: MIT */
/*
 * order - can the order that several machines share be had here?
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "client/check/tools_room.h"
#include "lib/config/config.h"
#include "lib/json/json.h"

static const char not_there[] = "docs/several-machines.md, When the order is "
				"away; the log lines of tidings-hub say more";

static bool is_address(const char *server)
{
	return strncmp(server, "unix:", strlen("unix:")) != 0;
}

/* ADDRESS:PORT or [ADDRESS]:PORT */
static struct span host_of(const char *server)
{
	const char *colon = strrchr(server, ':');
	bool bracket = server[0] == '[';
	size_t len = colon == NULL ? strlen(server) : (size_t)(colon - server);

	return bracket && len >= 2 ? span(server + 1, len - 2)
				   : span(server, len);
}

/* The units of the packages let the hub open sockets of its machine only. */
static void name_drop_in(
	struct check *check, const struct config_shared *shared)
{
	struct buf *advice = &check->advice;
	size_t addresses = 0;

	for (size_t i = 0; i < shared->redis_count; i++)
		addresses += is_address(shared->redis[i]);
	if (addresses == 0 || !check_is_packaged())
		return;
	buf_printf(advice,
		"as packaged the hub may not open it: systemctl edit "
		"tidings-hub, with these lines, and restart it\n"
		"[Service]\n"
		"RestrictAddressFamilies=AF_INET AF_INET6\n");
	for (size_t i = 0; i < shared->redis_count; i++) {
		struct span host = host_of(shared->redis[i]);

		if (is_address(shared->redis[i]))
			buf_printf(advice, "IPAddressAllow=%.*s\n",
				(int)host.len, host.at);
	}
}

static bool is_shared(struct config *config)
{
	free(check_config(config));
	return config->shared.redis_count > 0;
}

bool check_has_order(void)
{
	struct config config = {0};
	bool shared = check_has_config() && is_shared(&config);

	config_release(&config);
	return shared;
}

/* Or is it the hub itself that is not there? */
static bool speaks_of_it(struct span reason)
{
	return memmem(reason.at, reason.len, "shared order", 12) != NULL;
}

bool check_order(struct check *check)
{
	struct json_object *health = check_ask(check, "/health");
	struct config config = {0};
	struct span reason = {0};
	bool good;

	buf_clear(&check->note);
	if (!json_text(health, "reason", &reason))
		reason =
			span_of(check->answer.status == 200 ? "" : "no answer");
	good = reason.len == 0 && check->answer.status == 200;
	if (good)
		check_fine(check, "it is at hand");
	else
		check_wrong(
			check, not_there, "%.*s", (int)reason.len, reason.at);
	if (speaks_of_it(reason) && is_shared(&config))
		name_drop_in(check, &config.shared);
	config_release(&config);
	json_free(health);
	return good;
}
