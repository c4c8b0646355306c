# SPDX-License-Identifier: MIT
"""Who promised what, and who got it.

Publishers write down what they tried and what was acknowledged; each
subscriber's log is what it saw.  faults() compares them and knows nothing of
the product: lost, doubled, reordered, altered, foreign, published twice, and a
reset that nothing justified.
"""

from collections import Counter
from threading import Lock


class Ledger:
    def __init__(self):
        self.lock = Lock()
        self.tried = set()     # data of every attempt, acknowledged or not
        self.stored = {}       # id -> data, acknowledged

    def tries(self, data):
        with self.lock:
            self.tried.add(data)

    def acknowledges(self, id, data):
        with self.lock:
            self.stored[int(id)] = data

    def newest(self):
        with self.lock:
            return max(self.stored, default=0)

    def faults(self, logs):
        """logs: {name: (start, [(id, data)], resets)}; start: the cursor that
        the subscriber was first connected with."""
        everyone = dict(self.stored)
        for _, seen, _ in logs.values():
            everyone.update({id: data for id, data in seen if id not in everyone})
        found = self._twice(everyone)
        for name, (start, seen, resets) in sorted(logs.items()):
            wanted = {id: data for id, data in everyone.items() if id > start}
            found += [f"{name}: {fault}" for fault in self._of(wanted, seen, resets)]
        return found

    def _twice(self, everyone):
        return [f"published twice: {data[:60]!r}"
                for data, times in Counter(everyone.values()).items() if times > 1]

    def _of(self, wanted, seen, resets):
        last = 0
        times = Counter(id for id, _ in seen)
        for id, data in seen:
            if id < last:
                yield f"reordered: {id} after {last}"
            last = id
            if data not in self.tried:
                yield f"foreign: {id} {data[:60]!r}"
            elif wanted.get(id) != data:
                yield f"altered: {id} is {data[:60]!r}, not {wanted.get(id)!r}"
        for id, count in times.items():
            if count > 1:
                yield f"doubled: {id} came {count} times"
        for id in sorted(set(wanted) - set(times)):
            yield f"lost: {id} {wanted[id][:60]!r}"
        if resets:
            yield f"spurious reset, {resets} times"
