#!/usr/bin/env python3
"""Sends a running observatory what nobody should send, for so many seconds, and checks that it stays well.

    fuzz.py --hoard .build/release/hoard --seconds 600 [--seed 1]

Broken JSON, wrong types, huge batches, deep nesting, unknown methods, slow and half requests, foreign origins, WebSocket floods.
Every answer must be HTTP; every body that is JSON must be an answer of JSON-RPC; the server must be ready at the end.
"""

import argparse
import base64
import http.client
import json
import os
import random
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

METHODS = ["eth_getBalance", "eth_getStorageAt", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByHash",
           "eth_getTransactionReceipt", "eth_getLogs", "eth_call", "eth_estimateGas", "eth_createAccessList", "eth_getProof",
           "eth_feeHistory", "eth_sendRawTransaction", "eth_sendRawTransactionSync", "eth_newFilter", "eth_getFilterChanges",
           "eth_getBlockReceipts", "debug_traceTransaction", "hoard_search", "hoard_account", "hoard_item", "hoard_prices",
           "hoard_receiptProof", "hoard_market", "hoard_overview", "web3_sha3", "eth_subscribe", "no_such", "", "eth_chainId"]


class Counts:
    def __init__(self):
        self.lock, self.values, self.problems = threading.Lock(), {}, []

    def add(self, name):
        with self.lock:
            self.values[name] = self.values.get(name, 0) + 1

    def problem(self, text):
        with self.lock:
            self.problems.append(text)


def value(chance, depth=0):
    kind = chance.randrange(14 if depth < 4 else 10)
    if kind == 0:
        return None
    if kind == 1:
        return chance.choice([True, False])
    if kind == 2:
        return chance.choice([0, -1, 1, 2**53, -2**63, 2**64, 1.5, 1e308, 10**40])
    if kind == 3:
        return chance.choice(["latest", "pending", "safe", "finalized", "earliest", "", "0x", "0", "alice", "newHeads", "logs"])
    if kind == 4:
        return hex(chance.choice([0, 1, 2, 5, 2**32, 2**64 - 1, 2**256 - 1, 2**256, 2**300]))
    if kind == 5:
        return "0x" + "".join(chance.choice("0123456789abcdefg") for _ in range(chance.choice([1, 2, 39, 40, 41, 64, 65, 1000])))
    if kind == 6:
        return "0x" + chance.randbytes(chance.choice([0, 1, 4, 20, 32, 100, 4000])).hex()
    if kind == 7:
        return "\u0000\u001f\ud7ff" * chance.randrange(20)
    if kind == 8:
        return "0x" + "00" * 19 + "%02x" % chance.randrange(256)
    if kind == 9:
        return "x" * chance.choice([1, 100, 10_000])
    if kind in (10, 11):
        return [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    keys = ["from", "to", "data", "input", "value", "gas", "gasPrice", "address", "topics", "fromBlock", "toBlock", "blockHash",
            "blockNumber", "balance", "nonce", "code", "state", "stateDiff", "tracer", "accessList", "chainId"]
    return {chance.choice(keys): value(chance, depth + 1) for _ in range(chance.randrange(6))}


def request(chance):
    fields = {"jsonrpc": "2.0", "id": chance.randrange(100), "method": chance.choice(METHODS),
              "params": [value(chance) for _ in range(chance.randrange(4))]}
    if chance.randrange(8) == 0:
        fields[chance.choice(list(fields))] = value(chance)
    if chance.randrange(12) == 0:
        del fields[chance.choice(list(fields))]
    return fields


def text(chance):
    kind = chance.randrange(10)
    if kind == 0:
        return b"[" * chance.choice([31, 32, 33, 1000, 200_000])
    if kind == 1:
        return json.dumps([request(chance) for _ in range(chance.choice([0, 1, 2, 20, 100, 101, 1000]))]).encode()
    if kind == 2:
        return chance.randbytes(chance.randrange(200))
    data = bytearray(json.dumps(request(chance)).encode())
    if kind < 6:
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def posts(port, chance, until, counts):
    while time.time() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        try:
            for _ in range(chance.randrange(1, 50)):
                headers = {"content-type": "application/json"}
                if chance.randrange(10) == 0:
                    headers["origin"] = chance.choice(["https://evil.example", "null", "http://localhost", "\x7f"])
                if chance.randrange(20) == 0:
                    headers["content-type"] = "text/plain"
                if chance.randrange(30) == 0:
                    headers["host"] = "evil.example"
                connection.request("POST", "/", text(chance), headers)
                answer = connection.getresponse()
                body = answer.read()
                counts.add(f"post {answer.status}")
                if answer.status == 200:
                    said = json.loads(body)
                    for one in said if isinstance(said, list) else [said]:
                        if one.get("jsonrpc") != "2.0" or ("result" in one) == ("error" in one):
                            counts.problem(f"no answer of JSON-RPC: {body[:300]}")
                        elif "error" in one and one["error"]["code"] == -32603:
                            counts.problem(f"the server blames itself: {body[:300]}")
                if answer.getheader("connection") == "close":
                    break
        except (http.client.HTTPException, OSError, ValueError) as error:
            counts.add("post " + type(error).__name__)
        finally:
            connection.close()


def rude(port, chance, until, counts):
    """Half requests, slow ones, bytes by chance, all paths."""
    while time.time() < until:
        kind = chance.randrange(4)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
                if kind == 0:
                    peer.sendall(chance.randbytes(chance.randrange(2_000)))
                elif kind == 1:
                    peer.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n")
                    for _ in range(30):
                        peer.sendall(b" ")
                        time.sleep(0.05)
                elif kind == 2:
                    path = "/" + "".join(chance.choice("./%aé?#\\0") for _ in range(chance.randrange(60)))
                    peer.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
                    counts.add("get " + peer.recv(12).decode(errors="replace"))
                else:
                    peer.sendall(b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * chance.choice([10, 10_000, 200_000]) + b"\r\n\r\n")
                    peer.recv(100)
            counts.add("rude")
        except OSError as error:
            counts.add("rude " + type(error).__name__)


def sockets(port, chance, until, counts):
    """WebSockets: floods, frames by chance, subscriptions that nobody reads."""
    while time.time() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
                key = base64.b64encode(chance.randbytes(16)).decode()
                peer.sendall((f"GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
                              f"sec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n").encode())
                if b"101" not in peer.recv(4096)[:12]:
                    counts.add("websocket refused")
                    continue
                for _ in range(chance.choice([1, 10, 2_000])):
                    data = text(chance) if chance.randrange(3) else b'{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["microBlocks"]}'
                    data = data[:60_000]
                    first = chance.choice([0x81, 0x81, 0x81, 0x81, 0x82, 0x01, 0x80, 0x89, 0x88, chance.randrange(256)])
                    length = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0xFE, len(data))
                    peer.sendall(bytes([first]) + length + bytes(4) + data)
                counts.add("websocket")
        except OSError as error:
            counts.add("websocket " + type(error).__name__)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hoard", required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    from check import Server, check
    server = Server(arguments.hoard)
    server.play()
    port = int(server.http.rsplit(":", 1)[1])
    counts, until = Counts(), time.time() + arguments.seconds
    threads = [threading.Thread(target=kind, args=(port, random.Random(arguments.seed * 100 + index), until, counts))
               for index, kind in enumerate([posts, posts, rude, sockets])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(min(5, arguments.seconds))
        if server.process.poll() is not None:
            sys.exit(f"fuzz: the server has ended with {server.process.returncode}")
    time.sleep(2)
    server.play()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    body = answer.read().decode()
    with open(f"/proc/{server.process.pid}/status") as file:
        memory = next(line.split()[1] for line in file if line.startswith("VmRSS"))
    check(answer.status == 200, "the server is ready: " + body)
    server.process.terminate()
    check(server.process.wait(timeout=60) == 0, "the server ends with 0")
    server.folder.cleanup()
    print(json.dumps({"seconds": arguments.seconds, "seed": arguments.seed, "residentKiB": int(memory), "counts": counts.values}, indent=1))
    for problem in counts.problems[:20]:
        print("fuzz:", problem)
    sys.exit(1 if counts.problems else 0)


if __name__ == "__main__":
    main()
