/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_EVENT_TOPIC_LIST_H
#define TIDINGS_LIB_EVENT_TOPIC_LIST_H
/*
 * topic_list - the channels of a publish, put together
 *
 * The publish's own channel first; a name that is there already counts once.
 * A fault is a sentence for the publisher (static), NULL if there is none; the
 * list is to be released all the same.  Pure.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct topic_list {
	struct buf names; /* count x str16 */
	uint8_t count;
};

/* The fault of a list that has become too long. */
extern const char topic_list_too_long[];

void topic_list_begin(struct topic_list *list, struct span channel);
void topic_list_release(struct topic_list *list);

/* A further name is whatever the caller appends to `names` between the two. */
size_t topic_list_open(struct topic_list *list);
const char *topic_list_close(struct topic_list *list, size_t opened);

/* Likewise all strings of a JSON list of nothing else (json_is_strings()). */
const char *topic_list_add_json(struct topic_list *list, struct span strings);

/* Appends TRAIT_TOPICS, unless the publish has one channel only. */
void topic_list_put(const struct topic_list *list, struct buf *traits);

#endif
