#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""responder_first.py PEER...: answers each outbound SA to a PEER that the kernel tells of with a packet
of its own, from the SA's local address: at once or, where that is odd, 20 ms later. Prints them."""
import ipaddress
import socket
import struct
import sys
import threading
import time

PORT = 9001
LATER = 0.02
XFRMNLGRP_SA = 3
XFRM_MSG_NEWSA, XFRM_MSG_UPDSA = 0x10, 0x1A
HEADER = struct.Struct("=IHHII")
# struct xfrm_usersa_info: a selector, the id with the remote address, the local address, ...
REMOTE, PROTO, LOCAL, FAMILY = 56, 76, 80, 212


def send(local, peer):
    if int(ipaddress.ip_address(local)) % 2:
        time.sleep(LATER)
    sock = socket.socket(socket.AF_INET6 if ":" in local else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((local, 0))
    sock.sendto(local.encode(), (peer, PORT))
    print(local, flush=True)


def address(body, offset):
    family = struct.unpack_from("=H", body, FAMILY)[0]
    length = 16 if family == socket.AF_INET6 else 4
    return socket.inet_ntop(family, body[offset:offset + length])


def main():
    peers = sys.argv[1:]
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6)
    events.bind((0, 1 << (XFRMNLGRP_SA - 1)))
    print("listening", flush=True)
    told = set()
    while True:
        data = events.recv(65536)
        length, kind, _, _, _ = HEADER.unpack_from(data)
        body = data[HEADER.size:length]
        if kind not in (XFRM_MSG_NEWSA, XFRM_MSG_UPDSA) or body[PROTO] != socket.IPPROTO_ESP:
            continue
        local, peer = address(body, LOCAL), address(body, REMOTE)
        if peer not in peers or local in told:
            continue
        told.add(local)
        threading.Thread(target=send, args=(local, peer)).start()


main()
