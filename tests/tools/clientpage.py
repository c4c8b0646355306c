# SPDX-License-Identifier: MIT
"""A window with e2e/pages/client.html, which listens by the package in js/."""

from feedpage import Page


class ClientPage(Page):
    def opens(self, *channels, name=None, **options):
        name = name or (channels[0] if channels else "feed")
        self.run("opens(...arguments)", name, {**({"channels": channels} if channels else {}), **options})
        return name

    def listens(self, *channels, **options):
        self.is_("open", self.opens(*channels, **options))
        return self

    def ends(self, name):
        self.run("feeds[arguments[0]].close()", name)

    @property
    def misses_nothing(self):
        return self.run("return Object.values(sums).every(({ faults }) => faults.length === 0)")
