#include "config.h"

#include "hub/row.h"

#include "hub/hub.h"
#include "hub/publish.h"
#include "lib/digest.h"
#include "lib/text.h"

const char *row_publish(struct hub *hub, const struct query *row)
{
	struct span channel = query_bytes(row, 1);
	struct span type = query_bytes(row, 2);
	struct span data = query_bytes(row, 3);
	struct span key = query_bytes(row, 4);
	struct channel *to;
	struct digest digest = {0};
	const char *fault;
	uint64_t id;

	if (query_type(row, 1) == DB_NULL)
		channel = span_of("main");
	if (span_is(type, "message"))
		type = span(NULL, 0); /* the same event, also by its key */
	if (query_type(row, 3) == DB_NULL)
		return "data is NULL";
	fault = publish_fault(channel, type, data, hub->config->max_event);
	if (fault == NULL)
		fault = text_key_fault(key);
	if (fault != NULL)
		return fault;
	to = channel_get(&hub->channels, channel);
	if (key.len > 0) {
		digest = digest_of(type, data);
		switch (keys_look(&hub->keys, to, key, digest, &id)) {
		case KEY_NEW:
			break;
		case KEY_REPEATED:
			return NULL;
		case KEY_CONFLICT:
			return "this key was used for other content";
		}
	}
	id = hub_store(hub, to, type, data);
	if (id != 0 && key.len > 0)
		keys_add(&hub->keys, to, key, digest, id, hub->log.at);
	return NULL;
}
