/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_CONFIG_H
#define TIDINGS_LIB_CONFIG_CONFIG_H
/*
 * config - tidings.conf, read whole at the start
 *
 * INI; every key optional; an unknown section or key, a bad value or a repeated
 * key ends the start with one sentence that names file and line.  The table in
 * setting.c is the one list of keys with their defaults and ranges;
 * conf/tidings.conf shows each with a comment, and a test compares the two.
 *
 * Sizes take K, M or G (1,024-based), durations ms, s, m, h or d (0 needs
 * none). Lists are separated by spaces or commas, and a line that begins with
 * space carries on the list above it.  A section stands once.  A line is UTF-8,
 * shorter than inih's limit (197 bytes by default); a BOM is skipped.  A line
 * that begins with ; or # is a comment, and so is what follows a space and ;.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Retention: an event goes as soon as any of the three is passed. */
struct keep {
	uint64_t age_ms; /* [7d]        0 = no limit, for all three */
	uint64_t events; /* [1000000] */
	uint64_t bytes;	 /* [1G]        data, type and 64 bytes an event */
};

/* [channel NAME]: its events leave the shared pool and are kept by this
 * alone; a key not given has the shared value.  If the name is `*` or has a `{`
 * it is a pattern (lib/event/selector.h), and this is for each channel that it
 * matches and that no other section names; of patterns the first one is. */
struct config_channel {
	char *name;
	struct keep keep;
};

/* [inbox NAME] */
struct config_inbox {
	char *name;
	char *path;
	bool create;	/* create = no | yes: make file and table if missing */
	bool start_new; /* start = all | new: what its first reading begins
			   with; default all, but new where consume = no */
	bool consume;	/* consume = yes | no: published rows are removed, at
			   the latest when one of these is passed: */
	uint64_t consume_rows;	   /* 10000, 1..1000000 of them */
	uint64_t consume_every_ms; /* 10m, 50ms..7d */
};

enum { CONFIG_INBOXES_MAX = 64 }; /* sections [inbox NAME] */

/* [keys NAME]: a file of keys, and what tokens that they sign are worth. */
struct config_keys {
	char *name;
	char *file;
	char **algorithms; /* HS256 ... (lib/crypto/algorithm.h) */
	size_t algorithm_count;
	bool oauth;	/* form = mercure | oauth; if so, the next two are
			   given, and expiry_required */
	char *issuer;	/* NULL = any */
	char *audience; /* NULL = any */
	char **grants;	/* grants = publish subscribe */
	size_t grant_count;
	bool expiry_required; /* expiry = optional | required */
	uint64_t leeway_ms;   /* 10s, 0..5m; for nbf and iat */
};

/* [access NAME]: rights of those who come without a JWT. */
struct config_access {
	char *name;
	char **who; /* users, user:NAME, token:SHA256, address:PREFIX */
	size_t who_count;
	char **publish; /* selectors; %u stands for the user's name */
	size_t publish_count;
	char **subscribe;
	size_t subscribe_count;
};

/* [shared]: the order of events that several machines have in common. */
struct config_shared {
	char **redis; /* unix:PATH or ADDRESS:PORT, the servers to try; none:
			 nothing is shared */
	size_t redis_count;
	unsigned db;	      /* 0, 0..15 */
	char *user;	      /* NULL = none */
	char *password_file;  /* NULL = none */
	bool found_auto;      /* found = manual | auto */
	char *prefix;	      /* {tidings}, of all keys there */
	char *machine;	      /* what this machine is called; NULL = as its
				 host */
	uint64_t give_up_ms;  /* 5s, 1s..30s */
	uint64_t keep_age_ms; /* 1h, of what Redis keeps; */
	uint64_t keep_bytes;  /* 256M */
};

enum {
	CONFIG_KEYS_MAX = 64, /* sections of each */
	CONFIG_ACCESS_MAX = 1000,
};

struct config {
	/* [log] */
	bool syslog; /* to = stderr | syslog */
	bool debug;  /* level = info | debug */

	/* [hub] */
	char *hub_socket;	/* socket = $(runstatedir)/tidings/hub.sock */
	mode_t hub_socket_mode; /* socket_mode = 0660 */
	gid_t hub_socket_group; /* socket_group = name or number; without:
				 * (gid_t)-1, the process's own */
	uid_t *hub_users; /* users = names or numbers that may speak to the
			     hub's socket beside root and its own uid */
	size_t hub_user_count;
	uid_t *inbox_users; /* inbox_user = whom tidings-inbox runs as, if not
			       as the hub: may speak for inboxes, and may not
			       do anything else; without: the user
			       tidings-inbox, if there is one */
	size_t inbox_user_count;
	char *log_path;		/* log = $(localstatedir)/lib/tidings/log.db */
	struct keep keep;	/* keep_age, keep_events, keep_bytes */
	uint64_t key_age_ms;	/* key_age = 24h, at least 24h */
	bool demo;		/* demo = no | yes */
	unsigned presence_rate; /* 50: joins and leaves per second and address,
				   of which a hundred seconds' worth may come at
				   once; 0 = no limit */

	/* [responder] */
	char *fcgi_socket;	 /* socket = $(runstatedir)/tidings/fcgi.sock */
	mode_t fcgi_socket_mode; /* 0660 */
	gid_t fcgi_socket_group;
	char *base; /* base = "" or as /tidings: where all addresses begin */
	unsigned workers;   /* workers = 1, 1..64 */
	size_t streams;	    /* streams = 0: what the descriptors allow */
	size_t connections; /* those that the web server may hold for all
			       workers together; 0 = not told */
	size_t streams_per_address;  /* 0 = no limit */
	size_t stream_channels;	     /* channels = 1000000: of all streams, each
					counted for each; 0 = no limit */
	size_t channels_per_address; /* 0 = no limit */
	size_t selectors; /* distinct patterns of a worker's streams; 0 = none
			     are allowed */
	char **publish_from; /* addresses or prefixes 10.0.0.0/8; a path-less
				list, default 127.0.0.0/8 ::1 */
	size_t publish_from_count;
	unsigned publish_rate; /* POSTs per second and address, 0 = no limit;
				  a second's worth may come at once */
	unsigned publish_rate_total; /* the same for all addresses together */
	char **hosts; /* names and addresses of this site, no ports; none: any
			 Host will do */
	size_t host_count;
	char **origins; /* origins = "*" or https://a.example … */
	size_t origin_count;
	uint64_t keepalive_ms; /* 15s, 1s..1h */
	uint64_t retry_ms;     /* 2s; sent with up to as much jitter again */
	size_t window;	       /* 16M, 1M..1G */
	size_t max_event; /* 64K, 1K..1M: bytes of one event as it is sent */
	size_t max_body;  /* 1M, >= max_event: bytes of a POST */
	uint64_t rest_ms; /* 250ms: longest rest between two fan-outs */
	bool listeners_granted;	  /* listeners = anyone | granted */
	char **private_selectors; /* private = channels whose every event is */
	size_t private_count;
	char *cookie;		/* where a token may be; empty = in none */
	bool token_in_url;	/* token_in_url = no | yes */
	uint64_t stream_age_ms; /* stream_age = 0, or 1m..7d */
	uint64_t ticket_age_ms; /* ticket_age = 5m, 0 = off, or 30s..1h */
	bool compress;		/* compress = no | yes: streams as gzip */
	bool mercure;		/* mercure = no | yes: /.well-known/mercure */
	bool subscriptions; /* mercure_subscriptions = no | yes: streams tell
			       that they are there */
	unsigned presence_list; /* 1000, 1..10000: entries of a list `present`
				 */

	char *kill_token; /* file; empty = nobody kills a responder by asking
			   */

	struct config_shared shared;

	struct config_channel *channels;
	size_t channel_count;
	struct config_inbox *inboxes;
	size_t inbox_count;
	struct config_keys *keys;
	size_t keys_count;
	struct config_access *access;
	size_t access_count;
};

/* Fills `config` from `path`, or with the defaults if `path` is NULL; ends the
 * process on any fault. */
void config_load(struct config *config, const char *path);
void config_release(struct config *config);

/* The same without ending the process: NULL, or a sentence "FILE:LINE: ..." to
 * be freed. */
char *config_try(struct config *config, const char *path);

/* The table itself: key number `index` of [hub], [responder] and so on with its
 * default as text (NULL: the key must be given, or its default is that of
 * [hub]); false after the last. */
struct config_key {
	const char *section;
	const char *name;
	const char *text;
};
bool config_key(size_t index, struct config_key *key);

#endif
