/*
 * trial_hint - what to change, by the name that the web server gives itself
 */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "client/trial_room.h"

/* The first whose server is how its name begins; "" is any. */
static const struct {
	const char *server;
	enum trial_fault fault;
	const char *hint;
} hints[] = {
	{"lighttpd", TRIAL_HELD,
		"lighttpd collects the whole answer first: set "
		"server.stream-response-body = 2"},
	{"lighttpd", TRIAL_ROUTE,
		"lighttpd does not pass this path to tidings.fcgi: see part 3 "
		"of conf/lighttpd.conf"},
	{"lighttpd", TRIAL_BACKEND,
		"is tidings.fcgi running, at the socket that fastcgi.server "
		"names, and may lighttpd's user open it (socket_group in "
		"tidings.conf)?"},
	{"lighttpd", TRIAL_NO_HANDLER,
		"is tidings.fcgi running? lighttpd's error log says why"},
	{"lighttpd", TRIAL_LEFT,
		"set tcp-fin-propagate = enable in fastcgi.server"},
	{"lighttpd", TRIAL_CUT,
		"server.max-write-idle should be three times `keepalive` of "
		"tidings.conf"},
	{"apache", TRIAL_HELD,
		"Apache collects answers: set flushpackets=on for this backend "
		"(ProxyPass ... or <Proxy ...> ProxySet flushpackets=on), and "
		"no mod_deflate"},
	{"apache", TRIAL_ROUTE,
		"Apache does not pass this path to tidings.fcgi: see part 3 of "
		"conf/apache.conf, and a2enmod proxy_fcgi"},
	{"apache", TRIAL_BACKEND,
		"is tidings.fcgi running, at the socket that ProxyPass names, "
		"and may Apache's user open it (socket_group in "
		"tidings.conf)?"},
	{"apache", TRIAL_NO_HANDLER,
		"is mod_proxy_fcgi loaded (a2enmod proxy_fcgi)? Apache's error "
		"log says more"},
	{"apache", TRIAL_LEFT,
		"Apache notices it at the second comment that it cannot send: "
		"set a shorter `keepalive` in tidings.conf"},
	{"apache", TRIAL_CUT,
		"ProxyTimeout, or timeout= of this backend, should be three "
		"times `keepalive` of tidings.conf"},
	{"nginx", TRIAL_HELD,
		"nginx collects answers: set proxy_buffering off (or "
		"fastcgi_buffering off), and gzip off"},
	{"nginx", TRIAL_CUT,
		"proxy_read_timeout (or fastcgi_read_timeout) should be three "
		"times `keepalive` of tidings.conf"},
	{"", TRIAL_HELD,
		"something between here and tidings.fcgi collects answers: "
		"turn its buffering off for streams"},
	{"", TRIAL_ROUTE,
		"the web server does not pass this path to tidings.fcgi: see "
		"conf/"},
	{"", TRIAL_BACKEND,
		"is tidings.fcgi running, at the socket that the web server "
		"knows, and may the web server open it?"},
	{"", TRIAL_NO_HANDLER, "see the web server's error log"},
	{"", TRIAL_LEFT, "a shorter `keepalive` in tidings.conf helps"},
	{"", TRIAL_CUT,
		"the web server's time limit for a silent answer should be "
		"three times `keepalive` of tidings.conf"},
};

const char *trial_hint(const struct trial *trial, enum trial_fault fault)
{
	size_t i = 0;

	while (hints[i].fault != fault ||
		strncasecmp(trial->server, hints[i].server,
			strlen(hints[i].server)) != 0)
		i++;
	return hints[i].hint;
}
