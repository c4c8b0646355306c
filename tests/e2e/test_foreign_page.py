# SPDX-License-Identifier: MIT
"""A page of another origin, in a browser whose user has logged in: it tries everything, and gains nothing."""

import pytest

from feedpage import AWAY, PAGES, Page
from fcgi import FcgiDoor
from test_feed_private import CLEAN, SEVEN, who
from test_security_web import EVIL, elsewhere  # noqa: F401, a fixture
from world import eventually

pytestmark = [pytest.mark.page, pytest.mark.slow, pytest.mark.timeout(180)]
SECRET = "for 7 and nobody else"
CHANNELS = ("form", "fetch", "beacon", "json", "main")

# Each tells what it has got hold of, as text.
DEEDS = """
const [site] = arguments;
const BRIEF = 500;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const quietly = (deed) => Promise.race([Promise.resolve().then(deed), wait(3000).then(() => 'nothing in time')])
	.then((got) => typeof got === 'string' ? got : JSON.stringify(got) ?? '', (fault) => `${fault.name}`);
const put = (tag, attributes, at = document.body) => {
	const it = Object.assign(document.createElement(tag), attributes);
	at.append(it);
	return it;
};
const ends = (it) => new Promise((resolve) => {
	it.onload = () => resolve('loaded');
	it.onerror = () => resolve('failed');
});
const include = { credentials: 'include' };
const said = async (answer) => `${answer.type} ${answer.status} ${await answer.text()}`;
const ask = (path, how) => fetch(site + path, { ...include, ...how }).then(said);
const send = (path, how) => ask(path, { method: 'POST', body: 'forged', ...how });
const json = (wish) => ({ body: JSON.stringify(wish), headers: { 'Content-Type': 'application/json' } });
const listens = async (path, how) => {
	const heard = [];
	const source = new EventSource(site + path, how);
	for (const type of ['connected', 'message', 'reset', 'expired'])
		source.addEventListener(type, ({ data }) => heard.push(data));
	await wait(BRIEF);
	source.close();
	return heard;
};
const framed = async (path) => {
	const frame = put('iframe', { src: site + path });
	await Promise.race([ends(frame), wait(BRIEF)]);
	return frame.contentWindow.document.documentElement.outerHTML;
};
const forms = async (path, enctype, name, value) => {
	const frame = put('iframe', { name: `to ${path} ${enctype}` });
	const form = put('form', { method: 'POST', enctype, target: frame.name, action: site + path });
	put('input', { type: 'hidden', name, value }, form);
	form.submit();
	await wait(BRIEF);
	return frame.contentWindow.document.documentElement.outerHTML;
};
const opened = async () => {
	const other = open(`${site}/feed.html`);
	await wait(BRIEF);
	try {
		return [...other.performance.getEntries(), other.addresses, other.told].map(JSON.stringify).join();
	} finally {
		other?.close();
	}
};
const overhears = async () => {
	const heard = [];
	for (const [as, more] of [[null, ''], ['7', '&authorized=1']]) {
		const name = ['tidings client 2', `${site}/stream?envelope=1&keepalive=20s&time=1${more}`, as, null, 'channel', false];
		new BroadcastChannel(JSON.stringify(name)).onmessage = ({ data }) => heard.push(data);
	}
	addEventListener('message', ({ data }) => heard.push(data));
	await wait(BRIEF);
	return [heard, await navigator.locks?.query()];
};
const deeds = {
	'stream': () => listens('/stream?channel=users/7&since=all', { withCredentials: true }),
	'stream without cookies': () => listens('/stream?channel=users/7&since=all'),
	'stream of all': () => listens('/stream?pattern=*&since=all', { withCredentials: true }),
	'stream of all without cookies': () => listens('/stream?pattern=*&since=all&authorized=0'),
	'stream by fetch': () => ask('/realtime/users%2F7'),
	'ticket': () => send('/api/ticket', { body: undefined }),
	'ticket, JSON': () => send('/api/ticket', json({ age: '5m' })),
	'ticket, no-cors': () => send('/api/ticket', { body: undefined, mode: 'no-cors' }),
	'ticket by a form': () => forms('/api/ticket', 'text/plain', '{"age":"1m","x":"', '"}'),
	'ticket in a frame': () => framed('/api/ticket'),
	'session': () => send('/api/session', { body: undefined }),
	'session by a form': () => forms('/api/session', 'text/plain', 'a', 'b'),
	'session ended': () => ask('/api/session', { method: 'DELETE' }),
	'session ended by a form': () => forms('/api/session?_method=DELETE', 'application/x-www-form-urlencoded', '_method', 'DELETE'),
	'session by a bad ticket': () => ask('/stream?ticket=x.y.z', { mode: 'no-cors' }),
	'channels': () => ask('/api/channels'),
	'channels without cookies': () => fetch(`${site}/api/channels`).then(said),
	'channel': () => ask('/api/channels/users%2F7'),
	'channels as a script': () => ends(put('script', { src: `${site}/api/channels` }, document.head)),
	'channels as a style': () => ends(put('link', { rel: 'stylesheet', href: `${site}/api/channels` }, document.head)),
	'module': () => import(`${site}/feed.js`).then((it) => `module ${Object.keys(it)}`),
	'metrics': () => ask('/metrics', { headers: { Accept: 'text/plain' } }),
	'image': () => ends(put('img', { src: `${site}/stream?channel=users/7&since=all` })),
	'image, credentials': () => ends(put('img', { crossOrigin: 'use-credentials', src: `${site}/api/channels/users%2F7` })),
	'object': () => ends(put('object', { data: `${site}/api/channels/users%2F7` })),
	'frame': () => framed('/feed.html'),
	'frame of the stream': () => framed('/stream?channel=users/7&since=all'),
	'worker': () => new Worker(`${site}/feed.js`),
	'window': opened,
	'what windows tell each other': overhears,
	'publish': () => send('/realtime/fetch'),
	'publish, no-cors': () => send('/realtime/fetch', { mode: 'no-cors' }),
	'publish, no-cors, where one may read': () => send('/realtime/users%2F7', { mode: 'no-cors' }),
	'publish, JSON': () => send('/api/broadcast', json({ message: 'forged', channel: 'json' })),
	'publish, JSON, no-cors': () => send('/api/broadcast', { ...json({ message: 'forged' }), mode: 'no-cors' }),
	'publish, pretending': () => send('/realtime/fetch', { headers: { 'Sec_Fetch_Site': 'same-origin', 'X-Remote-User': '7' } }),
	'publish, PUT': () => send('/realtime/fetch', { method: 'PUT' }),
	'publish, beacon': () => String(navigator.sendBeacon(`${site}/realtime/beacon`, 'forged')),
	'publish by a form': () => forms('/realtime/form', 'application/x-www-form-urlencoded', 'a', 'b'),
	'publish by a form, plain': () => forms('/realtime/form', 'text/plain', 'a', 'b'),
	'publish by a form, files': () => forms('/realtime/form', 'multipart/form-data', 'a', 'b'),
	'publish by a form, JSON': () => forms('/api/broadcast', 'text/plain', '{"message":"forged","x":"', '"}'),
	'publish by a form, Mercure': () => forms('/.well-known/mercure', 'application/x-www-form-urlencoded', 'topic', 'form'),
	'publish by an image': () => ends(put('img', { src: `${site}/realtime/form?_method=POST&data=x` })),
};
const got = {};
for (const [name, deed] of Object.entries(deeds)) { // one by one: a browser opens six connections to a host
	got[name] = await quietly(deed);
	document.querySelectorAll('iframe, img, object').forEach((it) => it.remove());
}
return got;
"""


def tries_everything(browser, at, site):
    window = browser.open(at)
    window.driver.set_script_timeout(60)
    return window.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async (...arguments) => {{{DEEDS}}})(arguments[0]).then(done, (fault) => done({{ fault: String(fault) }}))", site)


@pytest.fixture
def logged_in(make_world, browser, request):
    """The user's own window, which listens, with a session beside it; and the site."""
    browser.expects(".")
    origins = getattr(request, "param", None)
    world = make_world({"responder": {"private": "users/{+rest}", **({"origins": origins} if origins else {})},
                        "access seven": {"who": who(SEVEN), "subscribe": "users/7", "publish": "users/7"}},
                       web=True, pages=PAGES)
    page = Page(browser.blank(), f"http://127.0.0.1:{world.port}/feed.html")
    page.ask(CLEAN)
    assert page.ask("(async (token) => (await fetch('/api/session', { method: 'POST',"
                    " headers: { Authorization: `Bearer ${token}` } })).status)", SEVEN) == 204
    page.shows("token", SEVEN, user="7").listens("users/7")
    world.publish(SECRET, channel="users/7")
    page.has(SECRET, name="users/7")
    yield world, page
    page.ask(CLEAN)


def counts(world):
    door = FcgiDoor(world.fcgi_socket)
    return {name: door.ask("GET", f"/api/channels/{name}").json["events"] for name in CHANNELS}


def gains_nothing(world, page, told, reads=()):
    """reads: what it may, because it is public and `*` lets all read."""
    assert "fault" not in told and len(told) > 40, told
    for name, got in told.items():
        for treasure in (SECRET, "eyJ", "users/7", "tidings_session", "ticket\"", "opaque 200 f"):
            assert treasure not in got, (name, got)
        if name not in reads:
            assert '"channels"' not in got and "module" not in got, (name, got)
    eventually(lambda: world.publish("the last", channel="users/7"), "a further event")
    page.has(SECRET, "the last", name="users/7")
    assert counts(world) == dict.fromkeys(CHANNELS, 0), told
    # the session is what it was
    page.run("window.listening = new EventSource('/stream?channel=users/7&authorized=1')")
    page.window.wait(lambda: page.run("return listening.readyState") == 1, "the session being good")


@pytest.mark.parametrize("site", ["the same", "another"])
def test_a_foreign_page_gains_nothing_of_a_user_who_has_logged_in(logged_in, browser, elsewhere, site):  # noqa: F811
    """At another port of this host its requests have the session's cookie."""
    world, page = logged_in
    # two names of this machine, each of which one of the browsers knows
    host = "127.0.0.1" if site == "the same" else EVIL if browser.name == "chromium" else "localhost"
    told = tries_everything(browser, elsewhere.replace(EVIL, host), f"http://127.0.0.1:{world.port}")
    gains_nothing(world, page, told)


PUBLIC = ("stream of all without cookies", "channels without cookies", "metrics")


@pytest.mark.parametrize("logged_in", ["*"], indirect=True)
def test_where_every_origin_may_read_it_reads_what_is_public_only(logged_in, browser, elsewhere):  # noqa: F811
    if browser.name != "chromium":
        pytest.skip("only Chromium takes evil.example for a name of this machine")
    world, page = logged_in
    told = tries_everything(browser, elsewhere, f"http://127.0.0.1:{world.port}")
    gains_nothing(world, page, told, PUBLIC)
    assert '"channels"' in told["channels without cookies"]


def test_the_sites_own_page_would_gain_all_of_it(logged_in, browser):
    """So the tests above see what they say."""
    world, page = logged_in
    told = tries_everything(browser, page.address, f"http://127.0.0.1:{world.port}")
    for name in ("stream", "stream of all"):
        assert SECRET in told[name], (name, told[name])
    assert "eyJ" in told["ticket"] and "eyJ" in told["ticket by a form"] and "204" in told["session"]
    assert counts(world)["fetch"] >= 1 and counts(world)["form"] >= 1
