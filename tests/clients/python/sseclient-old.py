# SPDX-License-Identifier: MIT
import contextlib
import sys

import requests
from sseclient import SSEClient

from say import URL, failed, say, take

with contextlib.redirect_stdout(sys.stderr):  # it prints what it catches
    source = SSEClient(URL)
say(open=True)
try:
    while True:
        with contextlib.redirect_stdout(sys.stderr):
            event = next(source)
        take(event.event, event.data, event.id)
except requests.RequestException as error:
    failed(error)
say(ended=True)
