import ArgumentParser
import EVM
import Foundation
import Ledger

/// `hoard bench trie`: what an anchor costs when many slots have changed.
struct TrieBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trie",
        abstract: "Time the state root after many slots of one contract have changed.",
        discussion: "The figure is the median processor time of nine roots, each after as many changes.")

    @Option(help: "Slots in the contract.")
    var slots = 500_000

    @Option(help: "Slots that change before each root.")
    var dirty = 100_000

    @Flag(help: "Print one JSON object: slots, dirty, milliseconds.")
    var json = false

    struct Output: Encodable {
        let slots: Int
        let dirty: Int
        let milliseconds: Double
    }

    func run() throws {
        let trie = StateTrie()
        let contract = Address(word: 0xC0DE)
        trie.set(contract, AccountState(nonce: 1))
        func change(_ count: Int, round: Int) {
            trie.storageChanges(of: contract) { set in
                for index in 0..<count {
                    // Multiples of a prime visit every slot once before they repeat.
                    let slot = (index &* 7_919 &+ round &* 104_729) % slots
                    set(U256(UInt64(slot)), U256(UInt64(1_000_000 * (round + 1) + index)))
                }
            }
        }
        change(slots, round: 0)
        _ = trie.root()
        var samples: [Double] = []
        for round in 1...9 {
            change(min(dirty, slots), round: round)
            let start = ProcessorTime.threadSeconds()
            _ = trie.root()
            samples.append((ProcessorTime.threadSeconds() - start) * 1e3)
        }
        let median = samples.sorted()[samples.count / 2]
        if json {
            try printJSON(Output(slots: slots, dirty: min(dirty, slots), milliseconds: median))
        } else {
            print("\(min(dirty, slots)) of \(slots) slots changed: root in \(String(format: "%.1f", median)) ms")
        }
    }
}
