#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""cold_peers.py serve LOCAL... | cold_peers.py try PEER... -- DEAD... | cold_peers.py burst PEER... |
cold_peers.py large PEER...: first contacts.

serve answers TCP connections and single UDP packets on all its addresses. try sends ten packets a
second to every DEAD address, all from one socket, and meanwhile one UDP packet to each PEER with an
odd number and a TCP connection to each other one, one after the other; what the first eight of them
take before it sends to the dead is what a contact takes here. burst does that with all at once. large
sends each PEER five UDP packets that do not fit beside ESP, one peer after the other. Prints what came
of it, and for how long this machine let a thread wait that slept.
"""
import concurrent.futures
import socket
import statistics
import sys
import threading
import time

PORT = 9001
PAUSE = 0.1
PATIENCE = 20.0
SILENCE = 2.0  # until the dead are known to be dead
ALONE = 8
LARGE = 1472  # fills an MTU of 1500 without ESP


def answer_tcp(listener):
    while True:
        listener.accept()[0].close()


def answer_udp(sock):
    while True:
        data, peer = sock.recvfrom(LARGE)
        sock.sendto(data[:64], peer)


def serve(addresses):
    threads = []
    for address in addresses:
        listener = socket.create_server((address, PORT), backlog=64)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, PORT))
        threads.append(threading.Thread(target=answer_tcp, args=(listener,)))
        threads.append(threading.Thread(target=answer_udp, args=(sock,)))
    for thread in threads:
        thread.start()
    print("serving", flush=True)
    threads[0].join()


def watch_stalls(stalls):
    while True:
        start = time.monotonic()
        time.sleep(PAUSE)
        stalls.append(time.monotonic() - start - PAUSE)


def bother(dead, calls, ended):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    while not ended.is_set():
        for address in dead:
            start = time.monotonic()
            try:
                sock.sendto(b"?", (address, PORT))
            except OSError:
                pass
            calls.append(time.monotonic() - start)
        time.sleep(PAUSE)


def send_one(peer):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    sock.connect((peer, PORT))
    sock.send(b"first")
    return sock.recv(64)


def send_large(peer):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE / 5)
    sock.connect((peer, PORT))
    for number in range(5):
        sock.send((b"%d" % number).ljust(LARGE))
    for number in range(5):
        sock.recv(LARGE)


def connect(peer):
    socket.create_connection((peer, PORT), PATIENCE).close()


def took(contact, peer):
    """In milliseconds; None: it was not reached."""
    start = time.monotonic()
    try:
        contact(peer)
    except OSError:
        return None
    return (time.monotonic() - start) * 1000


def report(name, times):
    reached = [ms for ms in times if ms is not None]
    median = statistics.median(reached) if reached else -1
    print(f"{name}_reached={len(reached)} {name}_missed={len(times) - len(reached)} "
          f"{name}_median_ms={median:.0f} {name}_slowest_ms={max(reached, default=-1):.0f}")


def burst(peers):
    with concurrent.futures.ThreadPoolExecutor(len(peers)) as pool:
        udp = [pool.submit(took, send_one, peer) for peer in peers[1::2]]
        tcp = [pool.submit(took, connect, peer) for peer in peers[0::2]]
    report("udp", [future.result() for future in udp])
    report("tcp", [future.result() for future in tcp])


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    if sys.argv[1] == "large":
        report("large", [took(send_large, peer) for peer in sys.argv[2:]])
        return
    if sys.argv[1] == "burst":
        burst(sys.argv[2:])
        return
    middle = sys.argv.index("--")
    peers, dead = sys.argv[2:middle], sys.argv[middle + 1:]
    calls, stalls, ended = [], [], threading.Event()
    threading.Thread(target=watch_stalls, args=(stalls,), daemon=True).start()
    if dead:
        report("alone_udp", [took(send_one, peer) for peer in peers[1:ALONE:2]])
        report("alone_tcp", [took(connect, peer) for peer in peers[0:ALONE:2]])
        peers = peers[ALONE:]
    sender = threading.Thread(target=bother, args=(dead, calls, ended), daemon=True)
    sender.start()
    time.sleep(SILENCE)
    report("udp", [took(send_one, peer) for peer in peers[1::2]])
    report("tcp", [took(connect, peer) for peer in peers[0::2]])
    ended.set()
    sender.join(PATIENCE)
    print(f"dead_sent={len(calls)} dead_slowest_ms={max(calls, default=0) * 1000:.0f} "
          f"stall_ms={max(stalls, default=0) * 1000:.0f}")


if __name__ == "__main__":
    main()
