#!/usr/bin/env python3
"""Buys something from a Hoard server. Written from docs/WIRE.md alone, with nothing but the standard library.

    client.py --port 7777 --token "$(hoard token --data DIR --role player --subject alice)"

A player who owns nothing buys nothing: with --server-token (a token of role server) the player gets some gold first.
Ends with 0 when the purchase was applied and its repeat was not applied a second time.
"""

import argparse
import hashlib
import os
import socket
import struct
import sys
import time

HEADER = struct.Struct("<4sBBHIIQQ16s")
HELLO, WELCOME, ACTION, REPLY, QUERY, RESULT, ERROR, GOODBYE = 1, 2, 3, 5, 7, 8, 13, 14
GRANT, PURCHASE = 33, 3
BALANCE, OFFER, RECEIPT = 1, 3, 4
APPLIED, BUSY = 0, 3
OWN_ACCOUNT = bytes(20)
NO_OPERATION = bytes(16)
GOLD = 1


class Objection(Exception):
    """The server, or the protocol, says no."""


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def read_text(body, offset):
    count, = struct.unpack_from("<H", body, offset)
    return body[offset + 2:offset + 2 + count].decode()


def account(label):
    return hashlib.sha256(label.encode()).digest()[:20]


def new_operation_id():
    """Six bytes of milliseconds, big-endian, then ten of chance."""
    return int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10)


class Session:
    """One connection; one question at a time."""

    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.number = 0
        self.requests = 0
        body = self.ask(HELLO, text(token) + text("client.py"), WELCOME)
        self.number, self.role, self.credit = struct.unpack_from("<QB3xI", body)
        self.account = body[24:44]

    def send(self, kind, body, operation=NO_OPERATION):
        self.requests += 1
        length = HEADER.size + len(body)

        def header(checksum):
            return HEADER.pack(b"HRD1", 1, kind, 0, length, checksum, self.number, self.requests, operation)

        self.socket.sendall(header(crc32c(header(0) + body)) + body)

    def receive_exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise Objection("the server closed the connection")
            data += part
        return data

    def receive(self):
        """The next frame: kind, request id, body."""
        head = self.receive_exactly(HEADER.size)
        magic, version, kind, _, length, checksum, _, request, _ = HEADER.unpack(head)
        if magic != b"HRD1" or version != 1 or length < HEADER.size:
            raise Objection(f"this is no frame of version 1: {head.hex()}")
        body = self.receive_exactly(length - HEADER.size)
        computed = crc32c(head[:12] + bytes(4) + head[16:] + body)
        if computed != checksum:
            raise Objection(f"checksum {checksum:#x} came, {computed:#x} is right")
        return kind, request, body

    def ask(self, kind, body, wanted, operation=NO_OPERATION):
        self.send(kind, body, operation)
        while True:
            kind, request, body = self.receive()
            if kind in (ERROR, GOODBYE):
                code, have, need = struct.unpack_from("<H6xQQ", body)
                raise Objection(f"code {code} (have {have}, need {need}): {read_text(body, 24)}")
            if kind == wanted and request == self.requests:
                return body

    def perform(self, code, payload, operation):
        """An action by the session's own account; waits and repeats while the server is busy."""
        action = struct.pack("<HHIQ", code, 0, len(payload), 0) + OWN_ACCOUNT + bytes(4) + payload
        for _ in range(50):
            reply = Reply(self.ask(ACTION, action, REPLY, operation))
            if reply.status != BUSY:
                return reply
            time.sleep(max(1, reply.retry_after) / 1000)
        raise Objection("the server is too busy")

    def query(self, kind, subject=0, operation=NO_OPERATION):
        body = struct.pack("<HHI", kind, 0, 0) + OWN_ACCOUNT + bytes(4) + struct.pack("<Q", subject) + operation
        result = self.ask(QUERY, body, RESULT)
        status, = struct.unpack_from("<H", result, 2)
        if status == 2:
            raise Objection(f"query {kind} was refused: {read_text(result, 40)}")
        return result[16:] if status == 0 else None

    def balance(self, asset):
        found = self.query(BALANCE, asset)
        if found is None:
            raise Objection(f"there is no asset {asset}")
        return struct.unpack_from("<q", found, 8)[0]

    def close(self):
        self.send(GOODBYE, struct.pack("<HHIQQ", 0, 0, 0, 0, 0) + text(""))
        self.socket.close()


class Reply:
    """The answer to an action."""

    def __init__(self, body):
        (self.status, self.refusal, self.repeated, self.block, self.index, self.retry_after, self.gas,
         self.have, self.need, self.result0, self.result1) = struct.unpack_from("<HHB3xQIIQQQQQ", body)
        self.message = read_text(body, 64)

    def identity(self):
        return self.status, self.refusal, self.block, self.index, self.gas, self.result0, self.result1

    def __str__(self):
        if self.status == APPLIED:
            return f"applied in block {self.block}, place {self.index}; {self.gas} gas, results {self.result0} and {self.result1}"
        return f"status {self.status}, refusal {self.refusal} (have {self.have}, need {self.need}): {self.message}"


def expect(condition, what):
    if not condition:
        raise Objection(what)


def grant_gold(arguments, player):
    """What a game server does when a player has earned something."""
    server = Session(arguments.host, arguments.port, arguments.server_token)
    lines = struct.pack("<QQ", GOLD, arguments.gold) + bytes(7 * 16)
    payload = player + account("hoard:faucet:" + arguments.faucet) + struct.pack("<I", arguments.reason) + lines
    reply = server.perform(GRANT, payload, new_operation_id())
    print(f"granted {arguments.gold} gold: {reply}")
    expect(reply.status == APPLIED, "the grant was not applied")
    server.close()


def run(arguments):
    session = Session(arguments.host, arguments.port, arguments.token)
    print(f"session {session.number}, account 0x{session.account.hex()}, credit {session.credit}")
    if arguments.server_token:
        grant_gold(arguments, session.account)

    offer = session.query(OFFER, arguments.offer)
    expect(offer is not None, f"there is no offer {arguments.offer}")
    costs = [struct.unpack_from("<QQ", offer, 48 + 16 * line) for line in range(4)]
    results = [struct.unpack_from("<QQ", offer, 112 + 16 * line) for line in range(4)]
    print(f"offer {arguments.offer} costs {[c for c in costs if c[0]]} and gives {[r for r in results if r[0]]}")
    assets = sorted({asset for asset, _ in costs + results if asset})
    before = {asset: session.balance(asset) for asset in assets}
    print(f"balances before: {before}")

    most = [amount * arguments.quantity for _, amount in costs]
    payload = struct.pack("<II4Q", arguments.offer, arguments.quantity, *most)
    operation = new_operation_id()
    print(f"operation {operation.hex()}")
    first = session.perform(PURCHASE, payload, operation)
    print(f"purchase: {first}")
    expect(first.status == APPLIED, "the purchase was not applied")

    again = session.perform(PURCHASE, payload, operation)
    print(f"the same once more: {again}, repeated: {bool(again.repeated)}")
    expect(again.repeated and again.identity() == first.identity(), "the repeat did not get the original reply")

    receipt = session.query(RECEIPT, PURCHASE, operation)
    expect(receipt is not None, "the receipt was not found")
    expect(Reply(receipt).identity() == first.identity(), "the receipt is not the reply")

    after = {asset: session.balance(asset) for asset in assets}
    print(f"balances after: {after}")
    for asset in assets:
        paid = sum(amount for a, amount in costs if a == asset) * arguments.quantity
        got = sum(amount for a, amount in results if a == asset) * arguments.quantity
        expect(after[asset] == before[asset] - paid + got, f"asset {asset} has {after[asset]}")
    session.close()
    print("ok: bought once, though asked twice")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7777)
    parser.add_argument("--token", required=True, help="a token of role player")
    parser.add_argument("--offer", type=int, default=1)
    parser.add_argument("--quantity", type=int, default=1)
    parser.add_argument("--server-token", help="a token of role server, to give the player gold first")
    parser.add_argument("--gold", type=int, default=100, help="how much")
    parser.add_argument("--faucet", default="rewards", help="where it comes from")
    parser.add_argument("--reason", type=int, default=1, help="the reason code of the grant")
    try:
        run(parser.parse_args())
    except (Objection, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
