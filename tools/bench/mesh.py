#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mesh.py PATIENCE SETTLE HOST=ADDRESS...: each HOST (a network namespace) asks all others at once, and
again every second those that are not up, for PATIENCE seconds at most. Talk goes on for SETTLE seconds
after that, then each of the first four pings all others. Prints in one line: up= (pairs, each way),
full= (seconds until all were; -1: never), sas_a_pair= (each way), pings= and lost=.
"""
import os
import select
import socket
import subprocess
import sys
import time

from sad import Sad

CLONE_NEWNET = 0x40000000
DISCARD = 9
PINGING = 4


def enter(name):
    """setns(2), which Python has only from 3.12 on."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{name}", "rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), name)


class Host:
    """What it opens stays in its namespace."""

    def __init__(self, name, address, others):
        enter(name)
        self.name, self.others = name, others
        self.sad, self.waiting = Sad(), set(others)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)

    def fileno(self):
        return self.sad.fileno()

    def ask(self, peers):
        for peer in peers:
            try:
                self.socket.sendto(b"?", (peer, DISCARD))
            except OSError:
                pass  # its queue is full

    def count_sas(self):
        enter(self.name)
        return len(self.sad.sas())


def become_full(hosts, patience):
    start, asked = time.monotonic(), 0.0
    while any(host.waiting for host in hosts):
        now = time.monotonic()
        if now - start > patience:
            return -1
        if now - asked >= 1:
            asked = now
            for host in hosts:
                host.ask(host.waiting)
        for host in select.select(hosts, [], [], 0.2)[0]:
            host.waiting -= set(host.sad.new_peers(0))
    return time.monotonic() - start


def settle(hosts, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for host in hosts:
            host.ask(host.others)
        time.sleep(1)


def lost_pings(host):
    enter(host.name)
    commands = [subprocess.Popen(["ping", "-n", "-q", "-c", "1", "-W", "2", peer],
                                 stdout=subprocess.DEVNULL) for peer in host.others]
    return sum(command.wait() != 0 for command in commands)


def main():
    names = dict(argument.split("=") for argument in sys.argv[3:])
    hosts = [Host(name, own, [a for a in names.values() if a != own]) for name, own in names.items()]
    full = become_full(hosts, float(sys.argv[1]))
    up = sum(len(host.others) - len(host.waiting) for host in hosts)
    settle(hosts, float(sys.argv[2]))
    sas = sum(host.count_sas() for host in hosts)
    lost = sum(lost_pings(host) for host in hosts[:PINGING])
    pings = sum(len(host.others) for host in hosts[:PINGING])
    pairs = len(hosts) * (len(hosts) - 1)
    print(f"up={up} full={full:.2f} sas_a_pair={sas / pairs:.2f} pings={pings} lost={lost}")


if __name__ == "__main__":
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    main()
