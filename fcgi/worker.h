/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_WORKER_H
#define TIDINGS_FCGI_WORKER_H
/*
 * worker - serves, from its rooms' opening until they are closed
 *
 *   SERVING    the loop runs; supervisor_ready() once the window has been
 *              filled
 *   DRAINING   SIGTERM: accepts no more, streams get their end, answers that
 *              are on their way finish
 *   LEAVING    SIGHUP: the same, but a successor is there, so that it takes
 *              its time (drain.h)
 *   gone       when there is nobody left, or the time for it has passed
 */
struct config;

/* Serves whoever connects to `listener` (non-blocking, borrowed). */
int worker_serve(const struct config *config, int listener);
/* Serves the one request that this process was started for (cgi.h). */
int worker_serve_cgi(const struct config *config);
/* Both return the process's exit status. */

#endif
