/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/entrance.h"

#include <stdlib.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/rights.h"
#include "fcgi/http/request.h"
#include "fcgi/presence/wish.h"
#include "fcgi/stream/admit.h"
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

/* Those that began together do not all come back together. */
static uint64_t end_of_age(const struct subscribe *subscribe)
{
	uint64_t spread = subscribe->stream_age_ms / 5;

	if (spread == 0)
		return RIGHTS_NO_END;
	return clock_date_ms(subscribe->clock) + spread * 4 +
	       (uint64_t)random() % spread;
}

/* When the grant ends, or when the stream is nearly as old as they get. */
static struct expiry_lease end_of(
	const struct subscribe *subscribe, const struct grant *grant)
{
	uint64_t old = end_of_age(subscribe), until = grant_until(grant);
	struct expiry_lease end = {0};

	if (old < until)
		end.reason = EXPIRED_AGE;
	else if (until != RIGHTS_NO_END)
		end.reason = EXPIRED_TOKEN;
	end.lease.second = (old < until ? old : until) / 1000;
	return end;
}

void entrance_pass(struct subscribe *subscribe, struct request *request,
	struct subscription *subscription, enum entrance entrance)
{
	if (!is_allowed(subscribe, request, subscription, entrance))
		return;
	subscription->client =
		admit_enter(subscribe->admit, request, subscription);
	if (subscription->client == NULL) {
		grant_drop(subscription->grant);
		return;
	}
	if (subscription->presence != 0)
		wish_name(subscription, request);
	subscription->end = end_of(subscribe, subscription->grant);
	subscription->fd = request->fd;
	subscription->request = request->id;
	subscription->headers = buf_span(&request->headers);
	request->fd = -1;
	streams_open(subscribe->streams, subscription);
	request_free(request);
}
