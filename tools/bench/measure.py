#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""measure.py begin FILE PID... | measure.py end FILE | measure.py memory PID...

Between begin and end: prints for each PID, in one line, the milliseconds of CPU that it used, then those
of the whole guest. The clock of a guest in User-Mode Linux goes on while this machine does something
else; tests/lab/uml_cpu knows what the guest had of it, and all is scaled to that. The clocks of its
processes go in steps of 10 ms: only what takes many of them is measured. memory prints for each PID
what is resident and the most that it was, in KiB."""
import json
import os
import pathlib
import re
import sys
import time

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
PATIENCE = 10


def process_ms(pid):
    """The kernel's clock of a process: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)."""
    return time.clock_gettime((~pid << 3) | 2) * 1000


def busy_ms():
    """user nice system - - irq softirq"""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:8]]
    return (sum(fields) - fields[3] - fields[4]) * TICK_MS


def guest_ms():
    """What the guest had in fact."""
    folder, number = pathlib.Path(os.environ["FOLDER"]), time.monotonic_ns()
    answer = folder / f"cpu.{number}"
    (folder / "cpu.ask").write_text(str(number), encoding="ascii")
    end = time.monotonic() + PATIENCE
    while not answer.exists():
        if time.monotonic() > end:
            sys.exit("measure.py: nobody tells what the guest uses")
        time.sleep(0.01)
    return float(answer.read_text(encoding="ascii"))


def snapshot(pids):
    return {"guest": guest_ms(), "busy": busy_ms(), "processes": {p: process_ms(int(p)) for p in pids}}


def end(path):
    with open(path, encoding="ascii") as file:
        before = json.load(file)
    after = snapshot(before["processes"])
    guest, busy = (after[name] - before[name] for name in ("guest", "busy"))
    scale = guest / max(busy, TICK_MS)
    used = [after["processes"][p] - ms for p, ms in before["processes"].items()]
    print(*(f"{ms * scale:.1f}" for ms in used), f"{guest:.1f}")


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        text = file.read()
    return " ".join(re.search(rf"{name}:\s+(\d+)", text)[1] for name in ("VmRSS", "VmHWM"))


def main():
    if sys.argv[1] == "memory":
        print(*map(memory_kib, sys.argv[2:]))
    elif sys.argv[1] == "end":
        end(sys.argv[2])
    else:
        with open(sys.argv[2], "w", encoding="ascii") as file:
            json.dump(snapshot(sys.argv[3:]), file)


main()
