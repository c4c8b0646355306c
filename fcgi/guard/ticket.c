/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/ticket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/jws.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "fcgi/guard/scope.h"
#include "fcgi/guard/token_cache.h"
#include "fcgi/lines.h"
#include "lib/crypto/base64url.h"
#include "lib/event/selector.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wire.h"

static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"" JWS_TICKET "\"}";

struct tickets {
	struct keyring *keyring;
	const struct wire_secret *secret;
	struct wire_secret used; /* what `key` was made of */
	struct key *key;	 /* NULL until the first ticket */
	struct token_cache *cache;
	struct jws jws; /* the one that is read */
};

struct tickets *tickets_new(
	struct keyring *keyring, const struct wire_secret *secret)
{
	struct tickets *tickets = mem_new(sizeof(*tickets));

	tickets->keyring = keyring;
	tickets->secret = secret;
	return tickets;
}

static void forget_key(struct tickets *tickets)
{
	key_release(tickets->key);
	tickets->key = NULL;
	token_cache_free(tickets->cache);
	tickets->cache = NULL;
}

void tickets_free(struct tickets *tickets)
{
	if (tickets == NULL)
		return;
	forget_key(tickets);
	jws_release(&tickets->jws);
	free(tickets);
}

bool tickets_are_known(const struct tickets *tickets)
{
	return tickets->secret->known;
}

/* NULL if there is none. */
static const struct key *key_of(struct tickets *tickets)
{
	const struct wire_secret *secret = tickets->secret;
	const struct crypto *crypto;

	if (tickets->key != NULL &&
		memcmp(tickets->used.bytes, secret->bytes, WIRE_SECRET) == 0)
		return tickets->key;
	forget_key(tickets);
	crypto = keyring_crypto(tickets->keyring);
	if (crypto == NULL || !secret->known)
		return NULL;
	tickets->used = *secret;
	tickets->key = key_new(crypto,
		crypto->secret(span((const char *)secret->bytes, WIRE_SECRET)),
		algorithm_bit(ALGORITHM_HS256));
	tickets->cache = token_cache_new();
	return tickets->key;
}

/* ---- out */

static void write_list(struct buf *out, const struct ticket *ticket, bool exact)
{
	const char *comma = "";

	for (size_t i = 0; i < ticket->count; i++) {
		if (ticket->items[i].exact != exact)
			continue;
		buf_printf(out, "%s", comma);
		json_quote(out, ticket->items[i].text);
		comma = ",";
	}
}

static void write_claims(struct buf *out, const struct ticket *ticket)
{
	buf_printf(out, "{\"exp\":%" PRIu64 ",\"names\":[",
		ticket->until_ms / 1000);
	write_list(out, ticket, true);
	buf_printf(out, "],\"patterns\":[");
	write_list(out, ticket, false);
	buf_add_char(out, ']');
	if (ticket->user.len > 0) {
		buf_printf(out, ",\"sub\":");
		json_quote(out, ticket->user);
	}
	if (ticket->payload.len > 0 &&
		ticket->payload.len <= TICKET_PAYLOAD_MAX) {
		buf_printf(out, ",\"payload\":");
		buf_add_span(out, ticket->payload);
	}
	buf_add_char(out, '}');
}

static void sign(const struct key *key, struct buf *out, struct span text)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	size_t len = key->crypto->sign(
		key->material, ALGORITHM_HS256, text, signature);

	buf_add_char(out, '.');
	base64url_encode(out, span((const char *)signature, len));
}

bool ticket_write(
	struct tickets *tickets, struct buf *out, const struct ticket *ticket)
{
	const struct key *key = key_of(tickets);
	struct buf claims = {0};
	size_t begun = out->len;

	if (key == NULL)
		return false;
	write_claims(&claims, ticket);
	base64url_encode(out, span_of(header));
	buf_add_char(out, '.');
	base64url_encode(out, buf_span(&claims));
	buf_release(&claims);
	sign(key, out, span(out->at + begun, out->len - begun));
	return true;
}

/* ---- in */

static bool read_list(
	struct rights *rights, const struct document *claims, bool exact)
{
	const struct member *member =
		document_member(claims, exact ? "names" : "patterns");
	struct buf text = {0};
	struct selector *selector;
	struct span list, entry;
	bool good = member != NULL && json_is_strings(member->value);

	list = good ? member->value : span(NULL, 0);
	while (good && json_next_string(&list, &entry)) {
		buf_clear(&text);
		json_decode(&text, entry);
		selector = exact ? selector_exact(buf_span(&text))
				 : selector_try(buf_span(&text));
		good = selector != NULL;
		if (good)
			rights_add(rights, RIGHT_SUBSCRIBE, selector);
	}
	buf_release(&text);
	return good;
}

/* Whose it is, if it says so. */
static void read_bearer(struct rights *rights, const struct document *claims)
{
	const struct member *user = document_member(claims, "sub");
	const struct member *payload = document_member(claims, "payload");
	struct buf text = {0};

	if (user != NULL && json_is_string(user->value)) {
		json_decode(&text, user->value);
		rights->subject = mem_text(buf_span(&text));
	}
	if (payload != NULL)
		rights->payload = mem_text(payload->value);
	buf_release(&text);
}

static const char *read_claims(
	struct rights *rights, const struct document *claims, uint64_t now_ms)
{
	const struct member *end = document_member(claims, "exp");
	uint64_t seconds;

	if (end == NULL || !text_to_u64(end->value, &seconds))
		return "its exp is no time";
	rights->until_ms = seconds * 1000;
	if (rights->until_ms <= now_ms)
		return "it has expired";
	if (!read_list(rights, claims, true) ||
		!read_list(rights, claims, false))
		return "it does not say what may be read";
	read_bearer(rights, claims);
	rights_sort(rights);
	return NULL;
}

static struct rights *read_payload(
	struct span payload, uint64_t now_ms, const char **fault)
{
	struct rights *rights;
	struct document claims;
	struct json_fault json;

	*fault = "it says nothing in JSON";
	if (!document_read(&claims, payload, &json))
		return NULL;
	rights = rights_new();
	*fault = read_claims(rights, &claims, now_ms);
	document_release(&claims);
	if (*fault == NULL)
		return rights;
	rights_release(rights);
	return NULL;
}

static struct rights *verify(struct tickets *tickets, struct span text,
	uint64_t now_ms, const char **fault)
{
	struct key *key;

	*fault = jws_read(&tickets->jws, text);
	if (*fault != NULL)
		return NULL;
	key = tickets->key;
	if (!tickets->jws.ticket || !jws_may_be_by(&tickets->jws, key) ||
		!jws_is_by(&tickets->jws, key)) {
		*fault = "it is no ticket of this log";
		return NULL;
	}
	return read_payload(buf_span(&tickets->jws.payload), now_ms, fault);
}

struct rights *ticket_read(
	struct tickets *tickets, struct span text, uint64_t now_ms)
{
	uint8_t digest[CRYPTO_DIGEST];
	const struct key *key = key_of(tickets);
	struct rights *rights;
	const char *fault;

	if (key == NULL)
		return NULL;
	key->crypto->sha256(text, digest);
	rights = token_cache_find(tickets->cache, digest, now_ms);
	if (rights != NULL)
		return rights;
	rights = verify(tickets, text, now_ms, &fault);
	if (rights != NULL)
		token_cache_add(tickets->cache, digest, rights);
	else
		log_debug(LINE_TICKET_REFUSED, fault);
	return rights;
}
