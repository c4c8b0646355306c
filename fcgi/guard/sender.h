/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_SENDER_H
#define TIDINGS_FCGI_GUARD_SENDER_H
/*
 * sender - may the request's address publish, by publish_from?
 *
 * An address proves who asks only if no proxy lends it to others; and a page
 * that publishes with it must be of an origin that may, whose name nobody else
 * can have pointed here.
 */
#include <stdbool.h>

#include "fcgi/guard/refusal.h"

struct config;
struct request;
struct sender;

/* Borrows `config`. */
struct sender *sender_new(const struct config *config);
void sender_free(struct sender *sender);

/* An address that cannot be read may not.  Where all addresses may, none proves
 * anything, and only the origin counts. */
enum access_word sender_may_publish(
	const struct sender *sender, const struct request *request);

#endif
