/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/verifier.h"

#include <stdlib.h>

#include "fcgi/guard/cors.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/host.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/proof.h"
#include "fcgi/guard/rights.h"
#include "fcgi/guard/roster.h"
#include "fcgi/guard/ticket.h"
#include "fcgi/guard/token_budget.h"
#include "fcgi/http/request.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/event/selector.h"

struct verifier {
	const struct config *config;
	const struct clock *clock;
	struct keyring *keyring;
	struct tickets *tickets;
	struct roster *roster;
	struct grants *grants;
	struct token_budget *budget;
	struct proof_places places; /* nowhere without tokens: sites have
				       headers and cookies of their own */
};

static bool has_tokens(const struct verifier *verifier)
{
	return roster_has_tokens(verifier->roster) ||
	       (verifier->keyring != NULL &&
		       keyring_is_used(verifier->keyring));
}

struct verifier *verifier_new(const struct verifier_parts *parts)
{
	const struct config *config = parts->config;
	struct verifier *verifier = mem_new(sizeof(*verifier));
	bool tokens;

	verifier->config = config;
	verifier->clock = parts->clock;
	verifier->keyring = parts->keyring;
	verifier->tickets = parts->tickets;
	verifier->roster = roster_new(config);
	verifier->grants = grants_new(parts->scopes);
	verifier->budget = token_budget_new(parts->clock);
	tokens = has_tokens(verifier);
	verifier->places = (struct proof_places){
		.header = tokens,
		.url = tokens && config->token_in_url,
		.cookie =
			tokens && config->cookie != NULL ? config->cookie : "",
		.tickets = parts->tickets != NULL && config->ticket_age_ms > 0,
	};
	return verifier;
}

void verifier_free(struct verifier *verifier)
{
	token_budget_free(verifier->budget);
	grants_free(verifier->grants);
	roster_free(verifier->roster);
	free(verifier);
}

bool verifier_takes_tokens(const struct verifier *verifier)
{
	return verifier->places.header;
}

bool verifier_has_others(const struct verifier *verifier)
{
	return !roster_is_empty(verifier->roster) ||
	       verifier->config->listeners_granted;
}

bool verifier_is_used(const struct verifier *verifier)
{
	return verifier->places.header || !roster_is_empty(verifier->roster) ||
	       verifier->config->listeners_granted ||
	       verifier->config->private_count > 0;
}

void verifier_forget(struct verifier *verifier)
{
	grants_forget(verifier->grants);
}

/* ---- what counts */

/* What a page may have had its browser send. */
static bool login_counts(
	enum cors_page page, enum verifier_purpose purpose, bool has_origin)
{
	if (purpose == TO_LISTEN)
		return !has_origin || page == CORS_OURS;
	return page != CORS_FOREIGN;
}

static bool cookie_counts(
	enum cors_page page, enum verifier_purpose purpose, bool has_origin)
{
	if (purpose == TO_LISTEN)
		return !has_origin || page == CORS_OURS;
	return page == CORS_OURS;
}

/* The name that was asked for may have been pointed here by a page's owner. */
static bool name_is_certain(const struct config *config,
	const struct request *request, enum verifier_purpose purpose)
{
	if (cors_is_named(config, request))
		return true;
	if (purpose == TO_LISTEN)
		return host_is_fixed(config, request);
	return host_is_certain(config, request) || cors_is_certified(request);
}

/* Takes away what does not count; true if there was any. */
static bool sift(const struct verifier *verifier, const struct request *request,
	enum verifier_purpose purpose, struct proof *proof,
	struct caller *caller)
{
	enum cors_page page = cors_page(verifier->config, request);
	bool has_origin = request->origin[0] != '\0';
	bool counts = login_counts(page, purpose, has_origin);
	bool foreign = false;

	if ((proof->carrier == PROOF_IN_COOKIE ||
		    proof->carrier == PROOF_SESSION) &&
		!cookie_counts(page, purpose, has_origin)) {
		proof->token = span(NULL, 0);
		foreign = true;
	}
	if (purpose == TO_PUBLISH_BY_TOKEN)
		return foreign;
	foreign = foreign || (proof->user.len > 0 && !counts);
	if (counts) {
		caller->user = proof->user;
		caller->request = request;
		caller->certain =
			name_is_certain(verifier->config, request, purpose);
	}
	return foreign;
}

/* ---- what it is worth */

static enum access_word verify_new(struct verifier *verifier,
	const char *address, struct span token, struct rights **rights)
{
	uint64_t begun;

	if (!token_budget_allows(verifier->budget, address))
		return ACCESS_LATER;
	begun = clock_work_us();
	*rights = keyring_verify(
		verifier->keyring, token, clock_date_ms(verifier->clock));
	if (*rights != NULL)
		return ACCESS_YES;
	token_budget_charge(verifier->budget, address, clock_work_us() - begun);
	return ACCESS_BAD_TOKEN;
}

/* At yes *rights is held for the caller. */
static enum access_word verify_jwt(struct verifier *verifier,
	const char *address, struct span token, struct rights **rights)
{
	if (verifier->keyring == NULL || !keyring_is_used(verifier->keyring))
		return ACCESS_BAD_TOKEN;
	switch (keyring_recall(verifier->keyring, token,
		clock_date_ms(verifier->clock), rights)) {
	case TOKEN_GOOD:
		return ACCESS_YES;
	case TOKEN_BAD:
		return ACCESS_BAD_TOKEN;
	case TOKEN_NEW:
		break;
	}
	return verify_new(verifier, address, token, rights);
}

static bool verify_api_token(struct verifier *verifier, struct span token,
	uint8_t digest[DIGEST_BYTES])
{
	return verifier->keyring != NULL &&
	       keyring_digest(verifier->keyring, token, digest) &&
	       roster_knows(verifier->roster, digest);
}

static void add_selectors(struct grant_list *list,
	struct selector *const *selectors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		grant_list_add(list, selector_text(selectors[i]),
			selector_kind_of(selectors[i]) == SELECTOR_EXACT);
}

static void add_rights(struct grant_parts *parts, struct rights *rights)
{
	parts->token = rights;
	add_selectors(&parts->publish, rights->publish, rights->publish_count);
	add_selectors(
		&parts->subscribe, rights->subscribe, rights->subscribe_count);
}

static struct grant *make(struct verifier *verifier,
	const struct caller *caller, struct rights *rights,
	struct span sections, struct span identity)
{
	struct grant_parts parts = {.user = caller->user};
	struct grant *grant;

	if (rights != NULL)
		add_rights(&parts, rights);
	roster_give(verifier->roster, sections, caller->user, &parts);
	grant = grants_make(verifier->grants, identity, &parts);
	grant_parts_release(&parts);
	return grant;
}

/* NULL for who has shown nothing and is in no section. */
static struct grant *grant_of(struct verifier *verifier,
	const struct caller *caller, struct rights *rights)
{
	struct buf identity = {0};
	struct grant *grant = NULL;
	bool is_in = roster_find(verifier->roster, caller, &identity);
	size_t sections = identity.len;

	if (is_in || rights != NULL || caller->user.len > 0) {
		buf_add(&identity, &rights, sizeof(rights));
		buf_add_span(&identity, caller->user);
		grant = grants_find(verifier->grants, buf_span(&identity));
		if (grant == NULL)
			grant = make(verifier, caller, rights,
				span(identity.at, sections),
				buf_span(&identity));
	}
	buf_release(&identity);
	return grant;
}

static enum access_word verify_ticket(struct verifier *verifier,
	const struct proof *proof, struct rights **rights)
{
	if (!tickets_are_known(verifier->tickets))
		return ACCESS_NOT_YET;
	*rights = ticket_read(verifier->tickets, proof->token,
		clock_date_ms(verifier->clock));
	if (*rights != NULL)
		return ACCESS_YES;
	return proof->carrier == PROOF_SESSION ? ACCESS_BAD_SESSION
					       : ACCESS_BAD_TOKEN;
}

static enum access_word verify(struct verifier *verifier, const char *address,
	const struct proof *proof, const struct caller *who,
	struct grant **grant)
{
	uint8_t digest[DIGEST_BYTES];
	struct caller caller = *who;
	struct rights *rights = NULL;
	enum access_word word = ACCESS_YES;

	if (proof->token.len > 0 && proof_is_ticket(proof)) {
		word = verify_ticket(verifier, proof, &rights);
	} else if (proof->token.len > 0 && proof_is_api_token(proof->token)) {
		if (!verify_api_token(verifier, proof->token, digest))
			return ACCESS_BAD_TOKEN;
		caller.digest = digest;
	} else if (proof->token.len > 0) {
		word = verify_jwt(verifier, address, proof->token, &rights);
	}
	if (word != ACCESS_YES)
		return word;
	*grant = grant_of(verifier, &caller, rights);
	rights_release(rights);
	return ACCESS_YES;
}

enum access_word verifier_ask(struct verifier *verifier,
	const struct request *request, enum verifier_purpose purpose,
	struct proven *proven)
{
	struct caller caller = {0};
	struct proof proof;

	*proven = (struct proven){0};
	switch (proof_read(&proof, request, &verifier->places)) {
	case PROOF_MALFORMED:
		return ACCESS_BAD_HEADER;
	case PROOF_OTHER:
		return ACCESS_NO_TOKEN;
	case PROOF_FINE:
		break;
	}
	proven->foreign = sift(verifier, request, purpose, &proof, &caller);
	return verify(
		verifier, request->address, &proof, &caller, &proven->grant);
}
