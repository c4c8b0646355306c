/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_GREETING_H
#define TIDINGS_FCGI_STREAM_GREETING_H
/*
 * greeting - the first bytes of a stream
 *
 * With its head the request counts as answered, and what the subscriber had
 * asked for is forgotten: it is OPENING no more.
 */
#include "fcgi/stream/subscriber.h"

struct judged;
struct lasts_found;

/* The first bytes of a stream whose cursor is decided; `judged` is NULL if the
 * hub was not asked. */
enum pump_result greeting_begin(
	struct subscriber *sub, const struct judged *judged);
/* Likewise, with the last values behind them; its cursor is what they go up
 * to. */
enum pump_result greeting_lasts(
	struct subscriber *sub, const struct lasts_found *found);
/* Says "not now" to one who has had no byte yet, and ends it. */
void greeting_postpone(struct subscriber *sub);

#endif
