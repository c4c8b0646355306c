/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/access.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/cors.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/host.h"
#include "fcgi/guard/limit.h"
#include "fcgi/guard/sender.h"
#include "fcgi/guard/verifier.h"
#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "lib/config/config.h"
#include "lib/event/scope.h"

struct access {
	const struct config *config;
	struct limiter *limiter;
	struct sender *sender;
	struct scopes *scopes;
	struct verifier *verifier;
	struct privacy privacy;
	struct scope *hidden; /* of the privacy */
};

static struct scope *scope_of(
	struct scopes *scopes, char *const *texts, size_t count)
{
	struct scope_item *items = mem_new((count + 1) * sizeof(*items));
	struct scope *scope;

	for (size_t i = 0; i < count; i++)
		items[i].text = span_of(texts[i]);
	scope = scope_get(scopes, items, count);
	free(items);
	return scope;
}

struct access *access_new(const struct access_parts *parts)
{
	const struct config *config = parts->config;
	struct access *access = mem_new(sizeof(*access));

	access->config = config;
	access->limiter = parts->limiter;
	access->sender = sender_new(config);
	access->scopes = scopes_new();
	access->verifier = verifier_new(&(struct verifier_parts){
		.config = config,
		.clock = parts->clock,
		.keyring = parts->keyring,
		.tickets = parts->tickets,
		.scopes = access->scopes,
	});
	access->hidden = scope_of(access->scopes, config->private_selectors,
		config->private_count);
	access->privacy.channels = access->hidden;
	return access;
}

void access_free(struct access *access)
{
	verifier_free(access->verifier);
	scope_drop(access->hidden);
	scopes_free(access->scopes);
	sender_free(access->sender);
	free(access);
}

bool access_is_ours(const struct access *access, const struct request *request)
{
	return host_is_ours(access->config, request);
}

/* What a URL lets its reader do is for nobody else's log. */
static bool is_secret(const char *uri)
{
	return strstr(uri, "ticket=") != NULL ||
	       strstr(uri, "authorization=") != NULL;
}

void access_headers(const struct access *access, struct request *request)
{
	if (is_secret(request->uri))
		buf_printf(
			&request->headers, "Referrer-Policy: no-referrer\r\n");
	cors_headers(&request->headers, access->config, request);
}

void access_preflight(const struct access *access, struct request *request,
	const char *methods)
{
	cors_preflight(&request->headers, access->config, request, methods);
}

void access_forget(struct access *access)
{
	verifier_forget(access->verifier);
}

/* A bad token counts as a POST of its address, and of nobody else: who guesses
 * is slowed down, and keeps no one from publishing. */
static enum access_word ask(struct access *access,
	const struct request *request, enum verifier_purpose purpose,
	struct proven *proven)
{
	enum access_word word =
		verifier_ask(access->verifier, request, purpose, proven);

	if ((word == ACCESS_BAD_TOKEN || word == ACCESS_BAD_SESSION) &&
		access->limiter != NULL &&
		!limit_guess(access->limiter, request->address))
		return ACCESS_TOO_OFTEN;
	return word;
}

/* ---- listening */

const struct privacy *access_privacy(const struct access *access)
{
	return &access->privacy;
}

/* Has it said that it means to have a grant? */
static bool needs_grant(
	const struct access *access, const struct request *request)
{
	static const char word[] = "authorized";

	if (access->config->listeners_granted)
		return true;
	/* Nearly nobody does, and a query may be long. */
	return strstr(request->uri, word) != NULL &&
	       query_flag(query_url(span_of(request->uri)).query, word);
}

enum access_word access_may_listen(struct access *access,
	const struct request *request, struct grant **grant)
{
	struct proven proven = {0};
	enum access_word word = ACCESS_YES;

	if (verifier_is_used(access->verifier))
		word = ask(access, request, TO_LISTEN, &proven);
	if (word == ACCESS_YES && proven.grant == NULL &&
		needs_grant(access, request))
		word = proven.foreign ? ACCESS_NOT_THAT_PAGE : ACCESS_NO_TOKEN;
	*grant = proven.grant;
	return word;
}

enum access_word access_may_read(const struct access *access,
	const struct grant *grant, struct span channel)
{
	if (!privacy_hides_channel(&access->privacy, channel) ||
		grant_subscribes(grant, channel))
		return ACCESS_YES;
	return ACCESS_NOT_GRANTED;
}

enum access_more access_more(const struct access *access)
{
	if (verifier_has_others(access->verifier))
		return ACCESS_BY_OTHERS;
	return verifier_takes_tokens(access->verifier) ? ACCESS_BY_HEADER
						       : ACCESS_NOBODY;
}

/* ---- publishing */

/* Of the words for those that may not, the one that helps. */
static enum access_word explain(const struct access *access,
	const struct proven *proven, enum access_word address)
{
	if (proven->foreign)
		return ACCESS_NOT_THAT_PAGE;
	if (proven->grant != NULL)
		return ACCESS_NOT_GRANTED;
	if (address == ACCESS_NOT_FROM_THERE &&
		verifier_takes_tokens(access->verifier))
		return ACCESS_NOR_TOKEN;
	return address;
}

enum access_word access_may_publish(struct access *access,
	const struct request *request, struct publisher *publisher)
{
	enum access_word address = sender_may_publish(access->sender, request);
	struct proven proven = {0};
	enum access_word word = ACCESS_YES;

	*publisher = (struct publisher){.anywhere = address == ACCESS_YES};
	if (!verifier_is_used(access->verifier))
		return address;
	word = ask(access, request, TO_PUBLISH, &proven);
	if (word != ACCESS_YES)
		return word;
	publisher->otherwise = explain(access, &proven, address);
	if (!publisher->anywhere && !grant_publishes_somewhere(proven.grant)) {
		grant_drop(proven.grant);
		return publisher->otherwise;
	}
	publisher->grant = proven.grant;
	return ACCESS_YES;
}

enum access_word access_may_publish_by_token(struct access *access,
	const struct request *request, struct publisher *publisher)
{
	struct proven proven = {0};
	enum access_word word = ACCESS_NO_TOKEN;

	*publisher = (struct publisher){.otherwise = ACCESS_NOT_GRANTED};
	if (verifier_takes_tokens(access->verifier))
		word = ask(access, request, TO_PUBLISH_BY_TOKEN, &proven);
	if (word != ACCESS_YES)
		return word;
	if (proven.grant == NULL)
		return proven.foreign ? ACCESS_NOT_THAT_PAGE : ACCESS_NO_TOKEN;
	if (!grant_publishes_somewhere(proven.grant)) {
		grant_drop(proven.grant);
		return ACCESS_NOT_GRANTED;
	}
	publisher->grant = proven.grant;
	return ACCESS_YES;
}

enum access_word publisher_may(
	const struct publisher *publisher, struct span channel)
{
	if (publisher->anywhere || grant_publishes(publisher->grant, channel))
		return ACCESS_YES;
	return publisher->otherwise;
}

void publisher_release(struct publisher *publisher)
{
	grant_drop(publisher->grant);
	publisher->grant = NULL;
}

/* ---- handing on */

enum access_word access_may_delegate(struct access *access,
	const struct request *request, struct grant **grant)
{
	struct proven proven = {0};
	enum access_word word = ACCESS_YES;

	*grant = NULL;
	if (verifier_is_used(access->verifier))
		word = ask(access, request, TO_PUBLISH, &proven);
	if (word != ACCESS_YES)
		return word;
	if (proven.grant == NULL)
		return proven.foreign ? ACCESS_NOT_THAT_PAGE : ACCESS_NO_TOKEN;
	if (proven.grant->subscribe == NULL) {
		grant_drop(proven.grant);
		return ACCESS_NOT_GRANTED;
	}
	*grant = proven.grant;
	return ACCESS_YES;
}
