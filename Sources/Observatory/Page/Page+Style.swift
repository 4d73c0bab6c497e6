extension Page {
    /// The page's style: light and dark, narrow and wide.
    static let style = #"""
        :root {
          --ground: #f6f7f9; --card: #fff; --ink: #1b1f27; --faint: #5c6575; --line: #dde1e8; --accent: #2d5fc4;
          --good: #1a7f4b; --bad: #b3312b; --band: #2d5fc433;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12151b; --card: #1b2029; --ink: #e6e9ef; --faint: #98a2b3; --line: #2d3441; --accent: #7fa8ff;
            --good: #57c98c; --bad: #ff8a80; --band: #7fa8ff33;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
        a { color: var(--accent); text-decoration: none; }
        a:hover { text-decoration: underline; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .6rem 1rem; background: var(--card);
          border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 1; }
        .brand { font-weight: 700; font-size: 1.1rem; color: var(--ink); }
        nav { display: flex; gap: .9rem; }
        nav a[aria-current] { font-weight: 600; color: var(--ink); }
        #search { display: flex; flex: 1 1 16rem; gap: .4rem; }
        input { flex: 1; min-width: 0; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground);
          color: var(--ink); font: inherit; }
        button { padding: .4rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: var(--accent); color: var(--card);
          font: inherit; cursor: pointer; }
        #link { color: var(--faint); font-size: .85rem; }
        #link.on { color: var(--good); }
        main { max-width: 76rem; margin: 0 auto; padding: 1rem; }
        main:focus { outline: none; }
        h1 { font-size: 1.25rem; margin: .2rem 0 .8rem; overflow-wrap: anywhere; }
        h2 { font-size: 1rem; margin: 0 0 .5rem; }
        .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); gap: .7rem; margin-bottom: .9rem; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: .9rem; align-items: start; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem; margin-bottom: .9rem;
          min-width: 0; }
        .grid .card, .columns .card { margin-bottom: 0; }
        .tile .name { color: var(--faint); font-size: .8rem; }
        .tile .value { font-size: 1.4rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .tile .note { color: var(--faint); font-size: .75rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th { color: var(--faint); font-weight: 500; font-size: .8rem; }
        td.number, th.number { text-align: right; }
        td.wide { white-space: normal; min-width: 12rem; }
        code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
        dt { color: var(--faint); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .good { color: var(--good); } .bad { color: var(--bad); } .faint { color: var(--faint); }
        svg.chart { width: 100%; height: 9rem; display: block; }
        svg.chart polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        svg.chart polygon { fill: var(--band); }
        svg.chart line { stroke: var(--line); vector-effect: non-scaling-stroke; }
        .axis { display: flex; justify-content: space-between; color: var(--faint); font-size: .75rem; }
        ol.steps { margin: 0; padding-left: 1.2rem; }
        ol.steps li { padding: .15rem 0; }
        .skip, .hidden { position: absolute; left: -999rem; }
        .skip:focus { left: 1rem; top: .3rem; background: var(--card); padding: .3rem; z-index: 2; }
        @media (max-width: 40rem) { main { padding: .6rem; } .tile .value { font-size: 1.15rem; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }

        """#
}
