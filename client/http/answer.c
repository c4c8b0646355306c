/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/answer.h"

#include <string.h>

/* What comes behind a path of many channels would be cut off. */
enum { PATH_SHOWN = 300 };

void answer_release(struct http_answer *answer)
{
	buf_release(&answer->body);
	buf_release(&answer->type);
	buf_release(&answer->server);
	buf_release(&answer->origin);
	buf_release(&answer->sentence);
	*answer = (struct http_answer){0};
}

void answer_judge(struct http_answer *answer, const char *url, const char *path)
{
	if (answer->status >= 200 && answer->status <= 299)
		return;
	answer->exit_status = answer->status >= 400 && answer->status <= 499
				      ? EXIT_REFUSED
				      : EXIT_TROUBLE;
	buf_printf(&answer->sentence, "%s%.*s%s: status %ld", url, PATH_SHOWN,
		path, strlen(path) > PATH_SHOWN ? "..." : "", answer->status);
}

const char *answer_advice(const struct http_answer *answer, bool told)
{
	if (answer->exit_status == EXIT_TLS)
		return "; --ca-file names a certificate to trust";
	if (answer->exit_status == EXIT_AWAY && answer->status == 0)
		return "; is the web server there? (--url, TIDINGS_URL)";
	if (answer->status == 401)
		return "; --token or TIDINGS_TOKEN shows who asks";
	if (answer->status == 404 && !told)
		return "; is Tidings below a path? (--url "
		       "https://site.example/tidings)";
	if (answer->status >= 500 && !told)
		return "; `tidings check` looks for the cause";
	return "";
}
