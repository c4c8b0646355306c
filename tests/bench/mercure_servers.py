# SPDX-License-Identifier: MIT
"""Tidings at Mercure's path, and the reference hub: see tests/bench/mercure."""

import jwt

from servers import System, Tidings

SECRET = "a key of 32 bytes, for one run .."

# Its default, a history on the disk, and nobody who has to show a token to listen.
CADDY = """\
{{
	auto_https off
	admin off
}}
http://127.0.0.1:{port} {{
	mercure {{
		transport bolt {{
			path {folder}/mercure.db
		}}
		publisher_jwt "{secret}" HS256
		subscriber_jwt "{secret}" HS256
		anonymous
	}}
	respond /ready 200
}}
"""


class Mercure(Tidings):
    """The same, listened to and published on at Mercure's path."""
    name = "Mercure"
    listen = "/.well-known/mercure?topic=bench-{}"
    publish = "/.well-known/mercure"
    form = "topic=bench-{}&data="

    def config(self):
        key = self.folder / "key"
        key.write_text(SECRET)
        key.chmod(0o600)
        return f"{super().config()}[keys bench]\nfile = {key}\nalgorithms = HS256\n".replace(
            "[responder]\n", "[responder]\nmercure = yes\n")

    token = jwt.encode({"mercure": {"publish": ["*"]}}, SECRET, algorithm="HS256")


class Reference(System):
    """The hub of mercure.rocks, inside Caddy: a program built of two Go modules (tests/bench/mercure)."""
    name = "reference"
    listen, publish, form, token = Mercure.listen, Mercure.publish, Mercure.form, Mercure.token
    program = None

    def start(self):
        conf = self.folder / "Caddyfile"
        conf.write_text(CADDY.format(port=self.port, folder=self.folder, secret=SECRET))
        self.run("env", f"XDG_DATA_HOME={self.folder}", f"XDG_CONFIG_HOME={self.folder}",
                 self.program, "run", "--config", conf)
        self.wait(lambda: self.answers("/ready"), "the reference")
