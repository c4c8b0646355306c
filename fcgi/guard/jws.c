/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/jws.h"

#include <strings.h>

#include "lib/crypto/base64url.h"
#include "lib/json/document.h"
#include "lib/json/json.h"

/* ---- its parts */

/* What comes before the next dot, or all; takes both off. */
static struct span take_part(struct span *token)
{
	const char *dot =
		token->len == 0 ? NULL : memchr(token->at, '.', token->len);
	struct span part = *token;

	if (dot != NULL)
		part.len = (size_t)(dot - token->at);
	token->at += part.len + (dot != NULL);
	token->len -= part.len + (dot != NULL);
	return part;
}

static size_t count_dots(struct span token)
{
	size_t dots = 0;

	for (size_t i = 0; i < token.len; i++)
		dots += token.at[i] == '.';
	return dots;
}

static const char *read_parts(struct jws *jws, struct span token)
{
	struct span header, payload;

	if (token.len > JWS_MOST)
		return "it is longer than 8,192 bytes";
	if (count_dots(token) != 2)
		return "it has not three parts";
	jws->text.at = token.at;
	header = take_part(&token);
	payload = take_part(&token);
	jws->text.len = header.len + 1 + payload.len;
	if (token.len == 0)
		return "it is not signed";
	if (!base64url_decode(&jws->header, header) ||
		!base64url_decode(&jws->payload, payload) ||
		!base64url_decode(&jws->signature, token))
		return "it is no base64url";
	return NULL;
}

/* ---- its header */

/* Appends what a member that must be a string says; false if it is none. */
static bool read_text(
	const struct document *header, const char *name, struct buf *out)
{
	const struct member *member = document_member(header, name);

	if (member == NULL || !json_is_string(member->value))
		return false;
	json_decode(out, member->value);
	return true;
}

static const char *read_algorithm(
	struct jws *jws, const struct document *header)
{
	struct buf name = {0};
	bool said = read_text(header, "alg", &name);

	jws->algorithm = said ? algorithm_of(buf_span(&name)) : ALGORITHMS;
	buf_release(&name);
	if (!said)
		return "its header does not say alg, a string";
	return jws->algorithm == ALGORITHMS ? "its alg is none that we know"
					    : NULL;
}

/* In any case of letters, and what stands for "application/" before it. */
static bool is_access_token(struct span type)
{
	static const char prefix[] = "application/", name[] = "at+jwt";
	const size_t prefix_len = sizeof(prefix) - 1;

	if (type.len > prefix_len &&
		strncasecmp(type.at, prefix, prefix_len) == 0)
		type = span(type.at + prefix_len, type.len - prefix_len);
	return type.len == sizeof(name) - 1 &&
	       strncasecmp(type.at, name, type.len) == 0;
}

static const char *read_type(struct jws *jws, const struct document *header)
{
	struct buf type = {0};

	jws->access_token = jws->ticket = false;
	if (document_member(header, "typ") == NULL)
		return NULL;
	if (!read_text(header, "typ", &type)) {
		buf_release(&type);
		return "its typ is no string";
	}
	jws->access_token = is_access_token(buf_span(&type));
	jws->ticket = span_is(buf_span(&type), JWS_TICKET);
	buf_release(&type);
	return NULL;
}

static const char *read_kid(struct jws *jws, const struct document *header)
{
	jws->has_kid = document_member(header, "kid") != NULL;
	return jws->has_kid && !read_text(header, "kid", &jws->kid)
		       ? "its kid is no string"
		       : NULL;
}

static const char *read_members(struct jws *jws, const struct document *header)
{
	const char *fault = read_algorithm(jws, header);

	if (fault == NULL && document_member(header, "crit") != NULL)
		fault = "it has a crit";
	if (fault == NULL && document_member(header, "b64") != NULL)
		fault = "it has a b64";
	if (fault == NULL)
		fault = read_type(jws, header);
	return fault == NULL ? read_kid(jws, header) : fault;
}

static const char *read_header(struct jws *jws)
{
	struct document header;
	struct json_fault json;
	const char *fault;

	if (json_unmarked(buf_span(&jws->header)).len != jws->header.len)
		return "its header begins with a byte order mark";
	if (!document_read(&header, buf_span(&jws->header), &json))
		return "its header is no JSON object";
	fault = json_depth(buf_span(&jws->header)) > JWS_DEPTH
			? "its header is nested too deep"
			: read_members(jws, &header);
	document_release(&header);
	return fault;
}

/* ---- the whole */

const char *jws_read(struct jws *jws, struct span token)
{
	const char *fault;

	buf_clear(&jws->kid);
	buf_clear(&jws->header);
	buf_clear(&jws->payload);
	buf_clear(&jws->signature);
	fault = read_parts(jws, token);
	return fault == NULL ? read_header(jws) : fault;
}

void jws_release(struct jws *jws)
{
	buf_release(&jws->kid);
	buf_release(&jws->header);
	buf_release(&jws->payload);
	buf_release(&jws->signature);
}

bool jws_may_be_by(const struct jws *jws, const struct key *key)
{
	if ((key->algorithms & algorithm_bit(jws->algorithm)) == 0)
		return false;
	return !jws->has_kid ||
	       (key->kid != NULL &&
		       span_equal(span_of(key->kid), buf_span(&jws->kid)));
}

bool jws_is_by(const struct jws *jws, const struct key *key)
{
	return key_verify(
		key, jws->algorithm, jws->text, buf_span(&jws->signature));
}
