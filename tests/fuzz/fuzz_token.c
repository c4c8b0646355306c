/* SPDX-License-Identifier: MIT */
/*
 * fuzz_token - a token, or a header, a newline and claims, which are signed
 * here
 *
 * Whatever somebody shows is bad, or has rights within their limits that have
 * not ended; nobody who has not the secret gets any.
 */
#include <config.h>

#include <string.h>

#include "fcgi/guard/claims.h"
#include "fcgi/guard/granted.h"
#include "fcgi/guard/jws.h"
#include "fcgi/guard/rights.h"
#include "lib/config/config.h"
#include "lib/crypto/base64url.h"
#include "lib/event/selector.h"
#include "tests/fuzz/fuzz.h"

static const uint64_t now_ms = 1700000000000;

static struct key *key;
static char publish[] = "publish", subscribe[] = "subscribe";
static char issuer[] = "me", audience[] = "us";
static char *both[] = {publish, subscribe};
static struct config_keys sections[] = {
	{.grants = both, .grant_count = 2, .leeway_ms = 10000},
	{.grants = both,
		.grant_count = 1,
		.oauth = true,
		.issuer = issuer,
		.audience = audience,
		.expiry_required = true},
};

static void prepare(void)
{
	if (key == NULL)
		key = key_new(&tidings_crypto,
			tidings_crypto.secret(
				span_of("0123456789abcdef0123456789abcdef")),
			~0u);
}

static void check_list(struct selector *const *list, size_t count)
{
	MUST(count <= GRANTED_NAMES + GRANTED_PATTERNS);
	for (size_t i = 0; i < count; i++) {
		struct span text = selector_text(list[i]);

		MUST(selector_text_fault(text) == NULL);
		MUST(selector_matches(list[i], text));
		MUST(i == 0 || selector_order(selector_kind_of(list[i - 1]),
				       selector_text(list[i - 1]),
				       selector_kind_of(list[i]), text) < 0);
	}
}

static void read_claims(
	const struct jws *jws, const struct config_keys *section)
{
	struct rights *rights;

	if (claims_read(buf_span(&jws->payload), section, now_ms, &rights) !=
		NULL)
		return;
	MUST(rights->until_ms > now_ms);
	MUST(!section->oauth || rights->until_ms != RIGHTS_NO_END);
	MUST(!section->oauth || rights->subscribe_count == 0);
	MUST(rights->subject == NULL || rights->subject[0] != '\0');
	MUST(rights_equal(rights, rights));
	check_list(rights->publish, rights->publish_count);
	check_list(rights->subscribe, rights->subscribe_count);
	rights_release(rights);
}

static void sign(struct buf *token, struct span header, struct span claims)
{
	uint8_t signature[CRYPTO_SIGNATURE];
	size_t len;

	base64url_encode(token, header);
	buf_add_char(token, '.');
	base64url_encode(token, claims);
	len = tidings_crypto.sign(
		key->material, ALGORITHM_HS256, buf_span(token), signature);
	buf_add_char(token, '.');
	base64url_encode(token, span(signature, len));
}

static void read_signed(struct jws *jws, struct span header, struct span claims)
{
	struct buf token = {0};

	sign(&token, header, claims);
	if (jws_read(jws, buf_span(&token)) == NULL) {
		if (jws->algorithm == ALGORITHM_HS256)
			MUST(jws_is_by(jws, key));
		MUST(span_equal(buf_span(&jws->payload), claims));
	}
	buf_release(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	const char *end = size == 0 ? NULL : memchr(at, '\n', size);
	struct jws jws = {0};

	prepare();
	if (end == NULL) {
		if (jws_read(&jws, span(at, size)) == NULL &&
			jws_may_be_by(&jws, key) && jws_is_by(&jws, key))
			read_claims(&jws, &sections[0]);
	} else {
		read_signed(&jws, span(at, (size_t)(end - at)),
			span(end + 1, size - (size_t)(end - at) - 1));
		for (unsigned i = 0; i < 2; i++)
			read_claims(&jws, &sections[i]);
	}
	jws_release(&jws);
	return 0;
}
