/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_MERCURE_H
#define TIDINGS_FCGI_STREAM_MERCURE_H
/*
 * mercure - a GET of /.well-known/mercure becomes a subscription
 *
 * ?topic=, as often as wanted, is a name, a URI template or `*`.  A cursor is
 * `#` and an id, or what its publisher calls an event (hub/log/label.h), or
 * `earliest`; one that means nothing is a gap.
 */
#include "fcgi/http/request.h"

/* Its room is a struct subscribe. */
handler mercure_subscribe;

#endif
