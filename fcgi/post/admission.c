/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/admission.h"

#include "fcgi/guard/access.h"
#include "fcgi/guard/limit.h"
#include "fcgi/http/request.h"
#include "fcgi/post/post.h"
#include "lib/event/traits.h"
#include "lib/text.h"

static bool has_length(const struct request *request)
{
	return request->content_length[0] != '\0' ||
	       request->transfer_encoding[0] != '\0';
}

/* Chunks without a length are whole, or the request would not be: Apache ends
 * the records only when it has had the last chunk. */
static bool length_is_true(const struct request *request)
{
	uint64_t length;

	if (request->content_length[0] == '\0')
		return true;
	return text_to_u64(span_of(request->content_length), &length) &&
	       (request->too_long || length == request->body.len);
}

static struct fault ask_limit(
	const struct post *post, const struct request *request)
{
	switch (limit_may_publish(post->limiter, request->address)) {
	case LIMIT_YES:
		return fault_none();
	case LIMIT_TOO_MANY_FROM_YOU:
		return fault_new(429, "too_many_posts",
			"this address publishes too fast (publish_rate)");
	case LIMIT_TOO_MANY:
		break;
	}
	return fault_new(429, "too_many_posts",
		"too much is published just now (publish_rate_total)");
}

/* `word`: what was said of who asks. */
static struct fault ask_bare(const struct post *post,
	const struct request *request, enum access_word word)
{
	struct fault fault = fault_of_word(word);

	return fault.status == 0 ? ask_limit(post, request) : fault;
}

static struct fault ask(const struct post *post, const struct request *request,
	enum access_word word)
{
	struct fault fault = ask_bare(post, request, word);

	if (fault.status != 0)
		return fault;
	if (!has_length(request))
		return fault_new(
			411, "length_required", "Content-Length is missing");
	if (request->too_long)
		return fault_new(413, "body_too_long",
			"the body is longer than max_body");
	if (!length_is_true(request))
		return fault_new(400, "bad_length",
			"Content-Length and the body differ");
	return fault_none();
}

struct fault admission_ask(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	return ask(post, request,
		access_may_publish(post->access, request, publisher));
}

struct fault admission_ask_token(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	return ask(post, request,
		access_may_publish_by_token(post->access, request, publisher));
}

struct fault admission_ask_bare(const struct post *post,
	const struct request *request, struct publisher *publisher)
{
	return ask_bare(post, request,
		access_may_publish(post->access, request, publisher));
}

struct fault admission_on(const struct publisher *publisher,
	struct span channel, struct span traits)
{
	enum access_word word = publisher_may(publisher, channel);
	struct trait_topics topics;

	if (word == ACCESS_YES && trait_topics(traits, &topics))
		for (uint8_t i = 0; word == ACCESS_YES && i < topics.count; i++)
			word = publisher_may(
				publisher, trait_next_topic(&topics.names));
	return fault_of_word(word);
}
