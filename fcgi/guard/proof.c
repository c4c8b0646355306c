/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/proof.h"

#include <string.h>
#include <strings.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/http/query.h"
#include "fcgi/http/request.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(struct span text)
{
	while (text.len > 0 && is_space(text.at[0]))
		text = span(text.at + 1, text.len - 1);
	while (text.len > 0 && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* RFC 6750 section 2.1; a comma is where two headers were joined. */
static bool is_one_token(struct span token)
{
	return token.len > 0 && token.len <= TOKEN_MAX &&
	       memchr(token.at, ',', token.len) == NULL;
}

static enum proof_word take(
	struct proof *proof, struct span token, enum proof_carrier carrier)
{
	if (!is_one_token(token))
		return PROOF_MALFORMED;
	proof->token = token;
	proof->carrier = carrier;
	return PROOF_FINE;
}

/* What follows "Bearer"; false if it is another scheme. */
static bool is_bearer(const char *authorization, struct span *token)
{
	static const char bearer[] = "Bearer";
	size_t len = sizeof(bearer) - 1;
	struct span text = trimmed(span_of(authorization));

	if (text.len < len || strncasecmp(text.at, bearer, len) != 0 ||
		(text.len > len && !is_space(text.at[len])))
		return false;
	*token = trimmed(span(text.at + len, text.len - len));
	return true;
}

static enum proof_word read_header(
	struct proof *proof, const struct request *request)
{
	struct span token;

	if (is_bearer(request->authorization, &token))
		return take(proof, token, PROOF_IN_HEADER);
	/* A password that the web server has looked at. */
	return proof->user.len > 0 ? PROOF_FINE : PROOF_OTHER;
}

/* What comes before the next `;`, or `,`, with which web servers join two lines
 * Cookie; takes both off.  No token has a comma. */
static struct span take_cookie(struct span *cookies)
{
	struct span one = *cookies;

	one.len = 0;
	while (one.len < cookies->len && one.at[one.len] != ';' &&
		one.at[one.len] != ',')
		one.len++;
	if (one.len == cookies->len)
		*cookies = span(NULL, 0);
	else
		*cookies =
			span(one.at + one.len + 1, cookies->len - one.len - 1);
	return trimmed(one);
}

/* The first of that name, which a browser means: it sends the one of the
 * closest path first, and of two such the older one. */
static struct span find_cookie(struct span cookies, const char *name)
{
	size_t len = strlen(name);

	while (cookies.len > 0) {
		struct span one = take_cookie(&cookies);

		if (one.len > len && one.at[len] == '=' &&
			memcmp(one.at, name, len) == 0)
			return span(one.at + len + 1, one.len - len - 1);
	}
	return span(NULL, 0);
}

/* Takes what the URL has by that name, if anything. */
static enum proof_word read_url(struct proof *proof,
	const struct request *request, const char *name,
	enum proof_carrier carrier)
{
	struct url url = query_url(span_of(request->uri));
	struct pair pair;

	return query_find(url.query, name, &pair)
		       ? take(proof, pair.value, carrier)
		       : PROOF_FINE;
}

static enum proof_word read_cookie(struct proof *proof,
	const struct request *request, const char *name,
	enum proof_carrier carrier)
{
	struct span cookie = find_cookie(span_of(request->cookie), name);

	return cookie.len > 0 ? take(proof, cookie, carrier) : PROOF_FINE;
}

static bool is_open(const struct proof *proof, enum proof_word word)
{
	return word == PROOF_FINE && proof->carrier == PROOF_NOWHERE;
}

enum proof_word proof_read(struct proof *proof, const struct request *request,
	const struct proof_places *places)
{
	enum proof_word word = PROOF_FINE;

	*proof = (struct proof){.user = span_of(request->remote_user)};
	if (places->header && request->authorization[0] != '\0')
		word = read_header(proof, request);
	if (is_open(proof, word) && places->tickets)
		word = read_url(proof, request, "ticket", PROOF_TICKET);
	if (is_open(proof, word) && places->url)
		word = read_url(proof, request, "authorization", PROOF_IN_URL);
	if (is_open(proof, word) && places->cookie[0] != '\0')
		word = read_cookie(
			proof, request, places->cookie, PROOF_IN_COOKIE);
	if (is_open(proof, word) && places->tickets)
		word = read_cookie(
			proof, request, PROOF_SESSION_COOKIE, PROOF_SESSION);
	return word;
}

bool proof_is_ticket(const struct proof *proof)
{
	return proof->carrier == PROOF_TICKET ||
	       proof->carrier == PROOF_SESSION;
}

bool proof_is_api_token(struct span token)
{
	static const char prefix[] = "tk_";

	return token.len > sizeof(prefix) - 1 &&
	       memcmp(token.at, prefix, sizeof(prefix) - 1) == 0;
}
