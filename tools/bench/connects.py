#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""connects.py serve | connects.py tcp PEER... -- DEAD... | connects.py ike FOLDER PROPOSAL PEER... |
connects.py from FOLDER PROPOSAL PEER LOCAL...

serve accepts TCP connections. tcp opens one to each PEER, one after the other, while each DEAD address
is asked ten times a second. ike has the charon whose files are in FOLDER (lib/charon.bash of tests/lab)
negotiate with each PEER, one after the other; what the first one takes does not count. from has it
negotiate with one PEER from each LOCAL address. All three print median_ms=, slowest_ms= and missed=.
"""
import socket
import statistics
import sys
import threading
import time

from cold_peers import took
from vici import Vici

PORT = 9001
PATIENCE = 15.0
SILENCE = 4.0  # until the dead are known to be dead
PAUSE = 0.1


def serve():
    listener = socket.create_server(("", PORT), backlog=64)
    while True:
        listener.accept()[0].close()


def bother(dead):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    while True:
        for address in dead:
            try:
                sock.sendto(b"?", (address, PORT))
            except OSError:
                pass  # its queue is full
        time.sleep(PAUSE)


def report(times):
    reached = [ms for ms in times if ms is not None]
    median = statistics.median(reached) if reached else -1
    print(f"median_ms={median:.0f} slowest_ms={max(reached, default=-1):.0f}"
          f" missed={len(times) - len(reached)}")


def tcp(peers, dead):
    if dead:
        threading.Thread(target=bother, args=(dead,), daemon=True).start()
        time.sleep(SILENCE)
    times = []
    for peer in peers:
        times.append(took(lambda to: socket.create_connection((to, PORT), PATIENCE).close(), peer))
        time.sleep(PAUSE)
    report(times)


def connection(folder, proposal, peer, local="%any"):
    def read(path):
        with open(f"{folder}/{path}", "rb") as file:
            return file.read()
    child = {"mode": "transport", "policies": "no", "reqid": 77, "esp_proposals": ["aes128gcm16"],
             "local_ts": ["dynamic"], "remote_ts": ["dynamic"]}
    return {"version": "2", "local_addrs": [local], "remote_addrs": [peer], "proposals": [proposal], "unique": "never",
            "mobike": "no", "local": {"auth": "pubkey", "certs": [read("x509/instance.pem")]},
            "remote": {"auth": "pubkey", "cacerts": [read("x509ca/ca.pem")]}, "children": {"c": child}}


def negotiate(folder, proposal, pairs):
    """The times of all pairs (local, peer)."""
    vici = Vici(f"{folder}/charon.vici")

    def initiate(name):
        if not vici.request("initiate", {"ike": name, "child": "c", "timeout": int(PATIENCE * 1000)}):
            raise OSError("not established")

    times = []
    for local, peer in pairs:
        name = f"{local}-{peer}"
        vici.request("load-conn", {name: connection(folder, proposal, peer, local)})
        times.append(took(initiate, name))
        time.sleep(PAUSE)
    return times


def main():
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "ike":
        report(negotiate(*sys.argv[2:4], [("%any", peer) for peer in sys.argv[4:]])[1:])
    elif sys.argv[1] == "from":
        report(negotiate(*sys.argv[2:4], [(local, sys.argv[4]) for local in sys.argv[5:]]))
    else:
        middle = sys.argv.index("--")
        tcp(sys.argv[2:middle], sys.argv[middle + 1:])


main()
