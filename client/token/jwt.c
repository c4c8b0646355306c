/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/token/jwt.h"

#include <inttypes.h>

#include "client/option/option.h"
#include "lib/clock.h"
#include "lib/crypto/base64url.h"
#include "lib/event/selector.h"
#include "lib/json/json.h"

enum exit_status jwt_check_list(const char *option)
{
	struct span item;

	for (size_t i = 0; option_item(option, i, &item); i++) {
		const char *fault = selector_fault(item);

		if (fault != NULL)
			return fail(EXIT_USAGE, "--%s %.*s: %s", option,
				(int)item.len, item.at, fault);
	}
	return EXIT_OK;
}

/* ---- members.  Each ends with a comma, and end() takes the last off. */

static void add_text(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(out, "\"%s\":", name);
	json_quote(out, span_of(text));
	buf_add_char(out, ',');
}

static void end(struct buf *out, char with)
{
	if (out->at[out->len - 1] == ',')
		out->len--;
	buf_add_char(out, with);
}

static void add_list(struct buf *out, const char *option)
{
	struct span item;

	buf_printf(out, "\"%s\":[", option);
	for (size_t i = 0; option_item(option, i, &item); i++) {
		json_quote(out, item);
		buf_add_char(out, ',');
	}
	end(out, ']');
	buf_add_char(out, ',');
}

static void add_payload(struct buf *out)
{
	const char *payload = option_text("payload");

	if (payload == NULL)
		return;
	buf_printf(out, "\"payload\":");
	json_minify(out, span_of(payload));
	buf_add_char(out, ',');
}

static void add_mercure(struct buf *out)
{
	buf_printf(out, "\"mercure\":{");
	add_list(out, "publish");
	add_list(out, "subscribe");
	add_payload(out);
	end(out, '}');
}

static void add_detail(struct buf *out, const char *action)
{
	struct span item;

	if (!option_item(action, 0, &item))
		return;
	buf_printf(out,
		"{\"type\":\"https://mercure.rocks/authorization-detail\","
		"\"actions\":[\"%s\"],\"topics\":[",
		action);
	for (size_t i = 0; option_item(action, i, &item); i++) {
		buf_printf(out, "{\"match\":");
		json_quote(out, item);
		buf_printf(out, "},");
	}
	end(out, ']');
	buf_add_char(out, ',');
	add_payload(out);
	end(out, '}');
	buf_add_char(out, ',');
}

static void add_details(struct buf *out)
{
	buf_printf(out, "\"authorization_details\":[");
	add_detail(out, "publish");
	add_detail(out, "subscribe");
	end(out, ']');
}

/* ---- its parts */

static void add_header(struct buf *out, const struct signer *signer)
{
	buf_printf(out, "{\"alg\":\"%s\",\"typ\":\"%s\",",
		algorithm_name(signer->algorithm),
		signer->oauth ? "at+jwt" : "JWT");
	add_text(out, "kid",
		option_text("kid") != NULL ? option_text("kid")
					   : signer->key->kid);
	end(out, '}');
}

static void add_claims(struct buf *out, const struct signer *signer)
{
	uint64_t now = clock_wall_ms() / 1000, age = option_ms("for") / 1000;

	buf_printf(out, "{\"iat\":%" PRIu64 ",", now);
	if (age > 0)
		buf_printf(out, "\"exp\":%" PRIu64 ",", now + age);
	add_text(out, "iss", signer->issuer);
	add_text(out, "aud", signer->audience);
	add_text(out, "sub", option_text("subject"));
	if (signer->oauth)
		add_details(out);
	else
		add_mercure(out);
	end(out, '}');
}

static enum exit_status check(const struct signer *signer)
{
	const char *payload = option_text("payload");
	enum exit_status exit_status = jwt_check_list("publish");
	struct json_fault fault;

	if (exit_status == EXIT_OK)
		exit_status = jwt_check_list("subscribe");
	if (exit_status != EXIT_OK)
		return exit_status;
	if (payload != NULL && !strict_json(span_of(payload), &fault))
		return fail(EXIT_USAGE, "--payload is no JSON: %s (byte %zu)",
			fault.why, fault.at + 1);
	if (signer->oauth && option_ms("for") == 0)
		return fail(EXIT_USAGE, "a token of the form oauth must end: "
					"--for is not 0");
	return EXIT_OK;
}

enum exit_status jwt_make(struct buf *out, const struct signer *signer)
{
	enum exit_status exit_status = check(signer);
	uint8_t signature[CRYPTO_SIGNATURE];
	struct buf text = {0};
	size_t begin = out->len, len;

	if (exit_status != EXIT_OK)
		return exit_status;
	add_header(&text, signer);
	base64url_encode(out, buf_span(&text));
	buf_add_char(out, '.');
	buf_clear(&text);
	add_claims(&text, signer);
	base64url_encode(out, buf_span(&text));
	buf_release(&text);
	len = tidings_crypto.sign(signer->key->material, signer->algorithm,
		span(out->at + begin, out->len - begin), signature);
	if (len == 0)
		return fail(EXIT_FILE, "the key cannot sign");
	buf_add_char(out, '.');
	base64url_encode(out, span(signature, len));
	return EXIT_OK;
}
