#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""udp_stream.py LOCAL PEER RATE [START]: numbered packets to PEER, and those of PEER counted, until
SIGINT. The first one goes out when the file START exists.

Prints `arrived` with the first one, and at the end `sent=N refused=N first=N received=N gap_ms=N`:
what the kernel took and what it did not, the number of the first one received, how many, and the
longest time without one, the end counted. The other end knows how many were sent.
"""
import math
import os
import select
import signal
import socket
import sys
import threading
import time

PORT = 9000
SO_RCVBUFFORCE = 33  # a burst of held packets is no loss
TICK = 0.01  # what a kernel with HZ=100 can sleep
GRACE = 1.0  # for packets still under way


def receive(sock, arrived, ended):
    """Until nothing comes any more: the other end may stop later, and a slow reader is behind."""
    while select.select([sock], [], [], GRACE)[0] or not ended.is_set():
        try:
            arrived.append((int(sock.recv(32)), time.monotonic()))
        except OSError:
            continue
        if len(arrived) == 1:
            print("arrived", flush=True)


def send(sock, peer, rate, stopped, start):
    number = refused = 0
    while start and not os.path.exists(start) and not stopped.is_set():
        time.sleep(TICK / 10)
    due = time.monotonic()
    pause = max(TICK, 1 / rate) if rate else TICK
    while not stopped.is_set():
        for _ in range(round(rate * pause)):
            try:
                sock.sendto(b"%d" % number, (peer, PORT))
                number += 1
            except OSError:
                refused += 1
        # a machine that stood still owes no packets: they would come as a burst
        due = max(due + pause, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
    return number, refused


def main():
    local, peer, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
    arrived, stopped, ended = [], threading.Event(), threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind((local, PORT))
    # with a timeout sendto would try again what the kernel refuses
    sock.setblocking(False)
    receiver = threading.Thread(target=receive, args=(sock, arrived, ended))
    receiver.start()
    sent, refused = send(sock, peer, rate, stopped, (sys.argv + [None])[4])
    sent_all = time.monotonic()
    ended.set()
    receiver.join()
    numbers = {number for number, _ in arrived}
    times = [when for _, when in arrived] + [sent_all]
    gap = max((b - a for a, b in zip(times, times[1:])), default=0)
    first = min(numbers, default=0)
    print(f"{sent=} {refused=} {first=} received={len(numbers)} gap_ms={gap * 1000:.0f}")


main()
