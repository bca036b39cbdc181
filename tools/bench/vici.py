# SPDX-License-Identifier: MIT
"""As much of charon's VICI as a bench needs: requests with sections, lists and values."""
import socket
import struct

SECTION_START, SECTION_END, KEY_VALUE, LIST_START, LIST_ITEM, LIST_END = 1, 2, 3, 4, 5, 6
CMD_REQUEST, CMD_RESPONSE = 0, 1


def octets(value):
    return value if isinstance(value, bytes) else str(value).encode()


def name(text):
    return bytes([len(text)]) + text.encode()


def value(data):
    return struct.pack(">H", len(octets(data))) + octets(data)


def encode(message):
    result = b""
    for key, item in message.items():
        if isinstance(item, dict):
            result += bytes([SECTION_START]) + name(key) + encode(item) + bytes([SECTION_END])
        elif isinstance(item, list):
            result += bytes([LIST_START]) + name(key)
            result += b"".join(bytes([LIST_ITEM]) + value(one) for one in item) + bytes([LIST_END])
        else:
            result += bytes([KEY_VALUE]) + name(key) + value(item)
    return result


class Vici:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def request(self, command, message):
        """Whether charon says that it succeeded."""
        packet = bytes([CMD_REQUEST]) + name(command) + encode(message)
        self.socket.sendall(struct.pack(">I", len(packet)) + packet)
        length, = struct.unpack(">I", self.stream.read(4))
        answer = self.stream.read(length)
        return answer[0] == CMD_RESPONSE and name("success") + value("yes") in answer
