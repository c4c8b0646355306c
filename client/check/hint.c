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
		"nginx collects answers: set fastcgi_buffering off (or "
		"proxy_buffering off), and gzip off"},
	{"nginx", CHECK_ROUTE,
		"nginx does not pass this path to tidings.fcgi, or not as the "
		"browser wrote it (fastcgi_param REQUEST_URI "
		"$request_uri): see "
		"part 3 of conf/nginx.conf"},
	{"nginx", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket that fastcgi_pass "
		"names, and may nginx's user open it (socket_group in "
		"tidings.conf)?"},
	{"nginx", CHECK_LEFT,
		"fastcgi_ignore_client_abort must be off, or set a shorter "
		"`keepalive` in tidings.conf"},
	{"nginx", CHECK_CUT,
		"fastcgi_read_timeout (or proxy_read_timeout) should be three "
		"times `keepalive` of tidings.conf"},
	{"nginx", CHECK_UPLOADS, "set client_max_body_size 2m"},
	{"haproxy", CHECK_HELD, "set option http-no-delay"},
	{"haproxy", CHECK_LATE,
		"HAProxy holds each event back, for another that might come: "
		"set option http-no-delay"},
	{"haproxy", CHECK_ROUTE,
		"HAProxy does not pass this path to tidings.fcgi: see the "
		"frontend of conf/haproxy.conf"},
	{"haproxy", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket of the server line "
		"with `proto fcgi`, and may HAProxy's user open it "
		"(socket_group in tidings.conf)?"},
	{"haproxy", CHECK_LEFT,
		"HAProxy notices it when it cannot send: set a shorter "
		"`keepalive` in tidings.conf"},
	{"haproxy", CHECK_CUT,
		"timeout client and timeout server should be three times "
		"`keepalive` of tidings.conf"},
	{"haproxy", CHECK_UPLOADS,
		"refuse a large Content-Length, as the frontend of "
		"conf/haproxy.conf does"},
	{"caddy", CHECK_HELD, "set flush_interval -1 in reverse_proxy"},
	{"caddy", CHECK_BACKEND,
		"is tidings.fcgi running, at the socket that reverse_proxy "
		"names (transport fastcgi), and may Caddy's user open it "
		"(socket_group in tidings.conf)?"},
	{"caddy", CHECK_LEFT,
		"Caddy notices it when it cannot send: set a shorter "
		"`keepalive` in tidings.conf"},
	{"caddy", CHECK_UPLOADS, "set request_body { max_size 2MB }"},
	{"apache", CHECK_TOKENS,
		"Apache passes it on only if told: set CGIPassAuth On for "
		"these addresses, as part 3 of conf/apache.conf does"},
	{"", CHECK_TOKENS,
		"the web server, or a proxy before it, must pass on the header "
		"Authorization as it came"},
	{"lighttpd", CHECK_MERCURE,
		"link lighttpd-mercure.conf into /etc/tidings, and restart "
		"lighttpd (docs/mercure.md)"},
	{"apache", CHECK_MERCURE,
		"link apache-mercure.conf into /etc/tidings, and restart "
		"Apache (docs/mercure.md)"},
	{"nginx", CHECK_MERCURE,
		"link nginx-mercure.conf into nginx's snippets, and reload "
		"nginx (docs/mercure.md)"},
	{"", CHECK_MERCURE,
		"the web server must pass that path on, beside the prefix of "
		"all others (docs/mercure.md)"},
	{"apache", CHECK_HTTP2,
		"Apache's HTTP/2 leaves a stream open and silent when a "
		"responder dies, and answers nothing else beside six streams: "
		"set Protocols http/1.1 in this virtual host"},
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
	{"", CHECK_LATE, NULL},
	{"", CHECK_HTTP2, NULL},
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
