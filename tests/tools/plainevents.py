# SPDX-License-Identifier: MIT
"""A plain server of event streams, as anybody may write one: forty numbers and an end,
and each third request is a 503.  Prints its port."""

import http.server


class Events(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Events.asked += 1
        if Events.asked % 3 == 2:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        begin = int(self.headers.get("Last-Event-ID", -1)) + 1
        self.wfile.write(b"retry: 50\n\n")
        for n in range(begin, begin + 40):
            self.wfile.write(f"id: {n}\ndata: {n}\n\n".encode())

    def do_OPTIONS(self):
        self.send_response(204)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "Last-Event-ID")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Events)
    print(server.server_port, flush=True)
    server.serve_forever()
