/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PRESENCE_SUBSCRIPTIONS_H
#define TIDINGS_FCGI_PRESENCE_SUBSCRIPTIONS_H
/*
 * subscriptions - Mercure's list of who is there: all, those of a topic, or one
 *
 * Whoever may subscribe to the address itself may read it.
 */
#include "fcgi/http/request.h"

/* Its room is a struct who; target->channel is what the path has behind
 * ACTIVE_CHANNEL, as it was sent. */
handler subscriptions_show;

#endif
