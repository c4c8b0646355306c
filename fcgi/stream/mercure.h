/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_MERCURE_H
#define TIDINGS_FCGI_STREAM_MERCURE_H
/*
 * mercure - a GET of /.well-known/mercure becomes a subscription
 *
 * ?topic=, as often as wanted: a name, a URI template, or `*`.
 */
#include "fcgi/http/request.h"

/* Its room is a struct subscribe. */
handler mercure_subscribe;

#endif
