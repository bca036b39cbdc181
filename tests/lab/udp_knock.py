#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""udp_knock.py NAME SOURCE PEER: sends NAME to PEER 20 times a second until SIGINT, whatever happens.

SOURCE may be an address that this host does not have (yet); 0.0.0.0: what the kernel chooses each
time. Prints when it begins, and at the end how many packets the kernel took, and how many it refused.
"""
import signal
import socket
import sys
import threading
import time

PORT = 9001
INTERVAL = 0.05
IP_FREEBIND = 15

name, source, peer = sys.argv[1:]
stopped = threading.Event()
signal.signal(signal.SIGINT, lambda *_: stopped.set())
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
sock.bind((source, 0))
print("begun", flush=True)
sent = refused = 0
# not stopped.wait(): a handler that comes at the wrong moment would wait for the lock that wait() holds
while not stopped.is_set():
    time.sleep(INTERVAL)
    try:
        sock.sendto(f"{name}\n".encode(), (peer, PORT))
        sent += 1
    except OSError:
        refused += 1
print(sent, refused)
