#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""flush_new.py: flushes the kernel's SAs as soon as the next pair of them is there.

charon installs the inbound SA, then the outbound one, and tells of both afterwards.
"""
import socket
import struct

NETLINK_XFRM = 6
GROUP_SA = 1 << 2  # XFRMNLGRP_SA
NEWSA, UPDSA, FLUSHSA = 0x10, 0x1a, 0x1c
REQUEST = 1

events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
events.bind((0, GROUP_SA))
print("listening", flush=True)
for _ in range(2):
    while struct.unpack_from("=IH", events.recv(65536))[1] not in (NEWSA, UPDSA):
        pass
events.send(struct.pack("=IHHIIB3x", 20, FLUSHSA, REQUEST, 1, 0, 0))
