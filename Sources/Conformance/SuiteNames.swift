public import EVM

extension Fork {
    /// The forks by the names that the suites use.
    public static let suiteNames: [String: Fork] = [
        "Frontier": .frontier, "Homestead": .homestead, "EIP150": .tangerineWhistle, "EIP158": .spuriousDragon,
        "Byzantium": .byzantium, "Constantinople": .constantinople, "ConstantinopleFix": .petersburg,
        "Istanbul": .istanbul, "Berlin": .berlin, "London": .london, "Merge": .paris, "Paris": .paris,
        "Shanghai": .shanghai, "Cancun": .cancun, "Prague": .prague, "Osaka": .osaka,
        // The real blocks name some forks otherwise; forks that only moved the difficulty bomb have their parent's rules.
        "TangerineWhistle": .tangerineWhistle, "SpuriousDragon": .spuriousDragon, "Petersburg": .petersburg,
        "MuirGlacier": .istanbul, "ArrowGlacier": .london, "GrayGlacier": .london, "DAOFork": .homestead,
    ]

    /// The fork of a name as the suites write it, in any case.
    public init?(suiteName: String) {
        if let fork = Self.suiteNames[suiteName] {
            self = fork
            return
        }
        let wanted = suiteName.lowercased()
        guard let fork = Self.suiteNames.first(where: { $0.key.lowercased() == wanted })?.value else { return nil }
        self = fork
    }
}
