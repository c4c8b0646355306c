# SPDX-License-Identifier: MIT
"""Notifications behind a login: app.php does the same in PHP."""

import base64
import hashlib
import hmac
import html
import json
import os
import secrets
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

HERE = Path(__file__).parent
PASSWORDS = {"7": "seven", "8": "eight"}  # yours are hashes in a database
HOUR = 3600
sessions = {}  # what the cookie says -> user


def token(user):
    def part(text):
        return base64.urlsafe_b64encode(text).rstrip(b"=")
    claims = {"sub": user, "exp": int(time.time()) + HOUR,
              "mercure": {"subscribe": [f"users/{quote(user, safe='')}/{{+rest}}"]}}
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    key = Path(os.environ["KEY"]).read_text().strip()
    return (signed + b"." + part(hmac.digest(key.encode(), signed, hashlib.sha256))).decode()


def page(user):
    query = urlencode({"channel": f"users/{quote(user, safe='')}/notifications", "since": "1d", "authorized": 1})
    text = (HERE / "page.html").read_text()
    text = text.replace("{stream}", html.escape(f"{os.environ['TIDINGS']}/stream?{query}"))
    return text.replace("{user}", html.escape(user))


class Application(BaseHTTPRequestHandler):
    def do_GET(self):
        user = sessions.get(self.session())
        if user is None:
            return self.answer(200, (HERE / "login.html").read_text())
        return self.answer(200, page(user), self.cookie("mercureAuthorization", token(user), HOUR))

    def do_POST(self):
        sessions.pop(self.session(), None)
        cookies = [self.cookie("mercureAuthorization", "", 0)]
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 4096))
        form = parse_qs(body.decode(errors="replace"))
        user, password = form.get("user", [""])[0], form.get("password", [""])[0]
        expected = PASSWORDS.get(user, secrets.token_hex())
        if self.path == "/login" and hmac.compare_digest(expected.encode(), password.encode()):
            session = secrets.token_urlsafe()
            sessions[session] = user
            cookies.append(self.cookie("session", session))
        self.answer(303, "", *cookies)

    def session(self):
        found = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return found and found.value

    @staticmethod
    def cookie(name, value, age=None):
        limit = "" if age is None else f"; Max-Age={age}"
        return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{limit}"

    def answer(self, status, text, *cookies):
        self.send_response(status)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        if status == 303:
            self.send_header("Location", "/")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


host, port = sys.argv[1].split(":")
ThreadingHTTPServer((host, int(port)), Application).serve_forever()
