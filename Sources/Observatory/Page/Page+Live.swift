extension Page {
    /// The first part of the script: asking, elements, the live feed.
    static let liveScript = #"""
        "use strict";
        // ----- asking the server -----
        let asked = 0;
        async function rpc(method, ...params) {
          const response = await fetch("/", {
            method: "POST", headers: { "content-type": "application/json" },
            body: JSON.stringify({ jsonrpc: "2.0", id: ++asked, method, params }),
          });
          if (!response.ok) throw new Error(await response.text());
          const answer = await response.json();
          if (answer.error) throw new Error(answer.error.message);
          return answer.result;
        }

        // ----- elements -----
        function make(name, attributes, ...children) {
          const element = name === "svg" || ["polyline", "polygon", "line"].includes(name)
            ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
          for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
          for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) element.append(child);
          return element;
        }
        const link = (href, text) => make("a", { href }, text);
        const count = (number) => Number(number).toLocaleString("en", { maximumFractionDigits: 0 });
        const short = (text) => text.length > 20 ? text.slice(0, 10) + "…" + text.slice(-6) : text;
        const time = (milliseconds) => new Date(milliseconds).toLocaleString();
        function amount(number) {
          const size = Math.abs(number);
          if (size >= 1e12) return (number / 1e12).toFixed(2) + " T";
          if (size >= 1e9) return (number / 1e9).toFixed(2) + " bn";
          if (size >= 1e6) return (number / 1e6).toFixed(2) + " M";
          return count(number);
        }
        function table(heads, rows) {
          const head = make("tr", {}, heads.map((text) => {
            const isNumber = text.startsWith("#");
            return make("th", isNumber ? { class: "number", scope: "col" } : { scope: "col" }, isNumber ? text.slice(1) : text);
          }));
          const body = rows.map((row) => make("tr", {}, row.map((cell, index) =>
            make("td", heads[index].startsWith("#") ? { class: "number" } : {}, cell))));
          return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, body)));
        }
        const card = (title, ...children) => make("section", { class: "card" }, make("h2", {}, title), ...children);
        function tile(name, value, note) {
          return make("div", { class: "card tile" }, make("div", { class: "name" }, name), make("div", { class: "value" }, value),
            make("div", { class: "note" }, note || ""));
        }
        function chart(title, points, band) {
          // points: [x, y]; band: [x, low, high]
          if (points.length < 1) return make("p", { class: "faint" }, "Nothing yet.");
          if (points.length === 1) points = [[points[0][0] - 1, points[0][1]], points[0]];
          const xs = points.map((point) => point[0]);
          const ys = points.map((point) => point[1]).concat((band || []).map((point) => point[2]));
          const left = Math.min(...xs), right = Math.max(...xs), top = Math.max(...ys, 1e-9);
          const x = (value) => (1000 * (value - left) / (right - left || 1)).toFixed(1);
          const y = (value) => (100 - 96 * value / top).toFixed(1);
          const box = make("svg", { class: "chart", viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": title });
          box.append(make("line", { x1: 0, x2: 1000, y1: 100, y2: 100 }));
          if (band && band.length > 1) {
            const outline = band.map((point) => x(point[0]) + "," + y(point[2]))
              .concat([...band].reverse().map((point) => x(point[0]) + "," + y(point[1])));
            box.append(make("polygon", { points: outline.join(" ") }));
          }
          box.append(make("polyline", { points: points.map((point) => x(point[0]) + "," + y(point[1])).join(" ") }));
          return make("div", {}, make("div", { class: "axis" }, make("span", {}, "most " + amount(top))), box);
        }
        function party(who) {
          return link("#/account/" + who.address, who.house || short(who.address));
        }
        function movements(list) {
          return list.map((move) => make("div", {}, amount(Number(move.amount)) + " ",
            move.asset > 65535 ? link("#/item/" + move.asset, move.name) : move.name, " from ", party(move.from), " to ", party(move.to)));
        }
        function operations(list) {
          return table(["When", "Action", "Outcome", "By", "What moved", "Operation"], list.map((operation) => [
            time(operation.timestampMilliseconds), operation.action,
            make("span", { class: operation.outcome === "applied" ? "good" : "bad" }, operation.outcome), party(operation.sender),
            make("div", {}, movements(operation.movements)), link("#/operation/" + operation.id, short(operation.id)),
          ]));
        }

        // ----- the live feed -----
        const live = { blocks: [], seconds: new Map(), samples: [] };
        function connect() {
          const state = document.getElementById("link");
          const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/ws");
          socket.onopen = () => {
            socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["microBlocks"] }));
            state.textContent = "live";
            state.className = "on";
          };
          socket.onmessage = (message) => {
            const text = JSON.parse(message.data);
            if (text.method !== "eth_subscription") return;
            const block = text.params.result;
            live.blocks.unshift(block);
            live.blocks.length = Math.min(live.blocks.length, 200);
            const second = Math.floor(Date.now() / 1000);
            const sum = live.seconds.get(second) || { operations: 0, refused: 0, blocks: 0 };
            sum.operations += block.operations;
            sum.refused += block.refused;
            sum.blocks += 1;
            live.seconds.set(second, sum);
            live.samples.push([second, block.milliseconds, block.operations]);
            if (live.samples.length > 20000) live.samples.splice(0, 10000);
            isStale = true;
          };
          socket.onclose = () => {
            state.textContent = "not connected";
            state.className = "";
            setTimeout(connect, 2000);
          };
        }
        function percentile(share) {
          const since = Math.floor(Date.now() / 1000) - 30;
          const recent = live.samples.filter((sample) => sample[0] >= since).sort((a, b) => a[1] - b[1]);
          const all = recent.reduce((sum, sample) => sum + sample[2], 0);
          let seen = 0;
          for (const sample of recent) {
            seen += sample[2];
            if (seen >= all * share) return sample[1];
          }
          return null;
        }

        """#
}
