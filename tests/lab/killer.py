#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""killer.py XFRMD RUN_DIR SEED COUNT: kills xfrmd COUNT times at random moments.

RUN_DIR.0 and RUN_DIR.1 are its two configurations. After every kill addresses (samples of them) must
be under the verdict that one of the configurations in question has for them, after the next start
under that of the one in force. Exit status 1 and a line that says what was wrong.
"""
import collections
import ipaddress
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

XFRMD, RUN_DIR = sys.argv[1:3]
COUNT = int(sys.argv[4])
CONF = RUN_DIR + ".conf"
ACQUIRE_S = 0.05
random.seed(sys.argv[3])


def fail(what):
    print(f"{RUN_DIR}: {what}")
    sys.exit(1)


# --- what the configurations say, and what the kernel does

def read_prefixes(name):
    return [ipaddress.ip_network(line.strip()) for line in open(name)]


class Verdicts:
    """Of each address: what the rule with the best rank says."""

    def __init__(self):
        self.by_length = {}

    def add(self, network, rank, verdict):
        rules = self.by_length.setdefault(network.prefixlen, {})
        key, rule = int(network.network_address), (rank, verdict)
        rules[key] = min(rules.get(key, rule), rule)

    def of(self, address):
        found = (1 << 32, "none")
        for length, rules in self.by_length.items():
            key = address >> (32 - length) << (32 - length)
            found = min(found, rules.get(key, found))
        return found[1]


def read_conf(index):
    verdicts = Verdicts()
    for kind in "protect", "allow":
        for network in read_prefixes(f"/run/lab/{kind}.{index}"):
            verdicts.add(network, -network.prefixlen, kind)
    return verdicts


POLICY = re.compile(r"src (\S+) dst (\S+).*?\\\s*dir (\S+) (action block )?priority (\d+)(.*)")


def read_kernel():
    """By direction; a blocked address is protected well."""
    text = subprocess.run(["ip", "-o", "xfrm", "policy", "list", "nosock"], check=True,
                          capture_output=True, text=True).stdout
    kernel = {"out": Verdicts(), "in": Verdicts(), "fwd": Verdicts()}
    for line in text.splitlines():
        source, destination, direction, block, priority, rest = POLICY.match(line).groups()
        peers = ipaddress.ip_network(destination if direction == "out" else source)
        kernel[direction].add(peers, int(priority),
                              "protect" if block or "tmpl" in rest else "allow")
    return kernel


NOTHING = 2
CONFS = [read_conf(0), read_conf(1), Verdicts()]
SAMPLES = [int(network.network_address) + 7 for index in "01" for kind in ("protect", "allow")
           for network in read_prefixes(f"/run/lab/{kind}.{index}") if network.num_addresses > 7]
SAMPLES += [int(ipaddress.ip_address("10.0.3.4")), int(ipaddress.ip_address("172.16.3.8"))]


def check_kernel(possible, when):
    """Which of the @possible all addresses are under; ends when one is under none of them."""
    kernel, whole = read_kernel(), set(possible)
    for address in random.sample(SAMPLES, 300):
        wanted = {index: CONFS[index].of(address) for index in possible}
        for direction, verdicts in kernel.items():
            found = verdicts.of(address)
            if found not in wanted.values():
                fail(f"{when}: {direction} {ipaddress.ip_address(address)}: {found}, "
                     f"expected one of {wanted}")
            whole -= {index for index in whole if wanted[index] != found}
    return whole


# --- the processes

def charons():
    """Those of this run directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environ = open(f"/proc/{pid}/environ", "rb").read().split(b"\0")
        except OSError:
            continue
        if f"STRONGSWAN_CONF={RUN_DIR}/strongswan.conf".encode() in environ:
            found.append(int(pid))
    return found


def start(index):
    shutil.copy(f"{RUN_DIR}.{index}", CONF)
    return subprocess.Popen([XFRMD, "--config", CONF, "--run-dir", RUN_DIR, "--foreground"])


def kill(xfrmd):
    xfrmd.kill()
    if xfrmd.wait() != -signal.SIGKILL:
        fail(f"xfrmd ended by itself with status {xfrmd.returncode}")


def ask(command):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(RUN_DIR + "/control.sock")
        sock.sendall(json.dumps({"command": command}).encode())
        sock.shutdown(socket.SHUT_WR)
        return json.loads(sock.makefile().read())


def await_ready(xfrmd):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if xfrmd.poll() is not None:
            fail(f"xfrmd did not start: status {xfrmd.returncode}")
        try:
            status = ask("status")
            if status["ready"]:
                return status
        except OSError:
            pass
        time.sleep(0.005)
    fail("xfrmd is not ready after 20 s")


def check_repaired(xfrmd, index):
    status = await_ready(xfrmd)
    policies = status["policies"]
    if policies["drift"] or policies["desired"] != policies["installed"] or not status["healthy"]:
        fail(f"after a start: {status}")
    check_kernel([index], "after a start")
    if charons() != [status["charon"]["pid"]]:
        fail(f"charons {charons()}, expected {status['charon']['pid']}")
    strays = [name for name in os.listdir(RUN_DIR) if re.search(r"\.\w{6}$", name)]
    if strays:
        fail(f"left behind: {strays}")


def send_to_many():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        for _ in range(200):
            try:
                sock.sendto(b"", (f"10.0.{random.randrange(2, 255)}.{random.randrange(1, 255)}", 9))
            except OSError:
                pass


# --- the rounds

def play(event, index, possible, spans):
    """One xfrmd, killed; returns what may be in force then."""
    possible = possible + [index]
    began = time.monotonic()
    xfrmd = start(index)
    if event == "start":
        time.sleep(random.uniform(0, spans["start"]))
    else:
        check_repaired(xfrmd, index)
        possible = [index]
        spans["start"] = time.monotonic() - began
    began = time.monotonic()
    if event == "reload":
        shutil.copy(f"{RUN_DIR}.{1 - index}", CONF)
        possible.append(1 - index)
        xfrmd.send_signal(signal.SIGHUP)
        time.sleep(random.uniform(0, spans["reload"]))
    elif event == "acquire":
        send_to_many()
        time.sleep(random.choice([0] * 9 + [1]) + random.uniform(0, ACQUIRE_S))
    elif event == "reloaded":
        shutil.copy(f"{RUN_DIR}.{1 - index}", CONF)
        possible = [1 - index]
        ask("reload")
        spans["reload"] = time.monotonic() - began
    kill(xfrmd)
    return possible


def main():
    counts = collections.Counter()
    possible, spans = [NOTHING], {}
    for number in range(COUNT):
        # the first round measures how long things take
        event = random.choice(["start", "start", "reload", "acquire"]) if number else "reloaded"
        if random.random() < 0.2:
            for pid in charons():
                os.kill(pid, signal.SIGKILL)
        if random.random() < 0.1:
            subprocess.run(["ip", "xfrm", "policy", "flush"], check=True)
            possible = [NOTHING]
        possible = play(event, random.randrange(2), possible, spans)
        counts[event] += 1
        if not check_kernel(possible, f"round {number}, killed in {event}"):
            counts["half done"] += 1
    xfrmd = start(0)
    check_repaired(xfrmd, 0)
    xfrmd.terminate()
    if xfrmd.wait():
        fail(f"exit status {xfrmd.returncode}")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


main()
