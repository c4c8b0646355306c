# SPDX-License-Identifier: MIT
"""As its README has it, without stamina: it does not come back by itself."""

import time

import httpx
from httpx_sse import SSEError, connect_sse

from say import URL, failed, say, take

last_id, delay = "", 1.0
with httpx.Client() as client:
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        try:
            with connect_sse(client, "GET", URL, headers=headers) as source:
                source.response.raise_for_status()
                say(open=True)
                for event in source.iter_sse():
                    last_id = event.id
                    if event.retry is not None:
                        delay = event.retry / 1000
                    take(event.event, event.data, event.id)
        except (httpx.HTTPError, SSEError) as error:
            failed(error)
        time.sleep(delay)
