# SPDX-License-Identifier: MIT
"""The systems of tests/bench/run, set up for one row each."""

import base64
import hmac
import json
import subprocess

from servers import READY_S, Floor, Nchan, Tidings, find

SECRET = "a key of 32 bytes, for one run .."
KEY = "[keys bench]\nfile = {key}\nalgorithms = HS256\n"


def token(claims):
    """A JWT (HS256)."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    signed = ".".join(part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{part(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"


class PastNchan(Nchan):
    listen = "/past/bench-{}"


class PastFloor(Floor):
    listen = Floor.listen + "?since=all"
    past = 16 << 20


class PastTidings(Tidings):
    listen = Tidings.listen + "?since=all"


class PatternsFloor(Floor):
    listen = publish = "/realtime/bench-{}%2F7"


class Patterns(Tidings):
    listen = "/stream?pattern=bench-{}/%7Bn%7D"
    publish = PatternsFloor.publish


class PrivateFloor(Floor):
    """It is shown as many bytes."""
    pass_ = token({"mercure": {"subscribe": ["bench-{n}"]}})


class Private(Tidings):
    pass_ = PrivateFloor.pass_

    def config(self):
        key = self.folder / "key"
        key.write_text(SECRET)
        key.chmod(0o600)
        return super().config().replace("[responder]\n", "[responder]\nprivate = bench-{n}\n") + KEY.format(key=key)


class PresenceFloor(Floor):
    listen = "/realtime/bench-{}?presence=1"


class Presence(Tidings):
    listen = "/stream?channel=bench-{}&presence=1"

    def config(self):
        text = super().config().replace("[responder]\n", "[responder]\nmercure_subscriptions = yes\n")
        return text.replace("[hub]\n", "[hub]\npresence_rate = 0\n")


class Machine(Tidings):
    """One of several, which share the order of a Redis."""

    shared = ""
    enters = "--found"

    def config(self):
        return f"{super().config()}[shared]\n{self.shared}"

    def start(self):
        conf = self.folder / "entering.conf"
        conf.write_text(self.config())
        subprocess.run([self.build / "hub/tidings-hub", self.enters, "-c", conf], check=True,
                       capture_output=True, timeout=READY_S)
        super().start()


class Together(Machine):
    """Two machines: published at the one, listened to at the other."""

    others = ()

    @classmethod
    def missing(cls):
        return super().missing() or ("needs redis-server" if find("redis-server") is None else None)

    def start(self):
        redis = self.folder / "redis.sock"
        self.run(find("redis-server"), "--port", 0, "--unixsocket", redis, "--dir", self.folder,
                 "--appendonly", "yes", "--save", "")
        self.wait(redis.exists, "Redis")
        address = f"redis = unix:{redis}\nmachine = "
        self.shared = address + "1\n"
        super().start()
        folder = self.folder / "two"
        folder.mkdir()
        other = Machine(folder, self.descriptors, self.pin)
        other.build, other.shared, other.enters = self.build, address + "2\n", "--join"
        self.others = [other]
        other.start()
        self.publish_port = other.port
        other.wait(lambda: other.answers("/health"), "the other machine")

    def pids(self):
        return super().pids() + [pid for other in self.others for pid in other.pids()]

    def end(self):
        for other in self.others:
            other.end()
        super().end()
