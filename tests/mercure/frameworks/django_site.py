# SPDX-License-Identifier: MIT
"""A site of Django's with the page's functions and its view (the first argument), asked
once. Prints the answer's cookie."""

import sys
from types import SimpleNamespace

import django
from django.conf import settings
from django.db import transaction
from django.test import RequestFactory

settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="x", USE_TZ=True,
                   DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
page = {}
with open(sys.argv[1], encoding="utf-8") as text:
    exec(text.read(), page)

request = RequestFactory().get("/books/1/sell")
request.user = SimpleNamespace(pk=7)
with transaction.atomic():
    response = page["sell"](request, 1)
assert (response.status_code, response.content) == (200, b"sold")
print(response.cookies.output(header=""))
