// SPDX-License-Identifier: MIT
// app - the page: one set of streams, and a view for each section
//
// What the views tell each other goes over `bus`, an EventTarget:
//   event   { key, type, id, channel, data, at, replayed, again }   something
//           came; again: by another stream it came before
//   stream  { key, state }      a stream has another state, or was closed (null)
//   gap     { key, requested, oldest, newest } or { key, unreadable: id }
//   sent    { channel, id }     this window has published it
//   composed { channel, type, data, format }   what the form would publish
//   channels  Map of name -> what is known of it, as in channels.js
//   inbox     the path of the server's inbox: in quickstart only
//   sample    what came on channel metrics, or null: nothing is known now
//   token   there is another one, or none any more
//   delay   from publish to this browser, as delay.js has it; null: not known
//   wants-token                 somebody would type one in

import { Connections } from "./connections.js";
import { openFeeds } from "./feed.js";
import { addWords, keepLanguage, preferred, setLanguage } from "./i18n.js";
import { mount as compose } from "./compose.js";
import { mount as figures } from "./figures.js";
import { mount as events } from "./events.js";
import { mount as metrics } from "./metrics.js";
import { findPlace } from "./place.js";
import { mount as status } from "./status.js";
import { mount as streams } from "./streams.js";
import { mount as tasks } from "./tasks.js";
import { mount as theatre } from "./theatre.js";
import { mount as toasts } from "./toasts.js";
import { mount as tokenForm, Token } from "./token.js";
import { mount as use } from "./use.js";
import { mount as who } from "./who.js";
import { words } from "./words/page.js";

addWords(words);
await findPlace();

const $ = (id) => document.getElementById(id);

const bus = new EventTarget();
const feeds = openFeeds();
const page = { bus, feeds, connections: new Connections(feeds, bus), token: new Token() };

const [feed, sidebar] = ["feed", "connections"].map((name) => document.querySelector(`.${name}`));
use($("use"), page);
streams(sidebar, page);
who(sidebar, page);
events(feed, page);
compose($("compose"), page);
tokenForm($("compose"), page);
toasts($("toasts"), feed, page);
figures($("figures"), page);
theatre($("theatre"), page).then(() => {
	document.querySelector("nav [href='#theatre']").hidden = $("theatre").hidden;
});
metrics($("metrics"), page);
tasks($("tasks"), page);
status($("connection"), $("trouble"), page);

$("language").addEventListener("change", ({ target }) => {
	setLanguage(target.value);
	keepLanguage(target.value);
});
setLanguage(preferred());
$("language").value = document.documentElement.lang;
document.body.classList.add("ready");
performance.mark("ready");

page.connections.open({ kind: "channel", channel: "main" });
