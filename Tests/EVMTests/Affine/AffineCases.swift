@testable import EVM

/// One program over one slot, and what is to be known of the slot afterwards.
struct AffineCase: CustomStringConvertible, Sendable {
    /// What becomes of slot 0.
    enum Effect: Equatable, Sendable {
        case delta(Int)
        case write(Int)
        case nothing
    }

    let name: String
    let code: String
    let base: U256
    let effect: Effect
    /// The interval, ends included; nil where any value will do.
    let interval: ClosedPair?
    /// Code of a second contract at 0xc01d; its slot 0 is the one in question then.
    var child: String?
    var patches = 0

    struct ClosedPair: Equatable, Sendable {
        var low: U256
        var high: U256
    }

    var description: String { name }

    static func number(_ value: Int) -> U256 {
        value < 0 ? .zero &- U256(UInt64(-value)) : U256(UInt64(value))
    }

    /// A case by small numbers; negative ones count down from 2^256.
    static func make(
        _ name: String, _ code: String, _ base: Int, _ effect: Effect, _ interval: (Int, Int)?, child: String? = nil,
        patches: Int = 0
    ) -> AffineCase {
        AffineCase(
            name: name, code: code, base: number(base), effect: effect,
            interval: interval.map { ClosedPair(low: number($0.0), high: number($0.1)) }, child: child, patches: patches)
    }

    private static let callChild = "5f5f5f5f5f 61c01d 61ffff f1 50"
    private static let callChildForWord = "6020 5f 5f 5f 5f 61c01d 61ffff f1 50"
    private static let returnsSlot = "5f54 5f52 6020 5f f3"
    private static let checkedAdd = "5f54 80 6005 01 81 81 10 600f 57 5f 55 00 5b 5f 5f fd"

    static let all: [AffineCase] = arithmetic + questions + places + frames

    private static let arithmetic: [AffineCase] = [
        make("1 adds 5", "5f54 6005 01 5f55", 9, .delta(5), (1, -6)),
        make("1b adds 5 near the end", "5f54 6005 01 5f55", -3, .delta(5), (-4, -1)),
        make("2 adds 5 to zero", "5f54 6005 01 5f55", 0, .delta(5), (0, 0)),
        make("3 takes all", "6009 5f54 03 5f55", 9, .delta(-9), (9, 9)),
        make("4 takes 3", "6003 5f54 03 5f55", 9, .delta(-3), (4, -1)),
        make("5 adds and takes", "5f54 6005 01 5f55 6005 5f54 03 5f55", 9, .nothing, (1, -6)),
        make("6 adds twice", "5f54 6005 01 5f55 5f54 6005 01 5f55", 9, .delta(10), (1, -11)),
        make("7 writes back", "5f54 5f55", 9, .nothing, nil),
        make("8 writes blindly", "6007 5f55", 9, .write(7), (8, -1)),
        make("9 writes what is there", "6007 5f55", 7, .nothing, (7, 7)),
        make("10 clears blindly", "5f5f55", 9, .write(0), (1, -1)),
        make("11 writes, loads, adds", "6007 5f55 5f54 6001 01 5f55", 9, .write(8), (9, -1)),
        make("12 doubles", "5f54 5f54 01 50", 9, .nothing, (9, 9)),
        make("13 takes itself", "5f54 5f54 03 50", 9, .nothing, nil),
        make("14 goes elsewhere", "5f54 6001 55", 9, .nothing, (9, 9)),
        make("15 is taken from 5", "5f54 6005 03 50", 9, .nothing, (9, 9)),
        make("18 NOT", "5f54 19 50", 9, .nothing, (9, 9)),
        make("28 SHL", "5f54 6001 1b 50", 9, .nothing, (9, 9)),
        make("44 pays itself", "6005 5f54 03 5f55 6005 5f54 01 5f55", 9, .nothing, (6, -1)),
        make("47 SIGNEXTEND 127", "5f54 5f 0b 6001 01 5f55", 127, .delta(1), (1, 127)),
        make("47 SIGNEXTEND 128", "5f54 5f 0b 6001 01 5f55", 128, .write(-127), (128, 128)),
    ]

    private static let questions: [AffineCase] = [
        make("19 JUMP", "5f54 56 5b 00", 3, .nothing, (3, 3)),
        make("20 equals itself", "5f54 5f54 14 50", 9, .nothing, nil),
        make("21 below another slot", "6001 54 5f54 10 50", 9, .nothing, (0, 99)),
        AffineCase(
            name: "22 SLT through zero", code: "6004 5f54 12 50", base: number(-5), effect: .nothing,
            interval: ClosedPair(low: U256(0, 0, 0, 1 << 63), high: 3)),
        make("23 XOR equal", "6009 5f54 18 6009 57 00 5b", 9, .nothing, (9, 9)),
        make("23 XOR unequal", "6009 5f54 18 6009 57 00 5b", 8, .nothing, (10, 8)),
        make("24 AND 255, small", "60ff 5f54 16 6001 01 5f55", 9, .delta(1), (1, 255)),
        make("25 AND 255, large", "60ff 5f54 16 50", 0x1ff, .nothing, (0x1ff, 0x1ff)),
        AffineCase(
            name: "26 SHR 128", code: "5f54 6080 1c 6009 57 00 5b", base: 9, effect: .nothing,
            interval: ClosedPair(low: 0, high: U256(.max, .max, 0, 0))),
        make("27 popped comparison", "600a 5f54 10 50", 9, .nothing, (0, 9)),
        make("40 checked addition", checkedAdd, 9, .delta(5), (1, -6)),
        make("41 checked addition overflows", checkedAdd, -3, .nothing, (-5, -1)),
        make("DIV", "6004 5f54 04 50", 9, .nothing, (8, 11)),
        make("MOD, small", "600a 5f54 06 6001 01 5f55", 9, .delta(1), (1, 9)),
        make("MOD, large", "600a 5f54 06 50", 19, .nothing, (19, 19)),
    ]

    private static let places: [AffineCase] = [
        make("hashed with a place of a mapping", "5f54 6007 6020 52 5f 52 6040 5f 20 50", 9, .nothing, (9, 9)),
        make("a key of a mapping", "6007 5f54 6020 52 5f 52 6040 5f 20 50", 9, .nothing, (9, 9)),
        make(
            "overwritten where a mapping is hashed", "5f54 6020 52 6001 6002 6020 52 5f 52 6040 5f 20 50 6020 51 5f55", 9,
            .write(2), (3, -1)),
        make("moved in memory", "5f54 6040 52 6040 51 6060 52 6060 51 6005 01 5f55", 9, .delta(5), (1, -6)),
        make("overwritten by a move", "5f54 6040 52 6060 51 6040 52 6040 51 5f55", 9, .write(0), (1, -1)),
        make("16 key of SSTORE", "6001 5f54 55", 9, .nothing, (9, 9)),
        make("17 key of SLOAD", "5f54 54 50", 9, .nothing, (9, 9)),
        make("29 memory", "5f54 6040 52 6040 51 6001 01 5f55", 9, .delta(1), (1, -2)),
        make("30 memory, one byte on", "5f54 6040 52 6041 51 50", 9, .nothing, (9, 9)),
        make("31 MCOPY", "5f54 6040 52 6020 6040 6080 5e 6080 51 6001 01 5f55", 9, .delta(1), (1, -2)),
        make("32 KECCAK256", "5f54 5f52 6020 5f 20 50", 9, .nothing, (9, 9)),
        make("33 TSTORE", "5f54 5f 5d", 9, .nothing, (9, 9)),
        make("36 MSTORE8", "5f54 5f52 6001 6003 53 5f51 50", 9, .nothing, (9, 9)),
        make("43 LOG and RETURN", "5f54 5f52 5f54 6020 5f a1 6020 5f f3", 9, .nothing, nil, patches: 3),
        make("46 half a word", "5f54 5f52 6010 5f 6040 5e 6040 51 50", 9, .nothing, (9, 9)),
        make("MSTORE address", "6001 5f54 52", 9, .nothing, (9, 9)),
    ]

    private static let frames: [AffineCase] = [
        make("34 gas of a call", "5f5f5f5f5f 6099 5f54 f1 50", 100, .nothing, (100, 100)),
        make("35 argument of a call", "5f54 5f52 5f5f 6020 5f 5f 6099 6101f4 f1 50", 9, .nothing, (9, 9)),
        make("37 child fails", callChild, 9, .nothing, (1, -6), child: "5f54 6005 01 5f55 5f5ffd"),
        make("38 child returns", callChildForWord + "6064 5f51 10 50", 9, .nothing, (0, 99), child: returnsSlot),
        make("39 REVERT data", "5f54 5f52 6020 5f fd", 9, .nothing, (9, 9)),
        make("42 two children", callChild + callChild, 9, .delta(10), (1, -11), child: "5f54 6005 01 5f55"),
        make(
            "45 getter, then SSTORE",
            "36 6018 57 6020 5f 6001 5f 30 61ffff fa 50 5f51 6001 01 5f55 00 5b" + returnsSlot, 9, .delta(1), (1, -2)),
        make(
            "RETURNDATACOPY", callChild + "6020 5f 6040 3e 6040 51 6001 55", 9, .nothing, (9, 9), child: returnsSlot),
        make(
            "a failed write is forgotten",
            "36 6018 57 5f5f 6001 5f 5f 30 61ffff f1 50 5f54 6001 01 5f55 00 5b 6007 5f55 5f5ffd", 9, .delta(1),
            (8, -2)),
    ]
}
