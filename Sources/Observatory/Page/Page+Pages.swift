extension Page {
    /// The second part of the script: what each page shows.
    static let pagesScript = #"""

        // ----- pages -----
        let view = null;
        let isStale = false;
        let overview = null;
        const milliseconds = (value) => value === null ? "–" : value + " ms";

        async function livePage(main) {
          overview = await rpc("hoard_overview");
          const tiles = make("div", { class: "grid" });
          const rate = card("Operations a second, last two minutes", make("p"));
          const blocks = card("Micro-blocks", make("p"));
          const actions = card("Actions since the first block", make("p"));
          main.replaceChildren(make("h1", {}, "Live"), tiles, rate, make("div", { class: "columns" }, blocks, actions));
          const draw = () => {
            const now = Math.floor(Date.now() / 1000);
            const points = [];
            let operations = 0, refused = 0, made = 0;
            for (let second = now - 120; second < now; second++) {
              const sum = live.seconds.get(second) || { operations: 0, refused: 0, blocks: 0 };
              points.push([second, sum.operations]);
              if (second >= now - 10) { operations += sum.operations; refused += sum.refused; made += sum.blocks; }
            }
            for (const second of live.seconds.keys()) if (second < now - 180) live.seconds.delete(second);
            const newest = live.blocks[0];
            const head = newest ? newest.number : overview.head;
            const parallel = overview.parallel;
            const units = parallel ? parallel.confirmed + parallel.repeated + parallel.inTurn + parallel.sequential : 0;
            tiles.replaceChildren(
              tile("Last block", link("#/block/" + head, count(head)), overview.anchor ? "anchor at " + count(overview.anchor.block) : "no anchor yet"),
              tile("Operations a second", count(operations / 10), count(made / 10) + " blocks a second"),
              tile("Final within, median", milliseconds(percentile(0.5)), "opened until durable, 30 s"),
              tile("Final, 95 of 100", milliseconds(percentile(0.95)), "99 of 100: " + milliseconds(percentile(0.99))),
              tile("Refused", operations ? (100 * refused / operations).toFixed(1) + " %" : "–", "by contracts, 10 s"),
              tile("Conflicts", units ? (100 * parallel.repeated / units).toFixed(2) + " %" : "none", units ? "executed more than once" : "executed one by one"),
              tile("Operations in all", amount(overview.operations), "index at block " + count(overview.indexed)));
            rate.lastChild.replaceWith(chart("Operations a second", points));
            blocks.lastChild.replaceWith(live.blocks.length ? table(["Block", "#Operations", "#Refused", "#Gas", "#ms"], live.blocks.slice(0, 15).map((block) => [
              link("#/block/" + block.number, count(block.number)), count(block.operations), count(block.refused), amount(block.gasUsed),
              String(block.milliseconds),
            ])) : make("p", { class: "faint" }, "No block since this page was opened."));
            actions.lastChild.replaceWith(table(["Action", "Outcome", "#Count", "#Gas each"], overview.totals
              .sort((a, b) => b.count - a.count).slice(0, 25)
              .map((row) => [row.action, row.outcome, count(row.count), count(row.gas / row.count)])));
          };
          draw();
          return { draw, refresh: async () => { overview = await rpc("hoard_overview"); draw(); } };
        }

        async function moneyPage(main) {
          const draw = async () => {
            const all = await rpc("hoard_overview");
            main.replaceChildren(make("h1", {}, "Faucets and sinks"),
              card("Currencies", table(["Currency", "#Supply", "#Issued", "#Sunk", "#Treasury", "#Issued, hour", "#Sunk, hour", "#Moved, hour", "#Velocity, hour"],
                all.currencies.map((row) => [row.name, amount(row.supply), amount(row.issued), amount(row.sunk), amount(row.treasury),
                  amount(row.issuedHour), amount(row.sunkHour), amount(row.movedHour), row.velocityHour.toFixed(3)]))),
              make("p", { class: "faint" }, "Supply is what faucets issued less what came back or went to a sink, since the first block of the history. "
                + "Velocity is what moved within an hour for each unit of supply."));
          };
          await draw();
          return { refresh: draw };
        }

        async function marketPage(main) {
          const draw = async () => {
            const top = await rpc("hoard_market", 1440);
            main.replaceChildren(make("h1", {}, "Market, last 24 hours"), card("Items that most was paid for",
              top.length ? table(["Item", "#Units", "#Paid", "#Lowest", "#Highest", "#Average"], top.map((row) => [
                link("#/item/" + row.asset, row.name), count(row.units), amount(row.paid), amount(row.low), amount(row.high),
                (row.paid / row.units).toFixed(1)])) : make("p", { class: "faint" }, "Nothing was sold yet.")));
            const charts = make("div", { class: "columns" });
            main.append(charts);
            for (const row of top.slice(0, 4)) charts.append(await priceCard(row.asset, row.name));
          };
          await draw();
          return { refresh: draw };
        }

        async function priceCard(asset, title) {
          const points = await rpc("hoard_prices", asset, 1440);
          return card(title, chart("Price of " + title, points.map((point) => [point.minute, point.paid / point.units]),
            points.map((point) => [point.minute, point.low, point.high])));
        }

        async function itemPage(main, asset) {
          const item = await rpc("hoard_item", Number(asset), null, 100);
          main.replaceChildren(make("h1", {}, item.name + " (" + asset + ")"), await priceCard(Number(asset), "Price, last 24 hours"),
            card("Its way, the newest first", item.steps.length ? operations(item.steps) : make("p", { class: "faint" }, "It has not moved.")));
        }

        async function accountPage(main, account) {
          const found = await rpc("hoard_account", account, null, 100);
          main.replaceChildren(make("h1", {}, (found.house || "Account") + " " + found.address),
            card("Has", table(["Asset", "#Amount"], found.holdings.map((row) => [
              row.asset > 65535 ? link("#/item/" + row.asset, row.name) : row.name, count(row.amount)]))),
            card("Operations, the newest first", found.operations.length ? operations(found.operations) : make("p", { class: "faint" }, "None.")));
        }

        async function blockPage(main, number) {
          const block = await rpc("eth_getBlockByNumber", "0x" + BigInt(number).toString(16), false);
          if (!block) throw new Error("There is no block " + number + ".");
          const rows = [["Hash", block.hash], ["Parent", block.parentHash], ["Opened", time(parseInt(block.timestampMilliseconds, 16))],
            ["Gas", count(parseInt(block.gasUsed, 16))], ["State root", /^0x0+$/.test(block.stateRoot) ? "no anchor at this block" : block.stateRoot]];
          main.replaceChildren(make("h1", {}, "Block " + count(number)), card("Head", make("dl", {}, rows.map((row) =>
            [make("dt", {}, row[0]), make("dd", {}, make("code", {}, row[1]))]))),
            card(block.transactions.length + " operations", table(["Operation"], block.transactions.slice(0, 500).map((hash) =>
              [link("#/operation/" + hash.slice(2, 34), hash)]))),
            make("p", {}, number > 1 ? link("#/block/" + (Number(number) - 1), "Block before") : "", " ", link("#/block/" + (Number(number) + 1), "Block behind")));
        }

        async function operationPage(main, id) {
          const operation = await rpc("hoard_operation", id);
          if (!operation) throw new Error("There is no operation " + id + ".");
          const rows = [["Id", operation.id], ["Transaction", operation.hash], ["Action", operation.action], ["Outcome", operation.outcome],
            ["Refusal", operation.refusal], ["Gas", count(operation.gas)], ["When", time(operation.timestampMilliseconds)]].filter((row) => row[1]);
          const proof = card("Receipt", make("p", {}, "Checked in this browser, from the bytes that the server keeps."), make("p"));
          const button = make("button", { type: "button", id: "verify" }, "Verify the receipt");
          button.onclick = async () => {
            const result = await verified(operation.id);
            proof.lastChild.replaceWith(make("div", { id: "proof" }, make("ol", { class: "steps" }, result.steps.map((step) =>
              make("li", { class: step[0] ? "good" : "bad" }, (step[0] ? "✓ " : "✗ ") + step[1]))),
              make("p", { class: result.isGood ? "good" : "bad" }, result.isGood ? "The receipt is proven." : "The receipt is not proven.")));
          };
          proof.lastChild.append(button);
          main.replaceChildren(make("h1", {}, "Operation " + short(operation.id)), card("What it was", make("dl", {}, rows.map((row) =>
            [make("dt", {}, row[0]), make("dd", {}, row[1])]), make("dt", {}, "Block"), make("dd", {}, link("#/block/" + operation.block, count(operation.block))),
            make("dt", {}, "By"), make("dd", {}, party(operation.sender)))), card("What moved", make("div", {}, movements(operation.movements))), proof);
        }

        async function searchPage(main, text) {
          const found = await rpc("hoard_search", text);
          if (found.length === 1) { location.replace("#/" + found[0].kind + "/" + found[0].key); return; }
          main.replaceChildren(make("h1", {}, "Found for “" + text + "”"), card(found.length + " matches", found.length
            ? table(["What", "Which"], found.map((row) => [row.kind, link("#/" + row.kind + "/" + row.key, row.title)]))
            : make("p", {}, "Nothing. Search for a player's name, an item's name or number, an operation id, a transaction's hash or a block.")));
        }

        const pages = { "": livePage, market: marketPage, money: moneyPage, item: itemPage, account: accountPage, block: blockPage,
          operation: operationPage, search: searchPage };
        let opened = 0;
        async function open() {
          const own = ++opened;
          const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
          const main = document.getElementById("main");
          const page = make("div");
          for (const item of document.querySelectorAll("nav a")) {
            if (item.getAttribute("href") === "#/" + name) item.setAttribute("aria-current", "page"); else item.removeAttribute("aria-current");
          }
          view = null;
          try {
            const made = await (pages[name] || livePage)(page, decodeURIComponent(rest.join("/")));
            if (own !== opened) return;
            view = made || null;
          } catch (error) {
            page.replaceChildren(make("h1", {}, "That did not work"), make("p", { class: "bad", role: "alert" }, error.message));
          }
          if (own === opened) main.replaceChildren(page);
        }
        window.addEventListener("hashchange", () => { open().then(() => document.getElementById("main").focus()); });
        document.addEventListener("keydown", (event) => {
          if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
            event.preventDefault();
            document.getElementById("text").focus();
          }
        });
        document.getElementById("search").addEventListener("submit", (event) => {
          event.preventDefault();
          const text = document.getElementById("text").value.trim();
          if (text) location.hash = "#/search/" + encodeURIComponent(text);
        });
        setInterval(() => { if (view && view.draw && !document.hidden) view.draw(); }, 500);
        setInterval(() => { if (view && view.refresh && !document.hidden) view.refresh().catch(() => {}); }, 2000);
        connect();
        open();

        """#
}
