#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""contacts.py [--every S] [--patience S] [--one-by-one|--again] [--shuffle] LIVING... [-- DEAD...]

Asks all addresses with one datagram each, at once, or again every S seconds until they answer (a peer
is up when the kernel has an SA to it), or the living one by one. With --again it asks nobody, says
`listening`, and waits until each has one SA more than it has now. Ends when all living are up, or after
`patience`. Prints in one line: asked=, up=, the seconds until half of the living and all of them were
(half=, all=; -1: they were not), and refused= (datagrams that the kernel did not take). Runs in the network namespace of who asks.
"""
import argparse
import random
import socket
import sys
import time

from sad import Sad

DISCARD = 9  # its port: nobody answers


class Asker:
    def __init__(self, living, dead, again):
        self.living, self.waiting, self.refused = living, set(living), 0
        self.dead = dead
        self.sad = Sad()
        self.waiting -= set() if again else self.sad.peers()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.start, self.times = time.monotonic(), []

    def ask(self, addresses):
        for address in addresses:
            try:
                self.socket.sendto(b"?", (address, DISCARD))
            except OSError:
                self.refused += 1

    def listen(self, until, enough):
        """Until then, or until enough() says so."""
        while not enough() and (left := until - time.monotonic()) > 0:
            for peer in self.sad.new_peers(left):
                if peer in self.waiting:
                    self.waiting.remove(peer)
                    self.times.append(time.monotonic() - self.start)

    def after(self, share):
        needed = int(len(self.living) * share + 0.5) - (len(self.living) - self.count_asked())
        return self.times[needed - 1] if 0 < needed <= len(self.times) else -1

    def count_asked(self):
        return len(self.times) + len(self.waiting)

    def report(self):
        print(f"asked={self.count_asked()} up={len(self.times)} half={self.after(0.5):.2f}"
              f" all={self.after(1):.2f} refused={self.refused}")


def all_at_once(asker, every, patience, shuffle):
    addresses = sorted(asker.waiting) + asker.dead
    if shuffle:
        random.Random(1).shuffle(addresses)
    end, first, dead = asker.start + patience, True, set(asker.dead)
    while asker.waiting and time.monotonic() < end:
        if first or every:
            asker.ask([a for a in addresses if a in asker.waiting or a in dead])
        first = False
        asker.listen(min(end, time.monotonic() + every) if every else end, lambda: not asker.waiting)


def one_by_one(asker, every, patience):
    for address in [a for a in asker.living if a in asker.waiting]:
        end = time.monotonic() + patience
        while address in asker.waiting and time.monotonic() < end:
            asker.ask([address])
            asker.listen(min(end, time.monotonic() + (every or patience)),
                         lambda: address not in asker.waiting)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=float, default=0)
    parser.add_argument("--patience", type=float, default=60)
    parser.add_argument("--one-by-one", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--shuffle", action="store_true")
    arguments = sys.argv[1:]
    middle = arguments.index("--") if "--" in arguments else len(arguments)
    options, living = parser.parse_known_args(arguments[:middle])
    asker = Asker(living, arguments[middle + 1:], options.again)
    if options.again:
        print("listening", flush=True)
        asker.listen(asker.start + options.patience, lambda: not asker.waiting)
    elif options.one_by_one:
        one_by_one(asker, options.every, options.patience)
    else:
        all_at_once(asker, options.every, options.patience, options.shuffle)
    asker.report()


if __name__ == "__main__":
    main()
