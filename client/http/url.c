/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/url.h"

#include <string.h>
#include <strings.h>

/* What follows the scheme; NULL if it is not one that we know. */
static const char *host_of(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	return strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

const char *url_fault(const char *url)
{
	const char *host = host_of(url);

	if (host == NULL)
		return "the URL must begin with http:// or https://";
	if (strcspn(host, "/?#") == 0)
		return "the URL names no host";
	if (strpbrk(host, "?#") != NULL)
		return "the URL of Tidings ends before a ? or #";
	return NULL;
}

const char *url_path(const char *url)
{
	const char *host = host_of(url);

	return host == NULL ? "" : host + strcspn(host, "/");
}

void url_encode(struct buf *out, struct span text)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c != '\0' && strchr(plain, c) != NULL) {
			buf_add_char(out, (char)c);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, digits[c >> 4]);
		buf_add_char(out, digits[c & 15]);
	}
}
