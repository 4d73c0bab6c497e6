extension Page {
    /// The page's frame.
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Hoard observatory</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">To the content</a>
        <header>
        <a class="brand" href="#/">Hoard</a>
        <nav aria-label="Pages"><a href="#/">Live</a><a href="#/market">Market</a><a href="#/money">Money</a></nav>
        <form id="search" role="search">
        <label class="hidden" for="text">Player, item, operation, transaction or block</label>
        <input id="text" type="search" autocomplete="off" spellcheck="false" placeholder="Player, item, operation, block … ( / )">
        <button type="submit">Search</button>
        </form>
        <span id="link" role="status">connecting</span>
        </header>
        <main id="main" tabindex="-1"><p>Loading</p></main>
        <noscript><p>This page asks the server by itself; allow its script, or ask over JSON-RPC.</p></noscript>
        </body>
        </html>

        """#
}
