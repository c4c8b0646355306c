# SPDX-License-Identifier: MIT
"""HTTP/1.1 over a socket, seen from the client, with nothing smoothed over."""

import json
import socket
import time


class Answer:
    """What came back, however it was framed; fed as bytes arrive."""

    def __init__(self):
        self.status = None
        self.headers = {}      # names in lower case; several values joined
        self.body = b""
        self.ended = False     # the answer is complete

    def add_header(self, name, value):
        name, value = name.strip().decode("latin-1").lower(), value.strip().decode("latin-1")
        self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class HttpAnswer(Answer):
    def __init__(self, method="GET"):
        super().__init__()
        self.method = method
        self._raw = bytearray()
        self._left = None      # bytes of body to come, None = until close

    def feed(self, piece):
        self._raw += piece
        if self.status is None and not self._take_head():
            return b""
        body = self._take_body()
        self.body += body
        return body

    def _take_head(self):
        head, blank, rest = bytes(self._raw).partition(b"\r\n\r\n")
        if not blank:
            return False
        first, *lines = head.split(b"\r\n")
        status = int(first.split(b" ", 2)[1])
        self._raw = bytearray(rest)
        if status == 100:
            return self._take_head()
        self.status = status
        for line in lines:
            self.add_header(*line.split(b":", 1))
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        if self.method == "HEAD" or status in (204, 304):
            self._left, self.chunked = 0, False
        elif "content-length" in self.headers:
            self._left = int(self.headers["content-length"])
        return True

    def _take_body(self):
        if self.chunked:
            return self._take_chunks()
        if self._left is None:
            body = bytes(self._raw)
        else:
            body = bytes(self._raw[:self._left])
            self._left -= len(body)
            self.ended = self._left == 0
        del self._raw[:len(body)]
        return body

    def _take_chunks(self):
        pieces = []
        at = 0
        while True:
            eol = self._raw.find(b"\r\n", at)
            if eol < 0:
                break
            size = int(bytes(self._raw[at:eol]).split(b";")[0], 16)
            if len(self._raw) < eol + 2 + size + 2:
                break
            pieces.append(bytes(self._raw[eol + 2:eol + 2 + size]))
            at = eol + 2 + size + 2
            assert self._raw[at - 2:at] == b"\r\n", "a chunk that does not end where it says"
            if size == 0:
                self.ended = True
                break
        del self._raw[:at]
        return b"".join(pieces)


class WebDoor:
    """Asks through the web server."""

    def __init__(self, port, host="127.0.0.1"):
        self.port, self.host = port, host

    def request(self, target, headers=None, method="GET", body=None):
        lines = {"Host": f"{self.host}:{self.port}"}
        if body is not None:
            lines["Content-Length"] = str(len(body))
        lines.update(headers or {})
        text = f"{method} {target} HTTP/1.1\r\n"
        text += "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        return text.encode("utf-8", "surrogateescape") + b"\r\n" + (body or b"")

    def dial(self, receive_buffer=None):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect((self.host, self.port))
        return sock

    def answer(self):
        return HttpAnswer()

    def ask(self, method, target, headers=None, body=None, within=10, raw=None):
        """One request on a connection of its own."""
        with self.dial() as sock:
            return self.talk(sock, raw or self.request(target, headers, method, body), method, within)

    def talk(self, sock, request, method="GET", within=10, until=None):
        """Sends and reads one answer, or the part of it that `until` wants."""
        answer = HttpAnswer(method)
        deadline = time.monotonic() + within
        sock.settimeout(within)
        try:
            sock.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        while not answer.ended and not (until and until(answer)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no answer to {request[:80]!r}; so far {answer!r}")
            sock.settimeout(left)
            piece = sock.recv(1 << 16)
            if not piece:
                break
            answer.feed(piece)
        return answer
