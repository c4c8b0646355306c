/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/description.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/http/reply.h"
#include "lib/buf.h"
#include "lib/digest.h"

/* Lines of each file, NULL behind the last. */
#include "fcgi/description.inc"

static void show(const struct description *description, struct request *request,
	const char *const *lines)
{
	struct answer answer = {
		.status = 200, .type = "application/yaml", .cache = "no-cache"};
	struct buf text = {0}, etag = {0};
	struct digest digest;

	while (*lines != NULL)
		buf_add_text(&text, *lines++);
	digest = digest_of(span(NULL, 0), buf_span(&text));
	buf_printf(&etag, "\"%016" PRIx64 "\"%c", digest.low, '\0');
	buf_printf(&request->headers, "ETag: %s\r\n", etag.at);
	answer.body = buf_span(&text);
	if (strstr(request->if_none_match, etag.at) != NULL)
		answer = (struct answer){.status = 304, .cache = "no-cache"};
	reply(description->replies, request, &answer);
	buf_release(&text);
	buf_release(&etag);
}

void description_openapi(
	void *room, struct request *request, const struct target *target)
{
	(void)target;
	show(room, request, openapi);
}

void description_asyncapi(
	void *room, struct request *request, const struct target *target)
{
	(void)target;
	show(room, request, asyncapi);
}
