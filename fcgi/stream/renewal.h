/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_RENEWAL_H
#define TIDINGS_FCGI_STREAM_RENEWAL_H
/*
 * renewal - the window is thrown away and begins anew (window_begin)
 *
 * Everybody must find his place in it again.  Who had seen everything goes on
 * after it, though his own channels' last event may be much older.
 */
struct audience;
struct fanout;
struct window;

/* Before window_begin(): remembers the cursor of those who have seen
 * everything. */
void renewal_begin(struct audience *audience, const struct window *window);
/* After it. */
void renewal_end(struct audience *audience, struct fanout *fanout);

#endif
