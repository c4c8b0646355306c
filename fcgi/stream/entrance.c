/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/entrance.h"

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/media.h"
#include "fcgi/http/request.h"
#include "fcgi/presence/wish.h"
#include "fcgi/stream/admit.h"
#include "fcgi/stream/expiry.h"
#include "fcgi/stream/filter.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/streams.h"
#include "fcgi/stream/subscribe.h"
#include "lib/clock.h"

static enum access_word may_read(
	const struct access *access, const struct subscription *subscription)
{
	uint16_t names =
		(uint16_t)(subscription->count - subscription->patterns);
	enum access_word word = ACCESS_YES;

	for (uint16_t i = 0; word == ACCESS_YES && i < names; i++)
		word = access_may_read(
			access, subscription->grant, subscription->channels[i]);
	return word;
}

/* False if it has been refused; then there is no grant. */
static bool is_allowed(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription, enum entrance entrance)
{
	enum access_word word = access_may_listen(
		subscribe->access, request, &subscription->grant);

	if (word == ACCESS_YES && entrance == ENTRANCE_BY_NAME)
		word = may_read(subscribe->access, subscription);
	if (word == ACCESS_YES)
		return true;
	grant_drop(subscription->grant);
	admit_refuse(subscribe->admit, request, word);
	return false;
}

/* All that tells of who is there is private: who is granted nothing is given
 * none of it, and what he asks of it is not worth a look at each event. */
static void forgo_filter(struct subscription *subscription)
{
	if (subscription->filter.len > 0 &&
		grant_scope(subscription->grant) == NULL)
		subscription->types = filter_of_none();
}

/* Only for who has shown nothing: what is private is never compressed (gzip.h).
 * What is said to those who cannot be let in now is not, either. */
static void choose_gzip(
	struct request *request, struct subscription *subscription)
{
	subscription->gzip = subscription->grant == NULL &&
			     media_takes_gzip(request->accept_encoding);
	if (subscription->gzip)
		buf_printf(&request->headers, "Content-Encoding: gzip\r\n");
}

void entrance_pass(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription, enum entrance entrance)
{
	if (!is_allowed(subscribe, request, subscription, entrance))
		return;
	forgo_filter(subscription);
	if (subscribe->compress)
		buf_printf(&request->headers, "Vary: Accept-Encoding\r\n");
	subscription->client =
		admit_enter(subscribe->admit, request, subscription);
	if (subscription->client == NULL) {
		grant_drop(subscription->grant);
		return;
	}
	if (subscribe->compress)
		choose_gzip(request, subscription);
	if (subscription->presence != 0)
		wish_name(subscription, request);
	subscription->end = expiry_of(subscription->grant,
		clock_date_ms(subscribe->clock), subscribe->stream_age_ms);
	subscription->fd = request->fd;
	subscription->request = request->id;
	subscription->headers = buf_span(&request->headers);
	request->fd = -1;
	streams_open(subscribe->streams, subscription);
	request_free(request);
}
