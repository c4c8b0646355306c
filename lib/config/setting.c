/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/setting.h"

#include <assert.h>
#include <sys/un.h>

#include "lib/config/config.h"
#include "lib/config/setting_parse.h"

#define IN(type, member) \
	.field = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define AT(member)	IN(struct config, member)
#define LIST(member, n) AT(member), .count = offsetof(struct config, n)
#define DAYS(n)		((uint64_t)(n)*86400000)
#define FOREVER		DAYS(36500)
#define EVENTS_MAX	((uint64_t)1 << 53)
#define BYTES_MAX	((uint64_t)1 << 60)
#define SHORT_MAX	64
#define SOCKET_MAX	(sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const struct setting log_keys[] = {
	{"to", "stderr", parse_choice, AT(syslog),
		.words = {"stderr", "syslog"}},
	{"level", "info", parse_choice, AT(debug), .words = {"info", "debug"}},
};

static const struct setting hub_keys[] = {
	{"socket", RUNDIR "/tidings/hub.sock", parse_path, AT(hub_socket),
		.max = SOCKET_MAX},
	{"socket_mode", "0660", parse_mode, AT(hub_socket_mode)},
	{"socket_group", "", parse_group, AT(hub_socket_group)},
	{"users", "", parse_users, LIST(hub_users, hub_user_count)},
	{"inbox_user", "tidings-inbox", parse_own_users,
		LIST(inbox_users, inbox_user_count)},
	{"log", STATEDIR "/lib/tidings/log.db", parse_path, AT(log_path)},
	{"keep_age", "7d", parse_time, AT(keep.age_ms), .max = FOREVER},
	{"keep_events", "1000000", parse_number, AT(keep.events),
		.max = EVENTS_MAX},
	{"keep_bytes", "1G", parse_size, AT(keep.bytes), .max = BYTES_MAX},
	{"key_age", "24h", parse_time, AT(key_age_ms), .min = DAYS(1),
		.max = FOREVER},
	{"demo", "no", parse_choice, AT(demo), .words = {"no", "yes"}},
	{"presence_rate", "50", parse_number, AT(presence_rate),
		.max = 1000000},
};

static const struct setting responder_keys[] = {
	{"socket", RUNDIR "/tidings/fcgi.sock", parse_path, AT(fcgi_socket),
		.max = SOCKET_MAX},
	{"socket_mode", "0660", parse_mode, AT(fcgi_socket_mode)},
	{"socket_group", "", parse_group, AT(fcgi_socket_group)},
	{"base", "", parse_base, AT(base)},
	{"workers", "1", parse_number, AT(workers), .min = 1, .max = 64},
	{"streams", "0", parse_number, AT(streams), .max = 1000000},
	{"connections", "0", parse_number, AT(connections), .max = 1000000},
	{"streams_per_address", "0", parse_number, AT(streams_per_address),
		.max = 1000000},
	{"channels", "1000000", parse_number, AT(stream_channels),
		.max = 1000000000},
	{"channels_per_address", "0", parse_number, AT(channels_per_address),
		.max = 1000000000},
	{"selectors", "1000", parse_number, AT(selectors), .max = 100000},
	{"publish_from", "127.0.0.0/8 ::1", parse_prefixes,
		LIST(publish_from, publish_from_count)},
	{"publish_rate", "0", parse_number, AT(publish_rate), .max = 1000000},
	{"publish_rate_total", "0", parse_number, AT(publish_rate_total),
		.max = 1000000},
	{"hosts", "", parse_hosts, LIST(hosts, host_count)},
	{"origins", "", parse_origins, LIST(origins, origin_count)},
	{"keepalive", "15s", parse_time, AT(keepalive_ms), .min = 1000,
		.max = 3600000},
	{"retry", "2s", parse_time, AT(retry_ms), .min = 100, .max = 3600000},
	{"window", "16M", parse_size, AT(window), .min = 1 << 20,
		.max = 1 << 30},
	{"max_event", "64K", parse_size, AT(max_event), .min = 1 << 10,
		.max = 1 << 20},
	{"max_body", "1M", parse_size, AT(max_body), .min = 1 << 10,
		.max = 8 << 20},
	{"rest", "250ms", parse_time, AT(rest_ms), .max = 10000},
	{"listeners", "anyone", parse_choice, AT(listeners_granted),
		.words = {"anyone", "granted"}},
	{"private", "", parse_selectors,
		LIST(private_selectors, private_count)},
	{"cookie", "mercureAuthorization", parse_cookie, AT(cookie)},
	{"token_in_url", "no", parse_choice, AT(token_in_url),
		.words = {"no", "yes"}},
	{"stream_age", "0", parse_time_or_none, AT(stream_age_ms), .min = 60000,
		.max = DAYS(7)},
	{"ticket_age", "5m", parse_time_or_none, AT(ticket_age_ms),
		.min = 30000, .max = 3600000},
	{"compress", "no", parse_choice, AT(compress), .words = {"no", "yes"}},
	{"mercure", "no", parse_choice, AT(mercure), .words = {"no", "yes"}},
	{"mercure_subscriptions", "no", parse_choice, AT(subscriptions),
		.words = {"no", "yes"}},
	{"presence_list", "1000", parse_number, AT(presence_list), .min = 1,
		.max = 10000},
	{"kill_token", "", parse_path_or_none, AT(kill_token)},
};

static const struct setting shared_keys[] = {
	{"redis", NULL, parse_servers, LIST(shared.redis, shared.redis_count)},
	{"db", "0", parse_number, AT(shared.db), .max = 15},
	{"user", NULL, parse_text, AT(shared.user)},
	{"password_file", NULL, parse_path, AT(shared.password_file)},
	{"found", "manual", parse_choice, AT(shared.found_auto),
		.words = {"manual", "auto"}},
	{"prefix", "{tidings}", parse_short_text, AT(shared.prefix),
		.max = SHORT_MAX},
	{"machine", NULL, parse_short_text, AT(shared.machine),
		.max = SHORT_MAX},
	{"give_up", "5s", parse_time, AT(shared.give_up_ms), .min = 1000,
		.max = 30000},
	{"keep_age", "1h", parse_time, AT(shared.keep_age_ms), .min = 60000,
		.max = DAYS(7)},
	{"keep_bytes", "256M", parse_size, AT(shared.keep_bytes),
		.min = 1 << 20, .max = 1099511627776},
};

static const struct setting channel_keys[] = {
	{"keep_age", NULL, parse_time, IN(struct config_channel, keep.age_ms),
		.max = FOREVER},
	{"keep_events", NULL, parse_number,
		IN(struct config_channel, keep.events), .max = EVENTS_MAX},
	{"keep_bytes", NULL, parse_size, IN(struct config_channel, keep.bytes),
		.max = BYTES_MAX},
};

static const struct setting inbox_keys[] = {
	{"path", NULL, parse_path, IN(struct config_inbox, path)},
	{"create", "no", parse_choice, IN(struct config_inbox, create),
		.words = {"no", "yes"}},
	{"start", "all", parse_choice, IN(struct config_inbox, start_new),
		.words = {"all", "new"}},
	{"consume", "yes", parse_choice, IN(struct config_inbox, consume),
		.words = {"no", "yes"}},
	{"consume_rows", "10000", parse_number,
		IN(struct config_inbox, consume_rows), .min = 1,
		.max = 1000000},
	{"consume_every", "10m", parse_time,
		IN(struct config_inbox, consume_every_ms), .min = 50,
		.max = DAYS(7)},
};

#define OF(type, member) IN(struct type, member)
#define LIST_OF(type, member, n) \
	OF(type, member), .count = offsetof(struct type, n)

static const struct setting keys_keys[] = {
	{"file", NULL, parse_path, OF(config_keys, file)},
	{"algorithms", NULL, parse_algorithms,
		LIST_OF(config_keys, algorithms, algorithm_count)},
	{"form", "mercure", parse_choice, OF(config_keys, oauth),
		.words = {"mercure", "oauth"}},
	{"issuer", NULL, parse_text, OF(config_keys, issuer)},
	{"audience", NULL, parse_text, OF(config_keys, audience)},
	{"grants", "publish subscribe", parse_grants,
		LIST_OF(config_keys, grants, grant_count)},
	{"expiry", "optional", parse_choice, OF(config_keys, expiry_required),
		.words = {"optional", "required"}},
	{"leeway", "10s", parse_time, OF(config_keys, leeway_ms),
		.max = 300000},
};

static const struct setting access_keys[] = {
	{"who", NULL, parse_bearers, LIST_OF(config_access, who, who_count)},
	{"publish", "", parse_user_selectors,
		LIST_OF(config_access, publish, publish_count)},
	{"subscribe", "", parse_user_selectors,
		LIST_OF(config_access, subscribe, subscribe_count)},
};

#define SETTINGS(table) table, sizeof(table) / sizeof((table)[0])

const struct setting_section setting_sections[SETTING_KINDS] = {
	[SETTING_LOG] = {"log", false, SETTINGS(log_keys)},
	[SETTING_HUB] = {"hub", false, SETTINGS(hub_keys)},
	[SETTING_RESPONDER] = {"responder", false, SETTINGS(responder_keys)},
	[SETTING_SHARED] = {"shared", false, SETTINGS(shared_keys)},
	[SETTING_CHANNEL] = {"channel", true, SETTINGS(channel_keys)},
	[SETTING_INBOX] = {"inbox", true, SETTINGS(inbox_keys)},
	[SETTING_KEYS] = {"keys", true, SETTINGS(keys_keys)},
	[SETTING_ACCESS] = {"access", true, SETTINGS(access_keys)},
};

void setting_defaults(const struct setting_section *section, void *target)
{
	struct buf fault = {0};

	assert(section->count <= SETTING_MOST);
	for (size_t i = 0; i < section->count; i++) {
		const struct setting *setting = &section->settings[i];
		bool ok =
			setting->text == NULL ||
			setting->parse(setting, setting->text, target, &fault);

		assert(ok);
		(void)ok;
	}
}
