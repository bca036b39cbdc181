#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""leak.py send: for each line `PORT PEER [OPTION]...` of standard input five datagrams to PEER. What the
    kernel refuses is left out. Options:
    source=ADDRESS  device=NAME  mark=N  ttl=N  freebind  transparent
    raw             with an IPv4 header of its own
    seconds=N       as many as pass in that time
leak.py hear FILE FIRST LAST: counts what arrives at these ports, whichever address it was sent to;
    writes `PORT COUNT` lines at SIGTERM, after a line on standard output when it listens."""
import collections
import selectors
import signal
import socket
import struct
import sys
import time

IP_FREEBIND, IP_TRANSPARENT, IPV6_FREEBIND, IPV6_TRANSPARENT = 15, 19, 78, 75
INTERVAL = 0.001


def raw_packet(source, peer, port):
    payload = struct.pack("!HHHH", port, port, 12, 0) + b"leak"
    header = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0)
    return header + socket.inet_aton(source) + socket.inet_aton(peer) + payload


def make_socket(family, option):
    kind = (socket.SOCK_RAW, socket.IPPROTO_RAW) if "raw" in option else (socket.SOCK_DGRAM,)
    sock = socket.socket(family, *kind)
    six = family == socket.AF_INET6
    level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if "freebind" in option:
        sock.setsockopt(level, IPV6_FREEBIND if six else IP_FREEBIND, 1)
    if "transparent" in option:
        sock.setsockopt(level, IPV6_TRANSPARENT if six else IP_TRANSPARENT, 1)
    if "mark" in option:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(option["mark"]))
    if "ttl" in option:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(option["ttl"]))
    if "device" in option:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, option["device"].encode())
    if "source" in option and "raw" not in option:
        address = option["source"]
        scope = socket.if_nametoindex(option["device"]) if address.startswith("fe80") else 0
        sock.bind((address, 0, 0, scope) if six else (address, 0))
    return sock


def send(port, peer, *words):
    option = dict((word + "=").split("=")[:2] for word in words)
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    if "raw" in option:
        data, goal = raw_packet(option["source"], peer, port), (peer, 0)
    elif family == socket.AF_INET6 and "device" in option:
        data, goal = b"leak", (peer, port, 0, socket.if_nametoindex(option["device"]))
    else:
        data, goal = b"leak", (peer, port)
    end = time.monotonic() + float(option.get("seconds", 0))
    sock, tries, sent = None, 0, 0
    while tries < 5 or time.monotonic() < end:
        tries += 1
        try:
            sock = sock or make_socket(family, option)
            sock.sendto(data, socket.MSG_DONTWAIT, goal)
            sent += 1
        except OSError as error:
            refusal = error
        time.sleep(INTERVAL)
    print(port, *words, "sent", sent, "" if sent else refusal)


def hear(file, first, last):
    count = collections.Counter()
    selector = selectors.DefaultSelector()
    for port in range(first, last + 1):
        # an IPv6 socket would not get what is sent to IPv4 groups
        for family, address in (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"):
            sock = socket.socket(family, socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            selector.register(sock, selectors.EVENT_READ, port)

    def end(*_):
        with open(file, "w") as out:
            for port, seen in count.items():
                print(port, seen, file=out)
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    print("listens", flush=True)
    while True:
        for key, _ in selector.select():
            key.fileobj.recv(100)
            count[key.data] += 1


if sys.argv[1] == "send":
    for line in sys.stdin:
        port, *words = line.split()
        send(int(port), *words)
else:
    hear(sys.argv[2], *map(int, sys.argv[3:5]))
