/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/ticket.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/jws.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "fcgi/guard/ticket_claims.h"
#include "fcgi/guard/token_cache.h"
#include "fcgi/lines.h"
#include "lib/crypto/base64url.h"
#include "lib/log.h"
#include "lib/wire.h"

enum { MARK_BYTES = 16 };

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

/* Which key it is, to who has both. */
static void add_mark(
	struct buf *out, const struct key *own, const struct key *key)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	struct buf text = {0};

	buf_printf(&text, "key %u ", key->algorithms);
	buf_add(&text, key->print, sizeof(key->print));
	buf_add_span(&text, span_of(key->kid));
	own->crypto->sign(
		own->material, ALGORITHM_HS256, buf_span(&text), signature);
	base64url_encode(out, span((const char *)signature, MARK_BYTES));
	buf_release(&text);
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
	struct buf claims = {0}, mark = {0};
	size_t begun = out->len;

	if (key == NULL)
		return false;
	if (ticket->key != NULL)
		add_mark(&mark, key, ticket->key);
	ticket_claims_write(&claims, ticket, buf_span(&mark));
	base64url_encode(out, span_of(header));
	buf_add_char(out, '.');
	base64url_encode(out, buf_span(&claims));
	buf_release(&claims);
	buf_release(&mark);
	sign(key, out, span(out->at + begun, out->len - begun));
	return true;
}

/* ---- in */

struct search {
	const struct key *own;
	struct span mark;
};

static bool is_marked(const void *arg, const struct key *key)
{
	const struct search *search = arg;
	struct buf mark = {0};
	bool found;

	add_mark(&mark, search->own, key);
	found = span_equal(buf_span(&mark), search->mark);
	buf_release(&mark);
	return found;
}

/* Gives them the key of that mark; false if there is none any more. */
static bool find_key(
	struct tickets *tickets, struct rights *rights, struct span mark)
{
	const struct search search = {tickets->key, mark};
	struct key *key;

	if (mark.len == 0)
		return true;
	key = keyring_find(tickets->keyring, is_marked, &search);
	if (key != NULL)
		rights->key = key_hold(key);
	return key != NULL;
}

static struct rights *read_payload(
	struct tickets *tickets, uint64_t now_ms, const char **fault)
{
	struct rights *rights;
	struct buf mark = {0};

	*fault = ticket_claims_read(
		buf_span(&tickets->jws.payload), now_ms, &rights, &mark);
	if (*fault == NULL && !find_key(tickets, rights, buf_span(&mark))) {
		*fault = "the key of its token has gone";
		rights_release(rights);
	}
	buf_release(&mark);
	return *fault == NULL ? rights : NULL;
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
	return read_payload(tickets, now_ms, fault);
}

/* A key that has gone may come back, but not as the one that it was. */
static struct rights *find_known(struct tickets *tickets,
	const uint8_t digest[CRYPTO_DIGEST], uint64_t now_ms)
{
	struct rights *rights =
		token_cache_find(tickets->cache, digest, now_ms);

	if (rights == NULL || rights->key == NULL || !key_is_gone(rights->key))
		return rights;
	rights_release(rights);
	token_cache_clear(tickets->cache);
	return NULL;
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
	rights = find_known(tickets, digest, now_ms);
	if (rights != NULL)
		return rights;
	rights = verify(tickets, text, now_ms, &fault);
	if (rights != NULL)
		token_cache_add(tickets->cache, digest, rights);
	else
		log_debug(LINE_TICKET_REFUSED, fault);
	return rights;
}
