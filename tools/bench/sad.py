# SPDX-License-Identifier: MIT
"""The SAD of the network namespace that we are in: who has an SA now, and who has one from now on.
Only the group of SAs is listened to: one that hears acquires would change what the kernel does with
them."""
import select
import socket
import struct

NETLINK_XFRM, GROUP_SA = 6, 1 << 2
SO_RCVBUFFORCE = 33
XFRM_MSG_NEWSA, XFRM_MSG_GETSA, NLMSG_DONE = 0x10, 0x12, 3
NLM_F_DUMP = 0x301
BUFFER = 64 << 20
# struct xfrm_usersa_info: a selector, then the identity and the source
ID, SPI, PROTO, SOURCE, FAMILY = 56, 72, 76, 80, 212
LARVAL_SPI = 0


def messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def address(family, data):
    return socket.inet_ntop(family, data[:4 if family == socket.AF_INET else 16])


class Sad:
    def __init__(self):
        self.known = {}
        self.events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
        self.events.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.events.bind((0, GROUP_SA))
        self.own = own_addresses()

    def fileno(self):
        return self.events.fileno()

    def peer_of(self, body):
        """Of an SA that goes out; None: of another one."""
        family, = struct.unpack_from("=H", body, FAMILY)
        spi, = struct.unpack_from(">I", body, SPI)
        if body[PROTO] != socket.IPPROTO_ESP or spi == LARVAL_SPI:
            return None
        if address(family, body[SOURCE:]) not in self.own:
            return None
        return address(family, body[ID:])

    def peers_in(self, data):
        found = (self.peer_of(body) for kind, body in messages(data) if kind == XFRM_MSG_NEWSA)
        return [peer for peer in found if peer]

    def sas(self):
        """The peer of each SA that goes out."""
        query = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
        query.bind((0, 0))
        query.send(struct.pack("=IHHII", 16, XFRM_MSG_GETSA, NLM_F_DUMP, 1, 0))
        found = []
        while True:
            data = query.recv(1 << 20)
            found += self.peers_in(data)
            if any(kind == NLMSG_DONE for kind, _ in messages(data)):
                query.close()
                return found

    def peers(self):
        return set(self.sas())

    def new_peers(self, timeout):
        """Those that got an SA, as soon as there are any, and none after so many seconds."""
        if not select.select([self.events], [], [], timeout)[0]:
            return []
        return self.peers_in(self.events.recv(1 << 20))


def own_addresses():
    """From the local routing table, since the standard library has nothing that lists addresses."""
    with open("/proc/net/fib_trie", encoding="ascii") as file:
        lines = file.read().split("\n")
    return {before.split()[-1] for before, line in zip(lines, lines[1:]) if "/32 host LOCAL" in line}
