# SPDX-License-Identifier: MIT
"""A web server's half of FastCGI 1.0, byte by byte, as no web server would dare.

FcgiDoor asks the responder properly.  Exchange sends whatever bytes a test
wants and reads what comes back, record by record.
"""

import socket
import struct
import time

from web import Answer

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, VALUES, UNKNOWN = range(1, 12)


def record(type, content=b"", request=1, padding=0, version=1):
    return struct.pack(">BBHHBx", version, type, request, len(content), padding) \
        + content + bytes(padding)


def begin(role=1, flags=0, request=1):
    return record(BEGIN, struct.pack(">HB5x", role, flags), request)


def _length(value):
    return bytes([len(value)]) if len(value) < 128 else struct.pack(">I", len(value) | 1 << 31)


def pair(name, value):
    name, value = (x if isinstance(x, bytes) else x.encode("utf-8", "surrogateescape")
                   for x in (name, value))
    return _length(name) + _length(value) + name + value


def params(variables, request=1, chunk=65535):
    """PARAMS records and the empty one that ends them."""
    body = b"".join(pair(*item) for item in variables.items())
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)]
    return b"".join(record(PARAMS, piece, request) for piece in pieces) + record(PARAMS, b"", request)


def stdin(body=b"", request=1, chunk=65535):
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)]
    return b"".join(record(STDIN, piece, request) for piece in pieces) + record(STDIN, b"", request)


def variables(method, target, headers=None, body=None, address="127.0.0.1", **more):
    """The CGI variables that lighttpd would pass."""
    path, _, query = target.partition("?")
    result = {
        "REQUEST_METHOD": method, "REQUEST_URI": target, "SCRIPT_NAME": "",
        "PATH_INFO": path, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "a test", "GATEWAY_INTERFACE": "CGI/1.1",
        "REMOTE_ADDR": address, "REMOTE_PORT": "40000", "REQUEST_SCHEME": "http",
        "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "80", "SERVER_NAME": "localhost",
        "HTTP_HOST": "localhost",
    }
    if body is not None:
        result["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        name = name.upper().replace("-", "_")
        result[name if name == "CONTENT_TYPE" else "HTTP_" + name] = value
    result.update(more)
    return {name: value for name, value in result.items() if value is not None}


ABOUT_ITSELF = (VALUES, UNKNOWN)


class FcgiAnswer(Answer):
    """Records in, status and headers and body out; fed as bytes arrive."""

    def __init__(self):
        super().__init__()
        self.buffer = bytearray()
        self.records = []      # (type, content length) as they came
        self.errors = b""      # STDERR
        self.end = None        # (application status, protocol status)
        self._head = bytearray()

    def feed(self, piece):
        self.buffer += piece
        body = b""
        while len(self.buffer) >= 8:
            version, type, request, length, padding = struct.unpack(">BBHHBx", self.buffer[:8])
            assert version == 1, f"record of version {version}"
            if len(self.buffer) < 8 + length + padding:
                break
            content = bytes(self.buffer[8:8 + length])
            del self.buffer[:8 + length + padding]
            self.records.append((type, length))
            assert not self.ended, f"a record of type {type} after the end"
            if type == STDOUT:
                body += self._stdout(content)
            elif type == STDERR:
                self.errors += content
            elif type == END:
                self.end = struct.unpack(">IB3x", content)
                self.ended = True
            else:
                assert type in ABOUT_ITSELF, f"a record of type {type}"
        self.body += body
        return body

    def _stdout(self, content):
        if self.status is not None:
            return content
        self._head += content
        head, blank, rest = bytes(self._head).partition(b"\r\n\r\n")
        if not blank:
            return b""
        self.status = 200
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            self.add_header(name, value)
        if "status" in self.headers:
            self.status = int(self.headers["status"].split()[0])
        return rest


class Exchange:
    """One connection to the responder."""

    def __init__(self, path, within=10):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(within)
        self.sock.connect(str(path))
        self.answer = FcgiAnswer()
        self.raw = b""
        self.closed = False

    def send(self, *pieces):
        self.sock.sendall(b"".join(pieces))

    def read(self, until=None, within=10):
        """Reads until `until(self)` holds, the request ends or the peer closes."""
        deadline = time.monotonic() + within
        while not self.closed and not (until(self) if until else self.answer.ended):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no answer; so far {self.raw[:200]!r}")
            self.sock.settimeout(left)
            try:
                piece = self.sock.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            self.closed = not piece
            self.raw += piece
            self.answer.feed(piece)
        return self.answer

    def reads_the_end(self, within=10):
        """True once the responder has closed the connection."""
        self.read(lambda self: False, within)
        return self.closed

    def close(self):
        self.sock.close()


class FcgiDoor:
    """Asks the responder directly, where a web server would."""

    def __init__(self, path):
        self.path = str(path)

    def ask(self, method, target, headers=None, body=None, within=10, **more):
        exchange = Exchange(self.path, within)
        try:
            exchange.send(begin(), params(variables(method, target, headers, body, **more)),
                          stdin(body or b""))
            return exchange.read(within=within)
        finally:
            exchange.close()

    def dial(self, receive_buffer=None):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(self.path)
        return sock

    def request(self, target, headers=None, **more):
        return begin() + params(variables("GET", target, headers, **more)) + stdin()

    def answer(self):
        return FcgiAnswer()
