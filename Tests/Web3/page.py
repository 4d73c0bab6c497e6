#!/usr/bin/env python3
"""The observatory's page in a headless Chromium, driven over the DevTools protocol.

    page.py --hoard .build/debug/hoard --browser chromium-headless-shell [--folder SCREENSHOTS]
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check as checks  # noqa: E402
from check import Failed, Server, check  # noqa: E402


class Browser:
    """One page of a browser of our own."""

    def __init__(self, program, folder):
        self.profile = tempfile.TemporaryDirectory(prefix="hoard-browser-", ignore_cleanup_errors=True)
        self.folder = folder
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
                   "--user-data-dir=" + self.profile.name, "about:blank"]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True)
        for line in self.process.stderr:
            if line.startswith("DevTools listening on "):
                self.port = int(line.split(":")[2].split("/")[0])
                return
        sys.exit("page-check: the browser did not start")

    async def open(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json/list") as answer:
            page = next(page for page in json.load(answer) if page["type"] == "page")
        self.socket = await websockets.connect(page["webSocketDebuggerUrl"], max_size=1 << 26)
        self.numbers, self.waiting, self.complaints = itertools.count(1), {}, []
        self.reader = asyncio.create_task(self.read())
        for domain in ["Page", "Runtime", "Log", "Network"]:
            await self.ask(domain + ".enable")

    async def read(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.waiting.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.complaints.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif message["method"] == "Runtime.consoleAPICalled" and message["params"]["type"] in ("error", "assert"):
                self.complaints.append(str(message["params"]["args"]))
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.complaints.append(message["params"]["entry"]["text"] + " " + message["params"]["entry"].get("url", ""))

    async def ask(self, method, **parameters):
        number = next(self.numbers)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        answer = await asyncio.wait_for(self.waiting[number], 30)
        check("error" not in answer, f"{method}: {answer.get('error')}")
        return answer["result"]

    async def run(self, script):
        result = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        check("exceptionDetails" not in result, f"{script}: {result}")
        return result["result"].get("value")

    async def until(self, script, what, seconds=20):
        for _ in range(seconds * 10):
            # A page that is not there yet has none of the elements.
            if await self.run(f"(() => {{ try {{ return !!({script}); }} catch {{ return false; }} }})()"):
                return
            await asyncio.sleep(0.1)
        check(False, what + ": " + str(await self.run("document.body.innerText"))[:1500])

    async def show(self, width, height, dark=False):
        await self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        await self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    async def shot(self, name):
        if not self.folder:
            return
        picture = await self.ask("Page.captureScreenshot", format="png")
        with open(os.path.join(self.folder, name + ".png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def close(self):
        # All of its processes, which are a group of their own.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)
        self.profile.cleanup()


async def visit(browser, server):
    await browser.open()
    await browser.show(1280, 900)
    await browser.ask("Page.navigate", url=server.http + "/")
    await browser.until("document.querySelector('#link').className === 'on'", "the live feed is open")
    await browser.until("document.querySelectorAll('.tile').length >= 6", "the tiles are there")
    before = await browser.run("document.querySelector('.tile .value').innerText")
    loop = asyncio.get_running_loop()
    playing = [loop.run_in_executor(None, server.play, f"player {number}") for number in range(4)]
    await browser.until(f"document.querySelector('.tile .value').innerText !== {json.dumps(before)}", "blocks arrive by themselves")
    await asyncio.wait_for(asyncio.gather(*playing), 60)
    await browser.until("document.querySelectorAll('table a[href^=\"#/block/\"]').length > 3", "the list of blocks fills")
    await browser.until("document.body.innerText.includes('purchase')", "actions are counted", 30)
    await browser.shot("live")
    await browser.show(390, 800, dark=True)
    await asyncio.sleep(0.6)
    check(await browser.run("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off on a phone")
    await browser.shot("live-phone-dark")
    await browser.show(1280, 900)

    await browser.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: '/'}))")
    check(await browser.run("document.activeElement.id === 'text'"), "the key / leads to the search")
    await browser.run("document.getElementById('text').value = 'alice'; document.getElementById('search').requestSubmit()")
    await browser.until("location.hash.startsWith('#/account/0x')", "the search finds a player")
    await browser.until("document.body.innerText.includes('Operations, the newest first')", "the player's page")
    await browser.until("document.querySelector('a[href^=\"#/operation/\"]')", "the player's operations")
    await browser.shot("account")
    await browser.run("document.querySelector('a[href^=\"#/item/\"]').click()")
    await browser.until("document.body.innerText.includes('Its way, the newest first')", "an item's page with its way")
    await browser.until("document.querySelector('polyline')", "with a chart of its price")
    await browser.shot("item")
    await browser.run("document.querySelector('a[href^=\"#/operation/\"]').click()")
    await browser.until("document.getElementById('verify')", "an operation's page")
    await browser.run("document.getElementById('verify').click()")
    await browser.until("document.getElementById('proof')", "the proof is checked")
    await browser.shot("receipt")
    check(await browser.run("document.getElementById('proof').innerText.includes('The receipt is proven.')"),
          "the receipt is proven: " + str(await browser.run("document.getElementById('proof').innerText")))
    for page, words in [("market", "Items that most was paid for"), ("money", "Faucets and sinks"), ("block/1", "operations")]:
        await browser.run(f"location.hash = '#/{page}'")
        await browser.until(f"document.body.innerText.includes({json.dumps(words)})", "the page " + page)
        await browser.shot(page.replace("/", "-"))
    await browser.run("location.hash = '#/operation/ff'")
    await browser.until("document.querySelector('[role=alert]')", "a wrong id gets a sentence")
    check(browser.complaints == [], f"the console is silent: {browser.complaints}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hoard", required=True)
    parser.add_argument("--browser", required=True)
    parser.add_argument("--folder", default="")
    arguments = parser.parse_args()
    if arguments.folder:
        os.makedirs(arguments.folder, exist_ok=True)
    server = Server(arguments.hoard)
    try:
        browser = Browser(arguments.browser, arguments.folder)
    except BaseException:
        server.process.terminate()
        raise
    try:
        server.play()
        asyncio.run(visit(browser, server))
    finally:
        browser.close()
        server.process.terminate()
    check(server.process.wait(timeout=60) == 0, "the server ends with 0")
    server.folder.cleanup()
    print(f"page-check: {checks.checks} checks passed")


if __name__ == "__main__":
    try:
        main()
    except (Failed, TimeoutError) as failed:
        sys.exit(f"page-check: FAILED: {failed!r}")
