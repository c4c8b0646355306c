/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/cursor.h"

#include <inttypes.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/refusal.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "fcgi/status.h"
#include "fcgi/uplink/questions.h"
#include "fcgi/uplink/session.h"

/* False if no hub is there. */
static bool answer(const struct status *status, struct request *request)
{
	struct buf body = {0};
	uint64_t id;

	if (!session_cursor(status->session, &id))
		return false;
	buf_printf(&body, "{\"id\":\"%" PRIu64 "\"}\n", id);
	reply_json(status->replies, request, 200, buf_span(&body));
	buf_release(&body);
	return true;
}

static void on_word(void *arg, const struct channel_lines *page)
{
	struct deferred *deferred = arg;
	const struct status *status = deferred->room;
	struct request *request = deferred_done(deferred);

	if (page->lines == NULL || !answer(status, request))
		reply_away(status->replies, request, status_hub_away);
}

/* Before it answers anything the hub says where its log is. */
static void wait_for_hub(const struct status *status, struct request *request)
{
	const struct channel_question any = {
		.limit = 1, .only = span_of("main")};
	struct deferred *deferred = deferred_new(status->deferrals, request);

	deferred->room = status;
	deferred->call =
		questions_channels(status->questions, &any, on_word, deferred);
}

void cursor_show(
	void *room, struct request *request, const struct target *target)
{
	const struct status *status = room;
	struct grant *grant;
	enum access_word word =
		access_may_listen(status->access, request, &grant);

	(void)target;
	grant_drop(grant);
	if (word != ACCESS_YES)
		refusal_reply(status->replies, request, word);
	else if (!answer(status, request))
		wait_for_hub(status, request);
}
