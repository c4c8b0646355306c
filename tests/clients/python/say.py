# SPDX-License-Identifier: MIT
"""What each of these programs says: a line of JSON for each event that its
library gave it, and for each error."""

import json
import sys

URL = sys.argv[1]


def say(**what):
    print(json.dumps(what), flush=True)


def take(type, data, id):
    say(type=type, data=data, id=id)


def failed(error):
    say(error=f"{type(error).__name__}: {error}")
