/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_FORM_H
#define TIDINGS_FCGI_POST_FORM_H
/*
 * form - a Mercure update, as the form of a POST has it
 *
 *	topic=https://a.example/1&topic=all&data=text&private=on&id=&type=&retry=
 *
 * (application/x-www-form-urlencoded.)  `topic` as often as there are topics,
 * also as PHP writes a list (`topic[]`, `topic[0]`); of another field that is
 * there twice the first counts, an empty one is as if it were not there, and
 * unknown ones are passed over.  The event is private if there is a field
 * `private`, whatever it says.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/post/fault.h"
#include "lib/buf.h"
#include "lib/digest.h"
#include "lib/event/topic_list.h"

enum { FORM_SENTENCE = 200 };

/* All zero is one that says nothing. */
struct form {
	struct topic_list topics; /* none twice; the first is its own channel */
	struct buf data, id, type;
	bool is_private;
	bool has_retry;
	uint32_t retry; /* ms */
	struct buf traits;
	struct buf key; /* by which a repetition is known; empty without an id,
			   and then there is no digest */
	struct digest digest;
	char sentence[FORM_SENTENCE]; /* of a fault that names a number */
};

/* Status 0 if all of it can be published, by the limit of an event's bytes.
 * The form is to be released in any case. */
struct fault form_read(struct form *form, struct span body, size_t max_event);
void form_release(struct form *form);

/* Of a form without a fault. */
struct span form_channel(const struct form *form);
struct span form_traits(const struct form *form);

#endif
