/* SPDX-License-Identifier: MIT */
/*
 * post - publishing from the menu, beside all else that it does
 */
#include <config.h>

#include "client/http/get_json.h"
#include "client/http/url.h"
#include "client/menu/menu.h"
#include "lib/json/json.h"

void menu_post(struct menu *menu, const char *channel, struct span message)
{
	if (menu->posting != NULL) {
		menu_note(menu, SCREEN_BAD,
			span_of("not published: the one before is still on "
				"its way"));
		return;
	}
	menu_post_release(menu);
	buf_add_span(&menu->path, span_of("/realtime/"));
	url_encode(&menu->path, span_of(channel));
	buf_add_char(&menu->path, '\0');
	buf_add_span(&menu->body, message);
	menu->post = (struct http_request){.method = "POST",
		.path = menu->path.at,
		.body = buf_span(&menu->body)};
	menu->posting = http_start(menu->http, &menu->post, &menu->posted);
	menu_note(menu, SCREEN_DIM, span_of("publishing ..."));
}

static void tell(struct menu *menu)
{
	struct json_object *body = json_parse(buf_span(&menu->posted.body));
	struct span message = {0};
	struct buf id = {0}, text = {0};

	json_text(body, "message", &message);
	if (menu->posted.exit_status != EXIT_OK)
		buf_printf(&text, "not published: %.*s%s", (int)message.len,
			message.len > 0 ? message.at : "",
			message.len > 0 ? "" : menu->posted.sentence.at);
	else if (get_json_is_stored(&menu->posted, 0, &id))
		buf_printf(&text, "published, id %.*s", (int)id.len, id.at);
	else
		buf_add_span(&text, span_of("the answer is not from Tidings"));
	menu_note(menu, id.len > 0 ? SCREEN_GOOD : SCREEN_BAD, buf_span(&text));
	json_free(body);
	buf_release(&id);
	buf_release(&text);
}

void menu_post_turn(struct menu *menu)
{
	if (menu->posting == NULL || !http_is_done(menu->posting))
		return;
	tell(menu);
	menu_post_release(menu);
	menu->ask_again = 0;
}

void menu_post_release(struct menu *menu)
{
	if (menu->posting != NULL)
		http_stop(menu->posting);
	menu->posting = NULL;
	answer_release(&menu->posted);
	buf_clear(&menu->path);
	buf_clear(&menu->body);
}
