# SPDX-License-Identifier: MIT
"""Firefox under Selenium without geckodriver, which Debian has not.

geckodriver turns WebDriver into Marionette, the protocol that Firefox itself
speaks: JSON arrays with their length before them, [0, id, command, parameters]
there and [1, id, error, result] back.  The commands have the same names and
parameters but for a few, so Selenium's client needs only this in between.
"""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver

COMMANDS = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.QUIT: "Marionette:Quit",
    Command.GET: "WebDriver:Navigate",
    Command.REFRESH: "WebDriver:Refresh",
    Command.GET_TITLE: "WebDriver:GetTitle",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.NEW_WINDOW: "WebDriver:NewWindow",
    Command.CLOSE: "WebDriver:CloseWindow",
    Command.W3C_GET_CURRENT_WINDOW_HANDLE: "WebDriver:GetWindowHandle",
    Command.W3C_GET_WINDOW_HANDLES: "WebDriver:GetWindowHandles",
    Command.SWITCH_TO_WINDOW: "WebDriver:SwitchToWindow",
    Command.SET_WINDOW_RECT: "WebDriver:SetWindowRect",
    Command.GET_WINDOW_RECT: "WebDriver:GetWindowRect",
    Command.SET_TIMEOUTS: "WebDriver:SetTimeouts",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.IS_ELEMENT_SELECTED: "WebDriver:IsElementSelected",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.W3C_CLEAR_ACTIONS: "WebDriver:ReleaseActions",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.DELETE_ALL_COOKIES: "WebDriver:DeleteAllCookies",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
    "setContext": "Marionette:SetContext",
}
# These answer with a bare value, or with one wrapped as {"value": it}.
BARE = ("WebDriver:NewSession", "WebDriver:GetWindowHandles", "WebDriver:FindElements",
        "WebDriver:SetWindowRect", "WebDriver:GetWindowRect", "WebDriver:NewWindow")

# Nothing but this machine is asked for anything, whatever Firefox would like.
PREFERENCES = {
    "marionette.port": 0,  # any; written to MarionetteActivePort
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "messaging-system.rsexperimentloader.enabled": False,
    "devtools.console.stdout.content": True,   # into firefox.log
}


class Marionette:
    """What Selenium calls a command executor."""

    w3c = True

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.sock.makefile("rb")
        self.ids = itertools.count(1)
        self.hello = self.receive()

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.file.read(1)
            if not byte:
                raise ConnectionError("Firefox is gone")
            length += byte
        return json.loads(self.file.read(int(length[:-1])))

    def execute(self, command, parameters):
        name = COMMANDS[command]
        text = json.dumps([0, next(self.ids), name, _translated(name, parameters)]).encode()
        self.sock.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.receive()
        if error:
            return {"status": 500, "value": json.dumps({"value": error})}
        bare = name in BARE or not isinstance(result, dict) or list(result) != ["value"]
        return {"value": result if bare else result["value"]}

    def close(self):
        self.file.close()
        self.sock.close()


def _translated(name, parameters):
    parameters = dict(parameters)
    parameters.pop("sessionId", None)
    if name == "WebDriver:NewSession":
        return parameters["capabilities"]["alwaysMatch"]
    if name == "WebDriver:TakeScreenshot":
        return {"full": False}
    if name == "Marionette:Quit":
        return {"flags": ["eForceQuit"]}
    return parameters


class Firefox(WebDriver):
    """A Firefox with a profile of its own."""

    def __init__(self, program, width=1280, height=900):
        self.profile = Path(tempfile.mkdtemp(prefix="tidings-firefox-", dir="/tmp"))
        (self.profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()))
        with open(self.profile / "firefox.log", "wb") as log:
            self.process = subprocess.Popen(
                [program, "--headless", "--marionette", "--remote-allow-system-access",
                 "--no-remote", "--profile", str(self.profile)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=dict(os.environ, HOME=str(self.profile), MOZ_HEADLESS_WIDTH=str(width),
                         MOZ_HEADLESS_HEIGHT=str(height), MOZ_CRASHREPORTER_DISABLE="1"))
        try:
            super().__init__(command_executor=Marionette(self._port()), options=_Options())
        except BaseException:
            self._end()
            raise

    def _port(self, within=60):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                return int((self.profile / "MarionetteActivePort").read_text())
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("Firefox does not start: "
                           + (self.profile / "firefox.log").read_text(errors="replace")[-2000:])

    @contextlib.contextmanager
    def inside(self):
        """Scripts run in the browser itself meanwhile, not in the page."""
        self.execute("setContext", {"value": "chrome"})
        try:
            yield self
        finally:
            self.execute("setContext", {"value": "content"})

    def quit(self):
        with contextlib.suppress(Exception):
            self.execute(Command.QUIT)
            self.process.wait(5)
        self._end()

    def _end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class _Options:
    _ignore_local_proxy = True

    @staticmethod
    def to_capabilities():
        return {"browserName": "firefox", "unhandledPromptBehavior": "ignore"}
