#!/usr/bin/env python3
"""web3.py and eth-account against a running Hoard: what any tool of the Ethereum world does with a node.

    check.py --hoard .build/debug/hoard

Starts a server in a folder of its own, plays a few actions over TCP with docs/examples/client.py, and checks what it reads.
"""

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

try:
    import rlp
    from eth_account import Account
    from eth_utils import keccak
    from trie import HexaryTrie
    from web3 import AsyncWeb3, Web3, WebSocketProvider
    from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound
except ImportError:  # the fuzzer uses the server alone, with nothing but the standard library
    Web3 = None

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
checks = 0


class Failed(Exception):
    """A check that does not hold."""


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise Failed(what)


class Server:
    """A server with its data in a folder that is removed."""

    def __init__(self, hoard):
        self.hoard = os.path.abspath(hoard)
        self.folder = tempfile.TemporaryDirectory(prefix="hoard-web3-")
        command = [self.hoard, "serve", "--data", self.folder.name, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
                   "--log-level", "error"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.http = self.line("observing on ")
        self.port = int(self.line("listening on ").rsplit(":", 1)[1])

    def line(self, beginning):
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("web3-check: the server ended before it listened")
            if line.startswith(beginning):
                return line[len(beginning):].strip()

    def token(self, role, subject):
        command = [self.hoard, "token", "--data", self.folder.name, "--role", role, "--subject", subject]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    def play(self, subject="alice"):
        """A grant and a purchase; one at a time for a player, whose balances are compared."""
        command = [sys.executable, os.path.join(ROOT, "docs/examples/client.py"), "--port", str(self.port),
                   "--token", self.token("player", subject), "--server-token", self.token("server", "game")]
        run = subprocess.run(command, capture_output=True, text=True)
        check(run.returncode == 0, "the example client: " + run.stdout + run.stderr)

    def stop(self):
        self.process.terminate()
        check(self.process.wait(timeout=60) == 0, "the server ends with 0")
        self.folder.cleanup()


def player(name):
    """The account of a player, as docs/WIRE.md derives it."""
    return Web3.to_checksum_address(hashlib.sha256(b"hoard:player:" + name.encode()).digest()[:20])


def abi(name):
    with open(os.path.join(ROOT, "GameData/Contracts/build", name + ".json")) as file:
        return json.load(file)["abi"]


def read(web3):
    """Blocks, transactions, receipts, logs."""
    check(web3.is_connected(), "connected")
    check(web3.client_version.startswith("Hoard/"), "client version")
    check(web3.eth.chain_id == 31337 and web3.net.version == "31337", "chain id")
    head = web3.eth.block_number
    check(head >= 2, f"blocks after the first actions: {head}")
    block = web3.eth.get_block("latest", full_transactions=True)
    check(block.number >= head and len(block.transactions) >= 1, "the last block has transactions")
    check(web3.eth.get_block(block.hash).number == block.number, "a block by its hash")
    check(web3.eth.get_block(block.number - 1).hash == block.parentHash, "blocks are chained")
    check(web3.eth.get_block(0).hash == web3.eth.get_block("earliest").hash, "block 0")
    transaction = block.transactions[0]
    check(web3.eth.get_transaction(transaction.hash)["from"] == transaction["from"], "a transaction by its hash")
    receipt = web3.eth.get_transaction_receipt(transaction.hash)
    check(receipt.status == 1 and receipt.blockHash == block.hash, "its receipt")
    receipts = web3.eth.get_block_receipts(block.number)
    check([r.transactionHash for r in receipts] == [t.hash for t in block.transactions], "all receipts of a block")
    check(receipts[-1].cumulativeGasUsed == block.gasUsed, "gas adds up")
    logs = web3.eth.get_logs({"fromBlock": 1, "toBlock": "latest"})
    check(len(logs) > 0, "logs")
    one = web3.eth.get_logs({"fromBlock": 1, "toBlock": "latest", "address": logs[0].address, "topics": [logs[0].topics[0]]})
    check(0 < len(one) <= len(logs), "filtered logs")
    check(web3.eth.get_logs({"fromBlock": 1, "toBlock": "latest", "address": "0x" + "11" * 20}) == [], "no logs of nobody")
    history = web3.eth.fee_history(2, "latest", [50])
    check(history.baseFeePerGas == [0] * len(history.baseFeePerGas), "fees are zero")
    try:
        web3.eth.get_transaction(b"\x11" * 32)
        check(False, "an unknown transaction is not found")
    except TransactionNotFound:
        check(True, "")
    return logs


def contracts(web3, logs):
    """The contracts' ABIs: views, decoded events, reverts."""
    game = {}
    for log in logs:
        game.setdefault(log.address, []).append(log)
    coins = None
    for address, own in game.items():
        contract = web3.eth.contract(address=address, abi=abi("coins"))
        events = [event for log in own for event in decoded(contract.events.Transfer, log)]
        if any(event.args["receiver" if "receiver" in event.args else list(event.args)[1]] == player("alice") for event in events):
            coins = contract
            break
    check(coins is not None, "a Transfer event to alice, decoded with the ABI of coins")
    balance = coins.functions.balanceOf(player("alice")).call()
    check(balance > 0, "alice has coins by balanceOf")
    stranger = Account.create()
    transfer = coins.functions.transfer(stranger.address, 1)
    gas = transfer.estimate_gas({"from": player("alice")})
    check(21_000 < gas < 200_000, f"gas of a transfer: {gas}")
    check(transfer.call({"from": player("alice")}) is not None, "a transfer as a question")
    try:
        transfer.call({"from": stranger.address})
        check(False, "who has nothing gives nothing")
    except (ContractCustomError, ContractLogicError) as error:
        check(error.data not in (None, "no data"), "a revert has its data")
    listed = web3.eth.create_access_list({"from": player("alice"), "to": coins.address, "data": transfer._encode_transaction_data()})
    check(any(entry.address.lower() == coins.address.lower() for entry in listed.accessList), "an access list")
    override = web3.eth.call({"to": stranger.address, "data": "0x"}, "latest", {stranger.address: {"code": "0x602a60005260206000f3"}})
    check(int.from_bytes(override, "big") == 42, "code by override")
    return coins


def decoded(event, log):
    try:
        return [event().process_log(log)]
    except Exception:  # another event of the same contract
        return []


def send(web3):
    """Sign, send, wait; refusals by their codes."""
    account = Account.from_key("0x" + "42" * 32)
    check(web3.eth.get_transaction_count(account.address) == 0, "a new account")
    # PUSH1 42 PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN, behind a creation that returns it.
    creation = "0x69602a60005260206000f3600052600a6016f3"
    filled = {"chainId": 31337, "nonce": 0, "gas": 200_000, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "value": 0, "data": creation}
    signed = account.sign_transaction(filled)
    sent = web3.eth.send_raw_transaction(signed.raw_transaction)
    check(sent == signed.hash, "the hash is that of the signed bytes")
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=20, poll_latency=0.05)
    check(receipt.status == 1 and receipt.contractAddress is not None, "a contract was made")
    transaction = web3.eth.get_transaction(sent)
    check(transaction.nonce == 0 and transaction.type == 2 and transaction.r != b"", "the signed transaction comes back")
    check(web3.eth.get_code(receipt.contractAddress).hex().endswith("f3"), "its code")
    check(int.from_bytes(web3.eth.call({"to": receipt.contractAddress}), "big") == 42, "it answers")
    check(web3.eth.get_transaction_count(account.address) == 1, "the nonce has risen")

    def raw(**changes):
        fields = {"chainId": 31337, "nonce": 1, "gas": 50_000, "gasPrice": 0, "value": 0, "data": b"", "to": receipt.contractAddress}
        return "0x" + account.sign_transaction({**fields, **changes}).raw_transaction.hex().removeprefix("0x")

    def error(*request):
        answer = web3.provider.make_request(*request)
        check("error" in answer, f"{request[0]} is refused")
        return answer["error"]

    answer = web3.provider.make_request("eth_sendRawTransactionSync", [raw(), 5000])
    check(answer["result"]["status"] == "0x1", "eth_sendRawTransactionSync gives the receipt at once")
    gap = error("eth_sendRawTransactionSync", [raw(nonce=9)])
    check(gap["code"] == 6 and int(gap["data"], 16) == 2, f"a gap of nonces has code 6 and the expected nonce: {gap}")
    check(error("eth_sendRawTransaction", [raw(nonce=0, gas=50_001)])["code"] == -32000, "a nonce used before")
    check(error("eth_sendRawTransaction", [raw(nonce=2, chainId=1)])["code"] == -32602, "signed for another chain")
    check(error("eth_sendRawTransaction", [raw(nonce=2, value=1)])["code"] == -32000, "value without a balance")
    check(error("eth_sendRawTransaction", ["0xc0"])["code"] == -32602, "no transaction at all")
    check(error("eth_nothing", [])["code"] == -32601, "an unknown method")
    trace = web3.provider.make_request("debug_traceTransaction", ["0x" + sent.hex().removeprefix("0x"), {"tracer": "callTracer"}])
    check(trace["result"]["type"] == "CREATE", f"a call trace: {str(trace)[:300]}")
    steps = web3.provider.make_request("debug_traceTransaction", ["0x" + sent.hex().removeprefix("0x"), {}])
    check(steps["result"]["structLogs"][0]["op"] == "PUSH10", "a struct log")
    return account, receipt.contractAddress


def filters(web3, server):
    """Filters that are asked for news."""
    blocks, logs = web3.eth.filter("latest"), web3.eth.filter({"fromBlock": "latest"})
    server.play()
    check(len(blocks.get_new_entries()) >= 2, "new blocks by filter")
    check(len(logs.get_new_entries()) >= 2 and logs.get_new_entries() == [], "new logs by filter, once")
    check(web3.eth.uninstall_filter(logs.filter_id), "a filter is dropped")


def prove(web3, coins):
    """eth_getProof, checked with a trie library against the root that the block names."""
    proof = web3.provider.make_request("eth_getProof", [coins.address, ["0x0", "0x1", "0x5"], "latest"])["result"]
    block = web3.provider.make_request("eth_getBlockByNumber", [proof["blockNumber"], False])["result"]
    check(block["stateRoot"] == proof["stateRoot"], "the block of a proof has its root")
    final = web3.eth.get_block("finalized")
    check(final.number >= int(proof["blockNumber"], 16), "it is the last anchor")
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof["accountProof"]]
    leaf = HexaryTrie.get_from_proof(bytes.fromhex(block["stateRoot"][2:]), keccak(bytes.fromhex(coins.address[2:])), nodes)
    nonce, balance, storage, code = rlp.decode(leaf)
    check(storage.hex() == proof["storageHash"][2:] and code.hex() == proof["codeHash"][2:], "the account is proven")
    check(keccak(bytes(web3.eth.get_code(coins.address))) == code, "its code is the proven one")
    for slot in proof["storageProof"]:
        nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in slot["proof"]]
        value = HexaryTrie.get_from_proof(storage, keccak(int(slot["key"], 16).to_bytes(32, "big")), nodes)
        have = int.from_bytes(rlp.decode(value), "big") if value else 0
        check(have == int(slot["value"], 16), f"slot {slot['key']} is proven")
        check(have == int.from_bytes(web3.eth.get_storage_at(coins.address, int(slot["key"], 16)), "big"), "and read")


async def subscribe(server, account, target):
    """newHeads, logs, newPendingTransactions, microBlocks, stateChanges over WebSocket."""
    wanted = {"newHeads", "newPendingTransactions", "microBlocks", "stateChanges"}
    async with AsyncWeb3(WebSocketProvider(server.http.replace("http://", "ws://") + "/ws")) as web3:
        names = {}
        for topic in sorted(wanted):
            names[await web3.eth.subscribe(topic)] = topic
        signed = account.sign_transaction({"chainId": 31337, "nonce": 2, "gas": 50_000, "gasPrice": 0, "value": 0, "to": target})
        await web3.eth.send_raw_transaction(signed.raw_transaction)
        seen = {}
        async with asyncio.timeout(20):
            async for message in web3.socket.process_subscriptions():
                seen[names[message["subscription"]]] = message["result"]
                if set(seen) == wanted:
                    break
        check(seen["newHeads"]["number"] == seen["microBlocks"]["number"], "a head and its micro-block")
        check(bytes(seen["newPendingTransactions"]) == bytes(signed.hash), "the hash of the transaction")
        check(any(change["address"].lower() == account.address.lower() for change in seen["stateChanges"]["changes"]), "its sender changed")
        for name in names:
            check(await web3.eth.unsubscribe(name), "unsubscribed")


def outside(server):
    """What is not JSON-RPC."""
    for path, words in [("/metrics", "hoard_blocks_total"), ("/healthz", "ok"), ("/readyz", "ready"), ("/", "<title>")]:
        with urllib.request.urlopen(server.http + path, timeout=10) as answer:
            check(words in answer.read().decode(), f"{path} says {words}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hoard", required=True)
    arguments = parser.parse_args()
    server = Server(arguments.hoard)
    try:
        server.play()
        web3 = Web3(Web3.HTTPProvider(server.http, request_kwargs={"timeout": 20}))
        logs = read(web3)
        coins = contracts(web3, logs)
        account, target = send(web3)
        filters(web3, server)
        prove(web3, coins)
        asyncio.run(subscribe(server, account, target))
        outside(server)
    finally:
        if server.process.poll() is None:
            server.process.terminate()
    check(server.process.wait(timeout=60) == 0, "the server ends with 0")
    server.folder.cleanup()
    print(f"web3-check: {checks} checks passed")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"web3-check: FAILED: {failed}")
