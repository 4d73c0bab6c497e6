/// A set of protocol rules, in the order in which Ethereum took them into use.
public enum Fork: Int, Comparable, Sendable, CaseIterable {
    case frontier, homestead, tangerineWhistle, spuriousDragon, byzantium, constantinople, petersburg
    case istanbul, berlin, london, paris, shanghai, cancun, prague, osaka

    /// Whether one set of rules is older than the other.
    public static func < (left: Fork, right: Fork) -> Bool { left.rawValue < right.rawValue }
}
