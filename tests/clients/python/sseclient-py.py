# SPDX-License-Identifier: MIT
"""It reads one answer; to come back is the program's."""

import time

import requests
import sseclient

from say import URL, failed, say, take

last_id, delay = None, 1.0
while True:
    headers = {"Accept": "text/event-stream"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    try:
        with requests.get(URL, stream=True, headers=headers, timeout=30) as answer:
            answer.raise_for_status()
            say(open=True)
            for event in sseclient.SSEClient(answer).events():
                last_id = event.id or last_id
                if event.retry:
                    delay = int(event.retry) / 1000
                take(event.event, event.data, event.id)
    except requests.RequestException as error:
        failed(error)
    time.sleep(delay)
