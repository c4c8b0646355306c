/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_CGI_H
#define TIDINGS_FCGI_HTTP_CGI_H
/*
 * cgi - one request of a web server that has only CGI
 *
 * Plays the web server to our own acceptor: says the request from environment
 * and standard input in FastCGI on a private socket pair, and turns the records
 * of the answer into what a CGI program writes (RFC 3875).  So no other room
 * knows the difference.
 *
 *   MEETING  the hub is not there yet, and was not waited for for CGI_HUB_MS:
 *            a process that has just begun must not call it away
 *   ASKING   the body is on its way from standard input to the acceptor, and
 *            the answer may have begun
 *   ENDED    the answer is complete; what is left of it is on its way to
 *            standard output, for REPLY_DEADLINE_MS at most
 *   gone     all is written, or the web server has closed standard output,
 *            which is how it says that the browser left: the loop is broken
 */
#include <stdbool.h>

struct cgi;
struct session;
struct acceptor;
struct loop;

enum {
	CGI_WINDOW = 256 << 10, /* bytes of the newest events, for one stream */
	CGI_HUB_MS = 1000,
	CGI_AHEAD = 64 << 10, /* bytes that may wait for standard output */
};

/* Has a web server started this process for one request? */
bool cgi_is_meant(void);

struct cgi *cgi_new(struct loop *loop, struct acceptor *acceptor,
	const struct session *session, const char *base);
/* Returns the process's exit status. */
int cgi_free(struct cgi *cgi);

#endif
