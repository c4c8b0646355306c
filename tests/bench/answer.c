/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/answer.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void answer_clear(struct answer *answer)
{
	answer->got = 0;
	answer->text[0] = '\0';
}

static bool is_whole(const struct answer *answer)
{
	const char *end = strstr(answer->text, "\r\n\r\n");

	if (end == NULL)
		return false;
	size_t head = (size_t)(end - answer->text) + 4;
	const char *size = strcasestr(answer->text, "\r\nContent-Length: ");
	if (size != NULL && size < end)
		return answer->got >= head + strtoul(size + 18, NULL, 10);
	if (strcasestr(answer->text, "chunked") != NULL)
		return strstr(end, "0\r\n\r\n") != NULL;
	return true;
}

enum answer_progress answer_take(struct answer *answer, int fd)
{
	ssize_t got = recv(fd, answer->text + answer->got,
		ANSWER_MAX - answer->got, MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return ANSWER_PART;
	if (got <= 0)
		return ANSWER_CUT;
	answer->got += (size_t)got;
	answer->text[answer->got] = '\0';
	if (is_whole(answer))
		return ANSWER_WHOLE;
	if (answer->got == ANSWER_MAX)
		errx(1, "an answer of over %d bytes", ANSWER_MAX);
	return ANSWER_PART;
}

bool answer_is_good(const struct answer *answer)
{
	return answer->got > 9 && answer->text[9] == '2';
}

bool answer_is_last(const struct answer *answer)
{
	return strcasestr(answer->text, "\r\nConnection: close") != NULL;
}
