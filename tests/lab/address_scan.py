#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""address_scan.py SECONDS: one UDP packet to each of ever new addresses of 10.100.0.0/14, as fast as it
can. Prints how many."""
import socket
import sys
import time

REFUSED_MAX = 100  # what a socket sent before stays charged to it while it is held


def new_socket():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    return sock


def main():
    end = time.monotonic() + float(sys.argv[1])
    sock = new_socket()
    number = refused = 0
    while time.monotonic() < end:
        address = f"10.{100 + number // 65536 % 4}.{number // 256 % 256}.{number % 256}"
        number += 1
        try:
            sock.sendto(b"?", (address, 9))
        except OSError:
            refused += 1
            if refused % REFUSED_MAX == 0:
                sock.close()
                sock = new_socket()
    print(f"addresses={number} refused={refused}")


main()
