#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""udp_stream.py LOCAL PEER SECONDS RATE: numbered packets to PEER while those of PEER are counted.

Prints `sent=N received=N lost=N gap_ms=N`: lost between the first and the last one received, and
the longest time without one. Both ends run it for the same time.
"""
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


def send(sock, peer, seconds, rate):
    number = 0
    start = due = time.monotonic()
    while due < start + seconds:
        for _ in range(max(1, int(rate * TICK))):
            try:
                sock.sendto(b"%d" % number, (peer, PORT))
            except OSError:
                pass  # it counts as lost at the other end
            number += 1
        due += TICK
        time.sleep(max(0, due - time.monotonic()))
    return number


def main():
    local, peer, seconds, rate = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind((local, PORT))
    arrived, ended = [], threading.Event()
    receiver = threading.Thread(target=receive, args=(sock, arrived, ended))
    receiver.start()
    sent = send(sock, peer, seconds, rate)
    time.sleep(GRACE)
    ended.set()
    receiver.join()
    numbers = {number for number, _ in arrived}
    times = [when for _, when in arrived]
    lost = max(numbers) - min(numbers) + 1 - len(numbers) if numbers else sent
    gap = max((b - a for a, b in zip(times, times[1:])), default=seconds)
    print(f"sent={sent} received={len(numbers)} lost={lost} gap_ms={gap * 1000:.0f}")


main()
