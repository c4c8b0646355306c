# SPDX-License-Identifier: MIT
"""A POST in chunks: behind each web server it is published when its last chunk
is there, however they come apart, and not at all if that never comes."""

import shutil
import subprocess
import time

import pytest

pytestmark = pytest.mark.behind_apache

HEAD = b"POST /realtime/chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
NODE = """
const http = require("http");
const [port, target] = process.argv.slice(1);
const post = (n) => new Promise((done) => {
  const request = http.request({port, path: target, method: "POST"}, (answer) => {
    answer.resume().on("end", () => done(answer.statusCode));
  });
  request.write("number ");
  setImmediate(() => { request.write(String(n)); setTimeout(() => request.end(), n % 3); });
});
(async () => {
  const seen = {};
  for (let n = 0; n < 50; n++) {
    const status = await post(n);
    seen[status] = (seen[status] ?? 0) + 1;
  }
  console.log(JSON.stringify(seen));
})();
"""


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def apart(sock, *pieces):
    """Each in a packet of its own, and later than the one before."""
    for piece in pieces:
        sock.sendall(piece)
        time.sleep(0.05)


def test_chunks_that_come_apart_are_one_event(shared):
    """Apache answered 411 as soon as the last chunk was not there with the first."""
    reader = shared.listen("chunks")
    with shared.door.dial() as sock:
        apart(sock, HEAD, chunk(b"one "), chunk(b"two "))
        answer = shared.door.talk(sock, chunk(b"three") + b"0\r\n\r\n", "POST")
    assert answer.status == 200, answer
    reader.sees("one two three", id=answer.json["id"])


def test_node_s_posts_in_pieces_are_all_published(shared):
    reader = shared.listen("node")
    done = subprocess.run([shutil.which("node"), "-e", NODE, str(shared.port), "/realtime/node"],
                          capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == '{"200":50}'
    for number in range(50):
        reader.sees(f"number {number}")


def test_what_curl_reads_from_a_pipe_is_published(shared):
    """60 KB, of which the end comes a moment after the beginning."""
    reader = shared.listen("curl")
    line = "é☃ " * 5000
    curl = subprocess.Popen(["curl", "-sS", "--noproxy", "*", "-T", "-", "-X", "POST", "-H", "Expect:",
                             f"http://127.0.0.1:{shared.port}/realtime/curl"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    curl.stdin.write(line.encode())
    curl.stdin.flush()
    time.sleep(0.1)
    said, _ = curl.communicate((line + "end").encode(), timeout=20)
    assert b'"status":"ok"' in said
    reader.sees(line + line + "end")


@pytest.mark.parametrize("end", [b"", b"zz\r\n", b"5\r\nab"], ids=["cut", "nonsense", "cut-in-a-chunk"])
def test_a_body_whose_last_chunk_never_comes_is_not_published(shared, end):
    reader = shared.listen("chunks")
    with shared.door.dial() as sock:
        apart(sock, HEAD, chunk(b"half of it"))
        sock.sendall(end)
    shared.publish("the next", channel="chunks")
    reader.sees("the next")
    shared.publish("and the last", channel="chunks")
    reader.sees("and the last")


def test_a_body_too_long_in_chunks_is_a_413(shared):
    with shared.door.dial() as sock:
        apart(sock, HEAD, chunk(b"x" * 70000))
        answer = shared.door.talk(sock, chunk(b"x" * (1 << 20)) + b"0\r\n\r\n", "POST")
    assert answer.status == 413, answer
