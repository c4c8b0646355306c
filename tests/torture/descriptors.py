# SPDX-License-Identifier: MIT
"""Hub, then responder, run out of descriptors under thousands of connects, and
thousands of FastCGI peers say nothing or half a record; who was there is served
all along, nothing spins or dies, and afterwards all is as it was."""

import contextlib
import os
import resource
import socket
import time

from cost import resident, spent
from crowd import Audience
from fcgi import begin, params, stdin, variables
from scene import NotHere
from verdict import Account
from world import INSTRUMENTED, SLOW, eventually

TELLING = True
SHORT = {"connects": 1000, "wave": 1000, "peers": 800, "seconds": 0.6, "stay": 0}
FULL = {"connects": 10000, "wave": 2000, "peers": 10000, "seconds": 3.0, "stay": 1}

LIMIT = 256         # descriptors
STANDING = 20       # subscribers
CPU = 0.05          # of one core, while there is nothing to be done
GROWN = 4 << 20     # bytes of memory that may stay
SILENCE = 5         # seconds a responder waits for a request
RECOVERY = 10       # seconds


def raise_limit(wanted):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < wanted:
        raise NotHere(f"needs {wanted} descriptors, may have {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# ---- what a process has and uses

def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


# ---- connections that want nothing good

def connect(path):
    """A connection, or None if the kernel's queue is full."""
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    try:
        sock.connect(str(path))
    except BlockingIOError:
        sock.close()
        return None
    return sock


def close_all(socks):
    for sock in socks:
        sock.close()
    socks.clear()


def stream_request():
    return begin() + params(variables("GET", "/stream")) + stdin()


def half_a_request(rng):
    whole = stream_request()
    return whole[:rng.randrange(len(whole) - 1)]


def nothing(rng):
    return b""


def anything(rng):
    return rng.choice((lambda: stream_request(), lambda: half_a_request(rng), lambda: b""))()


class Stage:
    """A world with subscribers who must notice nothing, and its books."""

    def __init__(self, scene, title, limited=None):
        self.scene, self.title = scene, title
        self.world = scene.world({"responder": {"retry": "100ms"}})
        self.daemons = {"hub": self.world.hub, "responder": self.world.responder}
        if limited:
            daemon = self.daemons[limited]
            daemon.stop()
            daemon.command = ["prlimit", f"--nofile={LIMIT}:{LIMIT}", *daemon.command]
            daemon.start()
            self.world.is_healthy()
        self.account = Account()
        self.crowd = Audience(self.world, self.account)
        self.crowd.join(STANDING)
        self.peer = self.world.hub_peer()
        self.count, self.refused, self.cpu, self.recovery = 0, 0, 0.0, 0.0
        self.pids = {name: daemon.worker() for name, daemon in self.daemons.items()}
        self.publish(by_post=True)
        self.had = self.has()

    def has(self):
        return {name: (descriptors_of(pid), resident(pid)) for name, pid in self.pids.items()}

    def publish(self, by_post=False):
        data = f"{self.title}/{self.count} " + "y" * 500
        self.count += 1
        self.account.tries("main", data)
        id = self.world.publish(data) if by_post else self.peer.publish(data).first
        self.account.acknowledges(data, id)
        standing = self.crowd.subscribers[:STANDING]
        self.world.crowd.wait(lambda: all(one.newest >= id for one in standing),
                              lambda: f"{self.title}: a subscriber who was there waits", 10 * SLOW)

    def posts(self):
        """Seconds until a POST finds its way through the crowd at the door."""
        data, began = f"{self.title}/{self.count}", time.monotonic()
        self.count += 1
        self.account.tries("main", data)
        target = f"/realtime/main?id={data}"
        answer = eventually(lambda: (got := self.world.post(target, data.encode(), within=30))
                            .status == 200 and got, f"{self.title}: a POST being taken", 30)
        self.account.acknowledges(data, answer.json["id"])
        return round(time.monotonic() - began, 2)

    def flood(self, path, count, words):
        """So many connections, or as many as the kernel takes."""
        socks = []
        for _ in range(count):
            sock = connect(path)
            if sock is None:
                self.refused += 1
                continue
            with contextlib.suppress(OSError):
                sock.send(words(self.scene.rng))
            socks.append(sock)
        return socks

    def rests(self, seconds):
        """Nothing happens: who spins is found."""
        time.sleep(0.2)  # what came is dealt with first
        began = {name: spent(pid) for name, pid in self.pids.items()}
        start = time.monotonic()
        time.sleep(seconds)
        for name, pid in self.pids.items():
            share = (spent(pid) - began[name]) / (time.monotonic() - start)
            self.cpu = max(self.cpu, share)
            self.scene.must(share < CPU, f"{self.title}: the {name} uses {share:.0%} of a core")

    def recovers(self):
        """New streams and POSTs are served, by the same workers."""
        began = time.monotonic()
        eventually(lambda: self.world.web_serves(), f"{self.title}: being served again", RECOVERY)
        for one in self.crowd.join(5):
            one.leave()
        self.crowd.subscribers = self.crowd.subscribers[:STANDING]
        self.publish(by_post=True)
        self.recovery = max(self.recovery, time.monotonic() - began)
        for name, daemon in self.daemons.items():
            self.scene.must(daemon.workers() == [self.pids[name]], f"{self.title}: the {name} died")

    def ends(self):
        """Everything that was taken has been given back."""
        def is_back():
            now = self.has()
            return all(now[name][0] <= self.had[name][0] + 2 for name in now)
        eventually(is_back, f"{self.title}: descriptors being closed, {self.had}", RECOVERY)
        grown = {name: now[1] - self.had[name][1] for name, now in self.has().items()}
        self.scene.must(INSTRUMENTED or max(grown.values()) < GROWN,
                        f"{self.title}: memory has grown, {grown}")
        self.crowd.calms_down()
        self.scene.faultless(self.crowd.faults())
        self.scene.must(not any(one.ends for one in self.crowd.subscribers),
                        f"{self.title}: a stream was ended")
        self.scene.note(**{self.title: {
            "cpu": round(self.cpu, 3), "recovery_s": round(self.recovery, 2),
            "not_taken": self.refused,
            "grown_kib": {name: size >> 10 for name, size in grown.items()}}})


def out_of_descriptors(scene, name, connects, wave, seconds):
    stage = Stage(scene, f"{name}_of_{LIMIT}", limited=name)
    path = stage.world.hub_socket if name == "hub" else stage.world.fcgi_socket
    words = nothing if name == "hub" else anything
    for _ in range(0, connects, wave):
        socks = stage.flood(path, wave, words)
        stage.publish(by_post=name == "hub")
        stage.rests(seconds)
        stage.publish(by_post=name == "hub")
        close_all(socks)
        stage.recovers()
    stage.ends()


def half_open(scene, peers, seconds, stay):
    """The kernel's queue takes no more than it has room for: the others come
    when the first have been given up.  Those that stay are, in the end, too."""
    stage = Stage(scene, "half_open")
    socks, wanted, rounds = [], peers, 0
    deadline = time.monotonic() + 60 * SLOW
    while wanted > 0 and time.monotonic() < deadline:
        taken = stage.flood(stage.world.fcgi_socket, wanted,
                            lambda rng: rng.choice((half_a_request, nothing))(rng))
        socks += taken
        wanted -= len(taken)
        rounds += 1
        stage.publish()
        stage.rests(seconds)
        scene.note(**{f"post_in_round_{rounds}_s": stage.posts()})
    scene.must(wanted <= 0, f"half_open: {wanted} peers found no place")
    if not stay:
        close_all(socks)
    eventually(lambda: descriptors_of(stage.pids["responder"]) <= stage.had["responder"][0] + 2,
               "the responder giving up those that say nothing", 4 * SILENCE)
    close_all(socks)
    stage.recovers()
    stage.ends()


def play(scene, connects, wave, peers, seconds, stay):
    raise_limit(max(peers, wave) + 1000)
    for name in ("hub", "responder"):
        out_of_descriptors(scene, name, connects, wave, seconds)
        scene.say(f"the {name} had none left")
    half_open(scene, peers, seconds, stay)
