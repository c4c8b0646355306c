#ifndef TIDINGS_LISTEN_H
#define TIDINGS_LISTEN_H
/*
 * listen - a GET becomes a wish for a stream
 *
 * Reads channels and cursor out of the URL and the headers.  A cursor that
 * means nothing is no fault: the stream then begins with a `reset`, because
 * any status but 200 stops EventSource for good.
 */
#include "fcgi/route.h"

struct buf;
struct visitor;

verb listen_channels; /* ?channel= or else the route's own */
verb listen_channel;  /* the path's, and ?channel= more */
verb listen_one;      /* the route's own only */

/* ---- for streams of another kind */
/* Appends the last id as the browser says it, in a header or the query. */
void listen_last_id(
	struct buf *out, const struct request *request, struct span query);
/* NULL: it has been answered (HEAD, too many, being stopped).  Otherwise one
 * more stream, of so many channels, is counted until quota_leave(). */
struct visitor *listen_enter(
	struct responder *responder, struct request *request, size_t channels);

#endif
