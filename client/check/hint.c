/* SPDX-License-Identifier: MIT */
/*
 * hint - what to change, by the name that the web server gives itself
 */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "client/check/tools_room.h"

/* The first whose server is how its name begins; "" is any. */
static const struct {
	const char *server;
	enum check_fault fault;
	const char *hint;
} hints[] = {
	{"lighttpd", CHECK_PROXY,
		"a proxy stands before lighttpd: load mod_extforward, with the "
		"proxy's address in extforward.forwarder (docs/web-servers.md, "
		"Behind a proxy)"},
	{"lighttpd", CHECK_BELIEVES,
		"name only your proxy in extforward.forwarder, not \"all\""},
	{"apache", CHECK_PROXY,
		"a proxy stands before Apache: a2enmod remoteip, with the "
		"proxy's address in RemoteIPInternalProxy "
		"(docs/web-servers.md, Behind a proxy)"},
	{"apache", CHECK_BELIEVES,
		"name only your proxy in RemoteIPInternalProxy: a network "
		"believes all in it, and RemoteIPHeader alone believes "
		"anybody"},
	{"nginx", CHECK_PROXY,
		"a proxy stands before nginx, or is nginx: name it in "
		"set_real_ip_from where Tidings is, with real_ip_header "
		"X-Forwarded-For (docs/web-servers.md, Behind a proxy)"},
	{"nginx", CHECK_BELIEVES,
		"name only your proxy in set_real_ip_from, not 0.0.0.0/0"},
	{"", CHECK_PROXY,
		"a proxy stands before the web server, which must be told its "
		"address (docs/web-servers.md, Behind a proxy)"},
	{"", CHECK_BELIEVES,
		"the web server must believe no one but your proxy"},
	{"lighttpd", CHECK_HELD,
		"lighttpd collects the whole answer first: set "
		"server.stream-response-body = 2"},
	{"lighttpd", CHECK_ROUTE,
		"lighttpd does not pass this path to tidings.fcgi: see part 3 "
		"of conf/lighttpd.conf"},
	{"lighttpd", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket that fastcgi.server "
		"names, and may lighttpd's user open it (socket_group in "
		"tidings.conf)?"},
	{"lighttpd", CHECK_NO_HANDLER,
		"is tidings.fcgi running? lighttpd's error log says why"},
	{"lighttpd", CHECK_LEFT,
		"set tcp-fin-propagate = enable in fastcgi.server"},
	{"lighttpd", CHECK_CUT,
		"server.max-write-idle should be three times `keepalive` of "
		"tidings.conf"},
	{"lighttpd", CHECK_UPLOADS,
		"lighttpd keeps uploads on its disk, whoever may publish: set "
		"server.max-request-size = 2048"},
	{"apache", CHECK_HELD,
		"Apache collects answers: set flushpackets=on for this backend "
		"(ProxyPass ... or <Proxy ...> ProxySet flushpackets=on), and "
		"no mod_deflate"},
	{"apache", CHECK_ROUTE,
		"Apache does not pass this path to tidings.fcgi: see part 3 of "
		"conf/apache.conf, and a2enmod proxy_fcgi"},
	{"apache", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket that ProxyPass names, "
		"and may Apache's user open it (socket_group in "
		"tidings.conf)?"},
	{"apache", CHECK_NO_HANDLER,
		"is mod_proxy_fcgi loaded (a2enmod proxy_fcgi)? Apache's error "
		"log says more"},
	{"apache", CHECK_LEFT,
		"Apache notices it at the second comment that it cannot send: "
		"set a shorter `keepalive` in tidings.conf"},
	{"apache", CHECK_CUT,
		"ProxyTimeout, or timeout= of this backend, should be three "
		"times `keepalive` of tidings.conf"},
	{"apache", CHECK_UPLOADS,
		"refuse a large Content-Length, as the <If> in part 3 of "
		"conf/apache.conf does"},
	{"nginx", CHECK_HELD,
		"nginx collects answers: set proxy_buffering off (or "
		"fastcgi_buffering off), and gzip off"},
	{"nginx", CHECK_CUT,
		"proxy_read_timeout (or fastcgi_read_timeout) should be three "
		"times `keepalive` of tidings.conf"},
	{"nginx", CHECK_UPLOADS, "set client_max_body_size 2m"},
	{"", CHECK_HELD,
		"something between here and tidings.fcgi collects answers: "
		"turn its buffering off for streams"},
	{"", CHECK_ROUTE,
		"the web server does not pass this path to tidings.fcgi: see "
		"conf/"},
	{"", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket that the web server "
		"knows, and may the web server open it?"},
	{"", CHECK_NO_HANDLER, "see the web server's error log"},
	{"", CHECK_LEFT, "a shorter `keepalive` in tidings.conf helps"},
	{"", CHECK_CUT,
		"the web server's time limit for a silent answer should be "
		"three times `keepalive` of tidings.conf"},
	{"", CHECK_UPLOADS,
		"the web server should limit a request's body to 2 MiB "
		"(max_body of tidings.conf, and some more)"},
};

const char *check_hint(const struct check *check, enum check_fault fault)
{
	size_t i = 0;

	while (hints[i].fault != fault ||
		strncasecmp(check->server, hints[i].server,
			strlen(hints[i].server)) != 0)
		i++;
	return hints[i].hint;
}
