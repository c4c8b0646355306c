/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ticket - a ticket, or a header, a newline and claims, which are signed
 * here
 *
 * Whatever somebody shows is bad, or reads within its limits, publishes nothing
 * and has not ended; and what is read of a ticket is written as it was.
 */
#include <config.h>

#include <string.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/rights.h"
#include "fcgi/guard/ticket.h"
#include "lib/config/config.h"
#include "lib/crypto/base64url.h"
#include "lib/crypto/key.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/text.h"
#include "lib/wire.h"
#include "tests/fuzz/fuzz.h"

static const uint64_t now_ms = 1700000000000;

static const struct wire_secret secret = {
	true, "0123456789abcdef0123456789abcde"};
static const struct config config;
static struct keyring *keyring;
static struct tickets *tickets;
static struct crypto_key *key;

static void prepare(void)
{
	if (keyring != NULL)
		return;
	crypto_use(&tidings_crypto);
	keyring = keyring_new(&config, NULL);
	tickets = tickets_new(keyring, &secret);
	key = tidings_crypto.secret(
		span((const char *)secret.bytes, WIRE_SECRET));
}

static void check(const struct rights *rights)
{
	MUST(rights->publish_count == 0);
	MUST(rights->until_ms > now_ms && rights->until_ms != RIGHTS_NO_END);
	MUST(rights->key == NULL);
	MUST(rights->subject == NULL || rights->subject[0] != '\0');
	for (size_t i = 0; i < rights->subscribe_count; i++)
		MUST(selector_matches(rights->subscribe[i],
			selector_text(rights->subscribe[i])));
}

static bool is_exact(const struct selector *selector)
{
	return selector_kind_of(selector) == SELECTOR_EXACT;
}

/* What can be said in a ticket: its text is JSON. */
static bool can_be_said(const struct rights *rights)
{
	if (!text_is_utf8(span_of(rights->subject), NULL))
		return false;
	for (size_t i = 0; i < rights->subscribe_count; i++)
		if (!text_is_utf8(selector_text(rights->subscribe[i]), NULL))
			return false;
	return true;
}

static void write_again(const struct rights *rights)
{
	size_t count = rights->subscribe_count;
	struct scope_item *items = mem_new((count + 1) * sizeof(*items));
	struct ticket ticket = {.items = items,
		.count = count,
		.until_ms = rights->until_ms,
		.subject = rights->subject,
		.payload = rights->payload};
	struct buf text = {0};
	struct rights *again;

	for (size_t i = 0; i < count; i++)
		items[i] =
			(struct scope_item){selector_text(rights->subscribe[i]),
				is_exact(rights->subscribe[i])};
	MUST(ticket_write(tickets, &text, &ticket));
	again = ticket_read(tickets, buf_span(&text), now_ms);
	MUST(text.len > TOKEN_MAX ||
		(again != NULL && rights_equal(rights, again)));
	rights_release(again);
	buf_release(&text);
	free(items);
}

static void read_ticket(struct span text)
{
	struct rights *rights = ticket_read(tickets, text, now_ms);

	if (rights == NULL)
		return;
	check(rights);
	if (can_be_said(rights))
		write_again(rights);
	rights_release(rights);
}

static void read_signed(struct span header, struct span claims)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	struct buf text = {0};
	size_t len;

	base64url_encode(&text, header);
	buf_add_char(&text, '.');
	base64url_encode(&text, claims);
	len = tidings_crypto.sign(
		key, ALGORITHM_HS256, buf_span(&text), signature);
	buf_add_char(&text, '.');
	base64url_encode(&text, span((const char *)signature, len));
	read_ticket(buf_span(&text));
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	const char *end = size == 0 ? NULL : memchr(at, '\n', size);

	prepare();
	if (end == NULL)
		read_ticket(span(at, size));
	else
		read_signed(span(at, (size_t)(end - at)),
			span(end + 1, size - (size_t)(end - at) - 1));
	return 0;
}
