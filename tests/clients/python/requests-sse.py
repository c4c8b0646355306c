# SPDX-License-Identifier: MIT
import requests
from requests_sse import EventSource, InvalidContentTypeError, InvalidStatusCodeError

from say import URL, failed, say, take

last_id = None
with EventSource(URL, timeout=30, on_open=lambda: say(open=True)) as source:
    try:
        for event in source:
            take(event.type, event.data, event.last_event_id)
    except (InvalidStatusCodeError, InvalidContentTypeError, requests.RequestException) as error:
        failed(error)
say(ended=True)
