# SPDX-License-Identifier: MIT
"""What the container's user sees, told from inside a network of its own.

    container_story.py PLAN     PLAN is JSON: services {name: command}, killed {name: program},
                                health, insert, history, client: commands

Runs each service again whenever it has ended, as `restart: unless-stopped` does; asks and
publishes as a user; kills each service's program while events are published.  Prints one JSON
object of what was seen.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

ADDRESS = "http://127.0.0.1:8080"
KILLS = 3  # of each service


def keep(command):
    while True:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.1)  # Docker's first pause


def curl(*words):
    return subprocess.run(["curl", "-s", "-m", "5", *words], text=True,
                          capture_output=True).stdout


def until(fact, seconds=30):
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def is_healthy():
    return '"ok"' in curl(f"{ADDRESS}/health")


def kill(program):
    """All that run it, at once."""
    seen = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as name:
                if name.read().strip() == program[:15]:
                    os.kill(int(pid), signal.SIGKILL)
                    seen += 1
        except (FileNotFoundError, ProcessLookupError):
            pass
    return seen


class Publisher(threading.Thread):
    """Numbers, each sent under one id until it is acknowledged."""

    def __init__(self):
        super().__init__(daemon=True)
        self.sent, self.ends = 0, threading.Event()

    def run(self):
        while not self.ends.is_set():
            answer = curl("-d", str(self.sent),
                          f"{ADDRESS}/realtime/numbers?id=number-{self.sent}")
            if '"status"' in answer and '"error"' not in answer:
                self.sent += 1
            else:
                time.sleep(0.05)


def killed(plan):
    """Kills each in turn while numbers are published; what came of it."""
    publisher = Publisher()
    publisher.start()
    deaths = {name: 0 for name in plan["killed"]}
    for _ in range(KILLS):
        for name, program in plan["killed"].items():
            before = publisher.sent
            deaths[name] += kill(program) > 0
            until(lambda: is_healthy() and publisher.sent > before + 3)
    publisher.ends.set()
    publisher.join()
    return {"deaths": deaths, "acknowledged": publisher.sent}


def ran(command):
    done = subprocess.run(command, text=True, capture_output=True)
    return {"status": done.returncode, "text": done.stdout, "errors": done.stderr[-2000:]}


def main():
    plan = json.loads(sys.argv[1])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for command in plan["services"].values():
        threading.Thread(target=keep, args=(command,), daemon=True).start()
    seen = {"healthy": until(is_healthy)}
    seen["published"] = curl("-d", "hello", f"{ADDRESS}/realtime/alerts")
    seen["inserted"] = until(lambda: ran(plan["insert"])["status"] == 0)
    until(lambda: '"events":2' in curl(f"{ADDRESS}/api/channels/alerts"))
    seen["page"] = "app.js" in curl(f"{ADDRESS}/tidings/")
    seen["health"] = ran(plan["health"])
    seen["history"] = ran([*plan["history"], "alerts"])
    seen.update(killed(plan))
    seen["numbers"] = ran([*plan["history"], "numbers"])
    print(json.dumps(seen), flush=True)
    os._exit(0)  # its threads never end; the namespace takes the services along


if __name__ == "__main__":
    main()
