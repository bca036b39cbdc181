#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""udp_stream.py LOCAL PEER RATE [START]: numbered packets to PEER, and those of PEER counted, until
SIGINT. The first one goes out when the file START exists.

Prints `arrived` with the first one, and at the end `sent=N first=N received=N gap_ms=N`: the number of the first one received, how many, and the
longest time without one, the end counted. The other end knows how many were sent.
"""
import math
import os
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
    sock.settimeout(0.1)
    while not ended.is_set():
        try:
            arrived.append((int(sock.recv(32)), time.monotonic()))
        except OSError:
            continue
        if len(arrived) == 1:
            print("arrived", flush=True)


def send(sock, peer, rate, stopped, start):
    number = 0
    while start and not os.path.exists(start) and not stopped.is_set():
        time.sleep(TICK / 10)
    due = time.monotonic()
    while not stopped.is_set():
        for _ in range(math.ceil(rate * TICK)):
            try:
                sock.sendto(b"%d" % number, (peer, PORT))
            except OSError:
                pass  # it counts as lost at the other end
            number += 1
        # a machine that stood still owes no packets: they would come as a burst
        due = max(due + TICK, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
    return number


def main():
    local, peer, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
    arrived, stopped, ended = [], threading.Event(), threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind((local, PORT))
    receiver = threading.Thread(target=receive, args=(sock, arrived, ended))
    receiver.start()
    sent = send(sock, peer, rate, stopped, (sys.argv + [None])[4])
    sent_all = time.monotonic()
    time.sleep(GRACE)
    ended.set()
    receiver.join()
    numbers = {number for number, _ in arrived}
    times = [when for _, when in arrived] + [sent_all]
    gap = max((b - a for a, b in zip(times, times[1:])), default=0)
    print(f"sent={sent} first={min(numbers, default=0)} received={len(numbers)} gap_ms={gap * 1000:.0f}")


main()
