/// The page at /, compiled in: no build step and nothing from elsewhere.
enum Page {
    /// The icon in the browser's tab.
    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 13 5 7l3 3 3-7 3 10z" fill="#3b6fd8"/></svg>
        """

    /// The whole script; functions come before what runs at once.
    static let script = liveScript + proofScript + pagesScript
}
