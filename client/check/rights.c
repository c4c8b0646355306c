/* SPDX-License-Identifier: MIT */
/*
 * rights - what may everybody do, and do tokens arrive?
 *
 * What is open may be meant so: that is a warning.  A web server that keeps
 * tokens to itself is none: then nobody has the rights that he shows.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/check/tools_room.h"
#include "client/option/option.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/json/json.h"

/* ---- open to everybody: a line for each */

static void add_open(struct check *check, const char *advice, const char *what,
	const char *why)
{
	if (check->note.len > 0)
		buf_add_char(&check->note, '\n');
	buf_printf(&check->note, "%s (%s)", what, why);
	buf_printf(&check->advice, "%s\n", advice);
	check->warns = true;
}

/* As in 0.0.0.0/0 and ::/0. */
static bool is_everybody(const char *prefix)
{
	size_t len = strlen(prefix);

	return len > 2 && strcmp(prefix + len - 2, "/0") == 0;
}

static bool has_everybody(const struct config_access *access)
{
	static const char before[] = "address:";

	for (size_t i = 0; i < access->who_count; i++)
		if (strncmp(access->who[i], before, strlen(before)) == 0 &&
			is_everybody(access->who[i]))
			return true;
	return false;
}

static void judge_publishing(struct check *check, const struct config *config)
{
	for (size_t i = 0; i < config->publish_from_count; i++)
		if (is_everybody(config->publish_from[i]))
			add_open(check,
				"name in publish_from only those who publish, "
				"or give them tokens (docs/configuration.md)",
				"everybody may publish, on every channel",
				"publish_from");
	for (size_t i = 0; i < config->access_count; i++)
		if (config->access[i].publish_count > 0 &&
			has_everybody(&config->access[i]))
			add_open(check, "name in `who` only those who publish",
				"everybody may publish on some channels",
				config->access[i].name);
}

static void judge_pages(struct check *check, const struct config *config)
{
	for (size_t i = 0; i < config->origin_count; i++)
		if (strcmp(config->origins[i], "*") == 0)
			add_open(check,
				"name the sites whose pages listen, as "
				"https://app.example",
				"pages of all sites may listen, from within "
				"your network too",
				"origins = *");
}

/* Where nothing is kept from anybody, nobody expects it of names. */
static void judge_lists(struct check *check, const struct config *config)
{
	if (config->listeners_granted ||
		(config->private_count == 0 && config->keys_count == 0 &&
			config->access_count == 0))
		return;
	add_open(check,
		"listeners = granted, if only those with a token or a login "
		"shall listen",
		"everybody hears what is not private, and /api/channels lists "
		"its channels",
		"listeners = anyone");
}

bool check_open_doors(struct check *check)
{
	struct config config = {0};
	char *wrong = check_config(&config);
	bool good = true;

	buf_clear(&check->note);
	if (wrong != NULL) {
		good = check_wrong(check, NULL, "%s", wrong);
	} else {
		judge_publishing(check, &config);
		judge_pages(check, &config);
		judge_lists(check, &config);
		if (!check->warns)
			check_fine(check, "no right that strangers need not "
					  "have");
	}
	free(wrong);
	config_release(&config);
	return good;
}

/* ---- do tokens arrive? */

/* True if Tidings itself has answered, with this code or, for NULL, well. */
static bool was_told(struct check *check, const char *code)
{
	struct json_object *object = json_parse(buf_span(&check->answer.body));
	struct span error = {0};
	bool told = json_text(object, "error", &error);

	told = code == NULL ? json_has(object, "channels")
			    : told && span_is(error, code);
	json_free(object);
	return told;
}

/* Ours is good, or bad on purpose. */
static void show_token(struct check *check)
{
	static const char *const bad[] = {
		"Authorization: Bearer tidings-check", NULL};
	const char *token = option_text("token");
	const struct http_request request = {
		.path = "/api/channels?limit=1&authorized=1",
		.headers = token == NULL || *token == '\0' ? bad : NULL,
		.deadline_ms = check->patience_ms};

	http_perform(check->http, &request, &check->answer);
}

/* A token is good for a time, and the server's clock says when that is. */
static bool say_arrived(struct check *check, const char *what)
{
	uint64_t here = clock_wall_ms() / 1000, there = check->answer.date;
	uint64_t off = here > there ? here - there : there - here;

	if (there == 0 || off <= CHECK_CLOCK_S)
		return check_fine(check, "%s", what);
	check->warns = true;
	check->hint = "tokens begin and end at a time: have both machines "
		      "keep theirs by NTP";
	return check_fine(check,
		"%s; but the server's clock is %" PRIu64 " s %s this machine's",
		what, off, here > there ? "behind" : "ahead of");
}

bool check_tokens(struct check *check)
{
	const char *token = option_text("token");
	bool ours = token != NULL && *token != '\0';

	if (option_given("user"))
		return check_fine(
			check, "not tried: --user shows a password instead");
	show_token(check);
	if (was_told(check, "bad_token") && !ours)
		return say_arrived(check, "they reach Tidings");
	if (was_told(check, "bad_token"))
		return check_refused_token(check, token);
	if (ours && was_told(check, NULL))
		return say_arrived(check, "that of --token is good");
	if (check_has_tokens() &&
		(was_told(check, "no_token") || was_told(check, NULL)))
		return check_wrong(check, check_hint(check, CHECK_TOKENS),
			"none reaches Tidings: the web server keeps the header "
			"Authorization to itself");
	if (was_told(check, "no_token") || was_told(check, NULL))
		return check_fine(check, "none are looked at here");
	return check_fine(check, "not tried: %s", check->answer.sentence.at);
}
