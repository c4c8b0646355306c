/* SPDX-License-Identifier: MIT */
/*
 * FCGX_Accept_r() reads from `ipcFd` without accepting if a descriptor is there
 * already.  That field is below fcgiapp.h's "don't use" line; it is the only
 * way to have libfcgi read a request without letting it block on one, and has
 * been the same since libfcgi 2.0.  We put a file in memory there that holds
 * the collected records: so the connection itself never passes through
 * libfcgi's hands, needs no thread to wait for it, and stays non-blocking.
 */
#include <config.h>

#include "fcgi/http/parse.h"

#include <fcgiapp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fcgi/http/intake.h"
#include "fcgi/http/request.h"
#include "fcgi/lines.h"
#include "lib/log.h"

_Static_assert(_Generic(((FCGX_Request *)NULL)->ipcFd, int : 1, default : 0) &&
		       _Generic(((FCGX_Request *)NULL)->keepConnection, int : 1,
			       default : 0),
	"libfcgi's FCGX_Request is not as parse.c knows it");

enum { CHUNK = 16 << 10 };

struct parser {
	int file; /* where libfcgi reads requests from; -1 = none yet */
};

struct parser *parser_new(void)
{
	struct parser *parser = mem_new(sizeof(*parser));

	if (FCGX_Init() != 0)
		log_fatalx(LINE_NO_LIBFCGI);
	parser->file = -1;
	return parser;
}

void parser_free(struct parser *parser)
{
	if (parser->file >= 0)
		close(parser->file);
	free(parser);
}

/* What a longer request has left behind this one's end stays there: libfcgi
 * looks no further than the end of STDIN, and truncating the file costs more
 * than reading the request. */
static bool fill_file(struct parser *parser, const struct buf *records)
{
	ssize_t written;

	if (parser->file < 0)
		parser->file = memfd_create("request", MFD_CLOEXEC);
	written = pwrite(parser->file, records->at, records->len, 0);
	return written == (ssize_t)records->len &&
	       lseek(parser->file, 0, SEEK_SET) == 0;
}

static void read_body(struct request *request, FCGX_Stream *in)
{
	int got;

	do {
		char *to = buf_reserve(&request->body, CHUNK);

		got = FCGX_GetStr(to, CHUNK, in);
		request->body.len += (size_t)got;
	} while (got == CHUNK);
}

struct request *parser_read(
	struct parser *parser, const struct assembler *assembler)
{
	struct request *request;
	FCGX_Request fcgi;

	if (!fill_file(parser, &assembler->records)) {
		log_warn(LINE_WRITE_REQUEST);
		return NULL;
	}
	FCGX_InitRequest(&fcgi, -1, 0);
	fcgi.ipcFd = parser->file;
	fcgi.keepConnection = 1; /* do not close it */
	FCGX_Detach(&fcgi);	 /* do not wait for the peer to close it */
	if (FCGX_Accept_r(&fcgi) != 0) {
		parser->file = -1; /* closed by libfcgi */
		return NULL;
	}
	request = request_new();
	request->id = assembler->id;
	request->too_long = assembler->too_long;
	request_read(request, fcgi.envp);
	if (assembler->body > 0)
		read_body(request, fcgi.in);
	if (FCGX_GetError(fcgi.in) != 0) {
		request_free(request);
		request = NULL;
	}
	fcgi.ipcFd = -1;
	fcgi.keepConnection = 0;
	FCGX_Free(&fcgi, 0);
	return request;
}
