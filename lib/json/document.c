/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/json/document.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/json/json.h"

static void list_member(void *arg, struct span name, struct span value)
{
	struct document *document = arg;

	if (document->count == document->room) {
		document->room = document->room * 2 + 8;
		document->members = mem_resize(document->members,
			document->room * sizeof(*document->members));
	}
	document->members[document->count++] = (struct member){name, value};
}

bool document_read(
	struct document *document, struct span text, struct json_fault *fault)
{
	struct span json = json_unmarked(text);

	*document = (struct document){0};
	if (strict_json_object(json, list_member, document, fault))
		return true;
	fault->at += text.len - json.len;
	document_release(document);
	return false;
}

void document_release(struct document *document)
{
	free(document->members);
	*document = (struct document){0};
}

static bool is_named(const struct member *member, const char *name)
{
	struct span text = span(member->name.at + 1, member->name.len - 2);
	struct buf decoded = {0};
	bool same;

	if (text.len == 0 || memchr(text.at, '\\', text.len) == NULL)
		return span_is(text, name);
	json_decode(&decoded, member->name);
	same = span_is(buf_span(&decoded), name);
	buf_release(&decoded);
	return same;
}

const struct member *document_member(
	const struct document *document, const char *name)
{
	for (size_t i = 0; i < document->count; i++)
		if (is_named(&document->members[i], name))
			return &document->members[i];
	return NULL;
}
