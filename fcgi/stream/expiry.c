/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/expiry.h"

#include <stdlib.h>

#include "fcgi/guard/grant.h"
#include "fcgi/guard/rights.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/event.h"
#include "fcgi/stream/notice.h"
#include "fcgi/stream/subscriber.h"
#include "lib/buf.h"

struct expiry {
	struct leases *leases;
	void (*postpone)(struct subscriber *sub);
};

/* Those that began together do not all come back together. */
static uint64_t end_of_age(uint64_t now_ms, uint64_t stream_age_ms)
{
	uint64_t spread = stream_age_ms / 5;

	if (spread == 0)
		return RIGHTS_NO_END;
	return now_ms + spread * 4 + (uint64_t)random() % spread;
}

struct expiry_lease expiry_of(
	const struct grant *grant, uint64_t now_ms, uint64_t stream_age_ms)
{
	uint64_t old = end_of_age(now_ms, stream_age_ms);
	uint64_t until = grant_until(grant);
	struct expiry_lease end = {0};

	if (old < until)
		end.reason = EXPIRED_AGE;
	else if (until != RIGHTS_NO_END)
		end.reason = EXPIRED_TOKEN;
	end.lease.second = (old < until ? old : until) / 1000;
	return end;
}

/* In the middle of a batch there is no room for a word; false if it is gone. */
static bool tell(struct subscriber *sub, const char *reason)
{
	struct batch *word = subscriber_half(sub) == NULL
				     ? notice_expired(sub, reason)
				     : NULL;

	return word == NULL || subscriber_give(sub, word) != GONE;
}

static void end(
	struct expiry *expiry, struct subscriber *sub, const char *reason)
{
	if (sub->opens)
		expiry->postpone(sub);
	else if (tell(sub, reason))
		subscriber_close(sub);
}

static void on_end(void *arg, struct lease *lease)
{
	struct expiry_lease *own =
		list_entry(lease, struct expiry_lease, lease);

	end(arg, own->sub, own->reason);
}

struct expiry *expiry_new(
	struct timers *timers, void (*postpone)(struct subscriber *sub))
{
	struct expiry *expiry = mem_new(sizeof(*expiry));

	expiry->leases = leases_new(timers, on_end, expiry);
	expiry->postpone = postpone;
	return expiry;
}

void expiry_free(struct expiry *expiry)
{
	leases_free(expiry->leases);
	free(expiry);
}

void expiry_enter(struct expiry *expiry, struct subscriber *sub)
{
	struct expiry_lease *own = subscriber_lease(sub);

	if (own != NULL)
		leases_add(expiry->leases, &own->lease);
}

void expiry_leave(struct expiry *expiry, struct subscriber *sub)
{
	struct expiry_lease *own = subscriber_lease(sub);

	if (own != NULL)
		leases_remove(expiry->leases, &own->lease);
}

static void look(void *arg, struct subscriber *sub)
{
	if (grant_is_void(sub->grant))
		end(arg, sub, EXPIRED_TOKEN);
}

void expiry_of_keys(struct audience *audience, struct expiry *expiry)
{
	audience_each(audience, look, expiry);
}
