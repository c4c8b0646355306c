/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_OWN_PAGE_H
#define TIDINGS_FCGI_GUARD_OWN_PAGE_H
/*
 * own_page - does this machine's own page ask, or a program beside it?
 *
 * For what is nobody else's: no other machine, no proxy that lends its address,
 * no page of another origin (another port of this machine included), and no
 * page whose name was made to point here.  Pure.
 */

struct request;

enum asker {
	ASKER_FOREIGN,
	ASKER_PAGE, /* a page of our own, opened at this machine's own name */
	ASKER_PROGRAM, /* nothing says that a browser has sent it; whoever runs
			  programs here can have it say so */
};

enum asker own_page_asks(const struct request *request);

#endif
