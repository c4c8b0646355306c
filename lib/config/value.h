/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_VALUE_H
#define TIDINGS_LIB_CONFIG_VALUE_H
/*
 * value - amounts, names and addresses in a configuration's text
 *
 * Each function returns false if the text is not what it should be; the caller
 * checks ranges.  Pure but for the two that ask the system for names.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The units of an amount, from the smallest up, closed by a NULL name. */
struct value_unit {
	const char *name;
	uint64_t factor;
};

extern const struct value_unit value_plain[]; /* none */
extern const struct value_unit value_bytes[]; /* none, K, M, G */
extern const struct value_unit value_times[]; /* ms, s, m, h, d */

/* Digits and a unit; 0 needs none. */
bool value_amount(
	const char *text, const struct value_unit *units, uint64_t *amount);
/* Writes `amount` in the largest unit that has no fraction. */
void value_amount_text(char *out, size_t size, uint64_t amount,
	const struct value_unit *units);

/* Three or four octal digits, permissions only. */
bool value_mode(const char *text, mode_t *mode);
/* A name that the system knows, or a number. */
bool value_user(const char *text, uid_t *user);
bool value_group(const char *text, gid_t *group);

/* An IPv4 or IPv6 address, or a prefix of one: 10.0.0.0/8. */
bool value_is_prefix(const char *text);
/* A name or address as in Host, without a port: a.example, [::1]. */
bool value_is_host(const char *text);
/* unix:PATH with an absolute path, or a numeric address with a port:
 * 10.1.2.3:6379, [::1]:6379.  No names. */
bool value_is_server(const char *text);
/* Empty, or the path of a URL with "/" before each name and none at the end:
 * unreserved characters (RFC 3986) and at most 200 bytes. */
bool value_is_base(const char *text);
/* "*", or what browsers send as Origin: scheme, host, port and no path. */
bool value_is_origin(const char *text);

#endif
