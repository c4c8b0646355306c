/* SPDX-License-Identifier: MIT */
/*
 * token - makes what requests are to show: tokens, and keys that sign them
 *
 * Works on files, not on the server.
 */
#include <config.h>

#include <string.h>

#include "client/option/option.h"
#include "client/show/print.h"
#include "client/token/jwt.h"
#include "client/token/secrets.h"
#include "client/token/signer.h"
#include "client/verbs.h"

static enum exit_status make_jwt(struct buf *out)
{
	struct signer signer;
	enum exit_status exit_status = signer_open(&signer);

	if (exit_status != EXIT_OK)
		return exit_status;
	exit_status = jwt_make(out, &signer);
	buf_add_char(out, '\n');
	signer_release(&signer);
	return exit_status;
}

static enum exit_status make(struct buf *out)
{
	if (option_switch("api"))
		return secrets_api_token(out);
	if (option_text("new-key") != NULL)
		return secrets_new_key(out);
	return make_jwt(out);
}

static enum exit_status run_token(void)
{
	struct buf out = {0};
	enum exit_status exit_status;

	if (strcmp(argument(0), "new") != 0)
		return fail(EXIT_USAGE,
			"token: unknown word \"%s\"; did you mean `tidings "
			"token new`? (tidings token --help)",
			argument(0));
	exit_status = make(&out);
	if (exit_status == EXIT_OK)
		exit_status = print_text(buf_span(&out));
	buf_release(&out);
	return exit_status;
}

static const struct option_row rows[] = {
	{"publish", 'p', LIST, "CHANNEL", NULL,
		"its bearer may publish there: a name, a pattern or *"},
	{"subscribe", 's', LIST, "CHANNEL", NULL,
		"and may listen there, also to what is private"},
	{"for", 'f', DURATION, "TIME", "1h", "it is good so long, 0 for ever"},
	{"subject", '\0', TEXT, "NAME", NULL, "whose it is"},
	{"payload", '\0', TEXT, "JSON", NULL, "what others are to see of him"},
	{"keys", '\0', TEXT, "NAME", NULL,
		"sign with the secret of [keys NAME] of tidings.conf"},
	{"key", '\0', TEXT, "FILE", NULL,
		"sign with this secret or private key"},
	{"algorithm", 'a', TEXT, "NAME", NULL,
		"HS256 HS384 HS512 RS256 RS384 RS512 ES256 EdDSA"},
	{"form", '\0', TEXT, "FORM", NULL, "mercure or oauth"},
	{"issuer", '\0', TEXT, "TEXT", NULL, "by whom it is (iss)"},
	{"audience", '\0', TEXT, "TEXT", NULL, "for whom it is (aud)"},
	{"kid", '\0', TEXT, "NAME", NULL, "what the key is called"},
	{"api", '\0', SWITCH, NULL, NULL,
		"make a token tk_..., which tidings.conf knows"},
	{"new-key", '\0', TEXT, "FILE", NULL, "make a key, into FILE"},
	{0},
};

const struct verb verb_token = {
	.name = "token",
	.arguments = "new",
	.summary = "make a token, or a key that signs tokens",
	.more = "A JWT, signed by the only section [keys] of tidings.conf if "
		"neither --keys nor\n"
		"--key names another.  With --api a token that is no JWT and "
		"does not end, and\n"
		"the lines for tidings.conf.  Say a token to other commands in "
		"TIDINGS_TOKEN or\n"
		"with --token.",
	.examples = "tidings token new --new-key site.key\n"
		    "tidings token new --key site.key --publish "
		    "'builds/{name}' --for 1d\n"
		    "tidings token new --api --subscribe alerts",
	.group = "Set up",
	.rows = rows,
	.least = 1,
	.most = 1,
	.run = run_token,
};
