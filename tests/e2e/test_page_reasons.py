# SPDX-License-Identifier: MIT
"""A page that cannot reach its stream says why, in words, and is well again by itself."""

import http.server
import threading

import pytest

from page import Page
from test_page_look import FORM_ENDS, violations
from world import TOP

pytestmark = pytest.mark.page
# The browsers' own complaints of what the test does to them.
BROKEN = (r"Failed to load resource", r"net::ERR_", r"NetworkError", r"was interrupted", r"EventSource",
          r"can.t establish a connection", r"CORS request did not succeed", r"aborted", r"MIMEMISMATCH", r"40[134]|50[0-9]")


class Site(http.server.SimpleHTTPRequestHandler):
    """A web server with our page at /tidings/, and another thing where streams should be."""
    protocol_version = "HTTP/1.1"

    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/tidings"))

    def do_GET(self):  # noqa: N802
        self.path, _, _ = self.path.partition("?")
        answer = self.server.answers.get(self.path)
        if answer is None and self.path == "/tidings/stream":
            answer = (404, "text/html", b"<h1>not found</h1>")
        if answer is None:
            super().do_GET()
            return
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if body is None:  # a stream of which nothing comes
            self.end_headers()
            self.close_connection = True
            self.server.held.wait(60)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


class SiteServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    port = property(lambda self: self.server_port)


@pytest.fixture
def site():
    server = SiteServer(("127.0.0.1", 0), lambda *a: Site(*a, directory=TOP / "www"))
    server.answers, server.held = {}, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.held.set()
    server.shutdown()
    server.server_close()


def opens(browser, site, **answers):
    browser.expects(*BROKEN)
    site.answers.update({f"/tidings/{path}": answer for path, answer in answers.items()})
    return Page(browser, site, url=f"http://127.0.0.1:{site.port}/tidings/")


def says(page, *parts, within=20):
    """Waits for the sentence on what is wrong."""
    return page.window.wait(lambda: (text := page.window.run(
        "const e = document.querySelector('#trouble'); return e.hidden ? '' : e.innerText"))
        and all(part in text for part in parts) and text, f"the page saying {parts}", within)


def badge(page):
    return page.window.text("#connection")


JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
CASES = {
    "404": ({"stream": (404, "text/html", b"<h1>no</h1>")}, ("404 at /tidings/stream", "web server does not pass"), "404"),
    "404 of ours": ({"stream": (404, JSON, b'{"error":"not_found","message":"there is nothing here"}')},
                    ("404 at /tidings/stream", "tidings.conf", "there is nothing here"), "404"),
    "403": ({"stream": (403, "text/html", b"no")}, ("403 at /tidings/stream", "not allowed"), "403"),
    "401": ({"stream": (401, "text/html", b"no")}, ("401 at /tidings/stream", "Log in"), "401"),
    "503": ({"stream": (503, "text/html", b"no")}, ("503 at /tidings/stream", "tidings.fcgi"), "503"),
    "400": ({"stream": (400, JSON, b'{"error":"x","message":"too many channels"}')},
            ("400 at /tidings/stream", "too many channels"), "400"),
    "a page": ({"stream": (200, "text/html", b"<p>all is well")}, ("/tidings/stream", "text/html"), "another answer"),
    "an end at once": ({"stream": (200, SSE, b"retry: 300\n"),
                        "health": (503, JSON, b'{"status":"degraded","reason":"the hub is away"}')},
                       ("no stream for now", "the hub is away"), "not now"),
    "nobody behind": ({"stream": (200, SSE, b"retry: 300\n"), "health": (502, "text/html", b"no")},
                      ("502 at /tidings/health", "tidings.fcgi"), "502"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES)
def test_it_says_why_there_is_no_stream(chromium, site, case):
    answers, parts, word = CASES[case]
    page = opens(chromium, site, **answers)
    says(page, *parts)
    assert badge(page) == f"lost: {word}"
    end, seen = page.window.run(FORM_ENDS)
    assert end <= seen, "the form is in sight, although nothing can be heard"
    assert word in page.window.text('article.stream[data-key="channel:main"] .state')
    page.language("pt-BR")
    said = says(page, "/tidings/")
    assert badge(page).startswith("perdido: ") and "web server" not in said


@pytest.mark.timeout(120)
def test_firefox_says_why_there_is_no_stream(firefox, site):
    page = opens(firefox, site)
    says(page, "404 at /tidings/stream")


@pytest.mark.timeout(120)
def test_a_stream_that_something_holds_up_is_told_as_that(chromium, site):
    page = opens(chromium, site, stream=(200, SSE, None))
    says(page, "nothing comes through", "buffers", within=30)
    assert badge(page) == "lost: held up"


@pytest.mark.in_both_browsers
@pytest.mark.timeout(120)
def test_a_server_that_is_gone_is_told_and_forgotten_when_it_is_back(browser, web):
    browser.expects(*BROKEN)
    page = Page(browser, web)
    page.connect("main").is_("live")
    web.web.stop()
    says(page, "No answer from 127.0.0.1", within=40)
    assert badge(page) == "lost: no answer"
    web.web.start()
    page.stream("main").is_("live", 60)
    page.window.wait(lambda: page.window.run("return document.querySelector('#trouble').hidden"),
                     "the page saying nothing more")
    assert badge(page) == "live"


def test_a_responder_that_is_gone_is_told_in_every_window(chromium, web):
    chromium.expects(*BROKEN)
    pages = [Page(chromium, web) for _ in range(2)]
    for page in pages:
        page.connect("main").is_("live")
    web.responder.kill_all()
    for page in pages:
        says(page, "tidings.fcgi", within=40)
    late = Page(chromium, web)
    says(late, "tidings.fcgi", within=10)
    web.responder.start()
    for page in [*pages, late]:
        page.stream("main").is_("live", 60)
        page.window.wait(lambda page=page: badge(page) == "live", "all being well")


def test_a_short_cut_is_no_trouble(chromium, make_world):
    web = make_world({"responder": {"retry": "500ms"}}, web=True)
    chromium.expects(*BROKEN)
    page = Page(chromium, web)
    page.connect("main").is_("live")
    page.window.run("""
        window.troubles = [];
        new MutationObserver(() => window.troubles.push(document.querySelector('#trouble').innerText))
            .observe(document.querySelector('#trouble'), { childList: true });
    """)
    web.responder.has_settled()
    web.responder.kill_worker()
    page.stream("main").is_("lost", 5).is_("live", 20)
    assert page.window.run("return window.troubles") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_what_it_says_can_be_read_by_all(chromium, site, theme, language):
    page = opens(chromium, site, stream=(400, JSON, b'{"error":"x","message":"' + b"m" * 290 + b'"}'))
    page.window.prefers(theme)
    page.language(language)
    page.window.has_width(360)
    says(page, "400")
    assert page.window.run("return document.querySelector('#trouble').getAttribute('role')") == "alert"
    assert page.window.run("const e = document.documentElement; return e.scrollWidth <= e.clientWidth")
    assert not (found := violations(page)), "\n".join(found)
