import EVM

/// Writes bytecode by chance that gets somewhere: pushes before their use, jumps to places that exist, calls of known
/// accounts and precompiles.
struct FuzzProgram {
    /// The first fork that knows an opcode, where it is not the first of all.
    private static let activeFrom: [UInt8: Fork] = [
        0x1B: .constantinople, 0x1C: .constantinople, 0x1D: .constantinople, 0x1E: .osaka, 0x3D: .byzantium,
        0x3E: .byzantium, 0x3F: .constantinople, 0x46: .istanbul, 0x47: .istanbul, 0x48: .london, 0x49: .cancun,
        0x4A: .cancun, 0x5C: .cancun, 0x5D: .cancun, 0x5E: .cancun, 0xF4: .homestead, 0xF5: .constantinople,
        0xFA: .byzantium, 0xFD: .byzantium,
    ]

    private var random: FuzzRandom
    private let fork: Fork
    private var code: [UInt8] = []
    /// Words that the stack holds at the place that is written, if it is reached from above.
    private var height = 0
    /// Places of two-byte jump targets that a later JUMPDEST fills in.
    private var openJumps: [Int] = []
    private var jumpDestinations: [Int] = []
    /// Bytes behind the code, and the places of two-byte offsets that point to them.
    private var data: [UInt8] = []
    private var dataReferences: [(place: Int, offset: Int)] = []
    /// Whether creation and self-destruction may occur.
    private let mayDestroyAccounts: Bool
    /// How many in a hundred snippets do what gas cannot pay for, or what ends the program.
    private let recklessPercent: Int

    /// A program of a few dozen snippets; three of four keep to what gas can pay for, so that the end is reached.
    static func structured(_ random: inout FuzzRandom, _ fork: Fork, mayDestroy: Bool) -> [UInt8] {
        var program = FuzzProgram(
            random: FuzzRandom(seed: random.next()), fork: fork, mayDestroy: mayDestroy,
            recklessPercent: random.chance(75) ? 0 : 3)
        for _ in 0..<2 + random.below(40) { program.appendSnippet() }
        return program.finished()
    }

    /// Bytes without pattern.
    static func uniform(_ random: inout FuzzRandom, mayDestroy: Bool) -> [UInt8] {
        let bytes = random.bytes(random.chance(5) ? random.below(24_577) : random.below(200))
        return mayDestroy ? bytes : bytes.map { [0xF0, 0xF5, 0xFF].contains($0) ? 0x5B : $0 }
    }

    private init(random: FuzzRandom, fork: Fork, mayDestroy: Bool, recklessPercent: Int) {
        self.random = random
        self.fork = fork
        mayDestroyAccounts = mayDestroy
        self.recklessPercent = recklessPercent
    }

    /// Whether the program shows no respect for its own end here.
    private mutating func isReckless() -> Bool { random.chance(recklessPercent) }

    private mutating func finished() -> [UInt8] {
        if recklessPercent == 0 || random.chance(70) { appendEnd() }
        for place in openJumps { patch(place, isReckless() ? random.below(70_000) : code.count) }
        if !openJumps.isEmpty { code += [0x5B, 0x00] }
        // What runs off the end of the code must not run into the data, which may hold any opcode.
        code.append(0xFE)
        if !mayDestroyAccounts { data = data.map { $0 == 0x5B ? 0x5A : $0 } }
        let start = code.count
        for reference in dataReferences { patch(reference.place, start + reference.offset) }
        return code + data
    }

    private mutating func patch(_ place: Int, _ value: Int) {
        code[place] = UInt8(truncatingIfNeeded: value >> 8)
        code[place + 1] = UInt8(truncatingIfNeeded: value)
    }

    // MARK: Snippets

    private mutating func appendSnippet() {
        switch random.below(20) {
        case 0...5: appendOperator()
        case 6: appendMemoryAccess()
        case 7, 8: appendStorageAccess()
        case 9: appendForwardJump()
        case 10: appendDestination()
        case 11: random.chance(40) ? appendLoop() : appendOperator()
        case 12, 13: appendCall()
        case 14, 15: appendPrecompileCall()
        case 16: mayDestroyAccounts ? appendCreation() : appendOperator()
        case 17: appendCopy()
        case 18: appendLog()
        default:
            if recklessPercent > 0 && random.chance(10) {
                appendEnd()
            } else if recklessPercent > 0 && random.chance(10) {
                append(UInt8(random.below(0x60)))
            } else {
                appendOperator()
            }
        }
    }

    private mutating func append(_ opcode: UInt8) {
        if !mayDestroyAccounts && [0xF0, 0xF5, 0xFF].contains(opcode) { return }
        // An opcode from the future ends the program; mostly it is left out, and its operands stay on the stack.
        if let first = Self.activeFrom[opcode], first > fork, !isReckless() { return }
        code.append(opcode)
    }

    private mutating func push(_ value: U256) {
        let bytes = value.minimalBigEndianBytes
        code.append(0x5F + UInt8(max(1, bytes.count)))
        code += bytes.isEmpty ? [0] : bytes
        height += 1
    }

    private mutating func push(_ value: Int) { push(U256(UInt64(value))) }

    /// A number of the kinds that matter: small, at the ends of the range, an account.
    private mutating func pushSome() {
        switch random.below(10) {
        case 0...3: push(random.below(70))
        case 4: push(U256(random.next()))
        case 5: push(U256(0) &- U256(UInt64(random.below(3))))
        case 6: push(U256(1) << random.below(256))
        case 7: push(FuzzCase.account(random.below(FuzzCase.accountCount)).word)
        case 8: push(U256(random.next(), random.next(), random.next(), random.next()))
        default: push(random.below(1 << 20))
        }
    }

    /// Opcodes that take from the stack what is pushed right before them, and leave one word.
    private mutating func appendOperator() {
        let takes: [(UInt8, Int)] = [
            (0x01, 2), (0x02, 2), (0x03, 2), (0x04, 2), (0x05, 2), (0x06, 2), (0x07, 2), (0x08, 3), (0x09, 3), (0x0A, 2),
            (0x0B, 2), (0x10, 2), (0x11, 2), (0x12, 2), (0x13, 2), (0x14, 2), (0x15, 1), (0x16, 2), (0x17, 2), (0x18, 2),
            (0x19, 1), (0x1A, 2), (0x1B, 2), (0x1C, 2), (0x1D, 2), (0x1E, 1), (0x30, 0), (0x31, 1), (0x32, 0), (0x33, 0),
            (0x34, 0), (0x35, 1), (0x36, 0), (0x38, 0), (0x3A, 0), (0x3B, 1), (0x3D, 0), (0x3F, 1), (0x40, 1), (0x41, 0),
            (0x42, 0), (0x43, 0), (0x44, 0), (0x45, 0), (0x46, 0), (0x47, 0), (0x48, 0), (0x49, 1), (0x4A, 0), (0x58, 0),
            (0x59, 0), (0x5A, 0),
        ]
        let (opcode, count) = random.pick(takes)
        let wanted = max(0, count - (random.chance(60) ? height : 0))
        for _ in 0..<wanted { pushSome() }
        append(opcode)
        height = max(0, height - count) + 1
        if height > 1, random.chance(25) {
            let depth = min(height - 1, 15)
            append((random.chance(50) ? 0x80 : 0x90) + UInt8(random.below(depth)))
        }
        if height > 12 {
            append(0x50)
            height -= 1
        }
    }

    /// A place in memory: nearly always near, seldom beyond what gas can pay.
    private mutating func pushOffset() {
        isReckless() ? pushSome() : push(random.below(400))
    }

    private mutating func appendMemoryAccess() {
        switch random.below(6) {
        case 0:
            pushOffset()
            appendOffsetSum()
            append(0x51)
        case 1:
            pushSome()
            pushOffset()
            appendOffsetSum()
            append(random.chance(50) ? 0x52 : 0x53)
            height -= 2
        case 2:
            pushOffset()
            pushOffset()
            append(0x20)
            height -= 1
        case 3:
            // How compilers find an element of a mapping.
            pushSome()
            pushSome()
            let first: UInt8 = random.chance(50) ? 0x20 : 0
            code += [0x60, first, 0x52, 0x60, 0x20 - first, 0x52, 0x60, 0x40, 0x60, 0, 0x20]
            height -= 1
        case 4:
            // A word from one place to another.
            code += [0x60, 0x20 * UInt8(random.below(6)), 0x51, 0x60, 0x20 * UInt8(random.below(6)), 0x52]
        default:
            for _ in 0..<3 { pushOffset() }
            append(0x5E)
            height -= 3
        }
    }

    /// Adds a little to the offset on the stack, now and then a multiple of something.
    private mutating func appendOffsetSum() {
        if random.chance(60) { return }
        push(random.below(40))
        if random.chance(50) { code += [0x60, UInt8(random.below(4)), 0x02] }
        if random.chance(20) { append(0x90) }
        append(0x01)
        height -= 1
    }

    private mutating func appendStorageAccess() {
        let isTransient = random.chance(25)
        if random.chance(50) {
            push(random.below(8))
            append(isTransient ? 0x5C : 0x54)
        } else {
            random.chance(40) ? push(0) : pushSome()
            push(random.below(8))
            append(isTransient ? 0x5D : 0x55)
            height -= 2
        }
    }

    private mutating func appendDestination() {
        jumpDestinations.append(code.count)
        for place in openJumps { patch(place, code.count) }
        openJumps = []
        append(0x5B)
        // Whoever jumps here may have less on the stack.
        height = 0
    }

    private mutating func appendForwardJump() {
        let isConditional = random.chance(70)
        if isConditional && random.chance(60) {
            appendComparison()
        } else if random.chance(60) || (isConditional && height == 0) {
            pushSome()
        }
        code.append(0x61)
        openJumps.append(code.count)
        code += [0, 0]
        append(isConditional ? 0x57 : 0x56)
        if isConditional { height -= 1 }
    }

    /// Compares words of the stack in the ways that compilers do ahead of a jump.
    private mutating func appendComparison() {
        for _ in 0..<1 + random.below(3) { random.chance(70) ? push(random.below(6)) : pushSome() }
        let comparison = UInt8(0x10 + random.below(5))
        switch random.below(4) {
        case 0:
            push(random.chance(80) ? random.below(6) : random.below(1 << 20))
            append(0x80 + UInt8(random.below(min(height, 16))))
        case 1:
            append(0x80 + UInt8(random.below(min(height, 16))))
            height += 1
            push(random.chance(80) ? random.below(6) : random.below(1 << 20))
            height -= 1
        case 2:
            append(0x80 + UInt8(random.below(min(height, 16))))
            height += 1
            append(0x80 + UInt8(random.below(min(height, 16))))
        default:
            pushSome()
            append(0x90)
        }
        append(comparison)
        for _ in 0..<random.below(3) { append(0x15) }
        // The words below the comparison's stay, and programs do not count on more than one of them.
        height = 1
    }

    /// Counts down to zero, or runs until the gas is gone.
    private mutating func appendLoop() {
        push(1 + random.below(random.chance(5) ? 5_000 : 20))
        let start = code.count
        append(0x5B)
        for _ in 0..<random.below(4) {
            pushOffset()
            if random.chance(50) { append(0x51) }
            append(0x50)
            height -= 1
        }
        code += [0x60, 1, 0x90, 0x03, 0x80, 0x61, UInt8(truncatingIfNeeded: start >> 8), UInt8(truncatingIfNeeded: start), 0x57]
    }

    private mutating func appendCall() {
        let opcode = random.pick([UInt8(0xF1), 0xF1, 0xF2, 0xF4, 0xFA])
        for _ in 0..<4 { pushOffset() }
        if opcode == 0xF1 || opcode == 0xF2 { random.chance(70) ? push(0) : push(random.below(1000)) }
        random.chance(90) ? push(FuzzCase.account(random.below(FuzzCase.accountCount)).word) : pushSome()
        recklessPercent > 0 && random.chance(60) ? append(0x5A) : push(random.below(100_000))
        append(opcode)
        height = max(0, height - 5)
    }

    /// Copies an input from behind the code into memory and calls a precompile with it.
    private mutating func appendPrecompileCall() {
        let (address, input) = PrecompileInputs.make(&random)
        push(input.count)
        code.append(0x61)
        dataReferences.append((code.count, data.count))
        code += [0, 0]
        data += input
        push(0)
        append(0x39)
        push(random.below(300))
        push(random.below(300))
        push(random.chance(95) ? input.count : random.below(2_000))
        push(0)
        let isStatic = fork >= .byzantium && random.chance(50)
        if !isStatic { push(0) }
        push(U256(address))
        // A precompile that fails takes all that it is given.
        recklessPercent > 0 && random.chance(70) ? append(0x5A) : push(random.below(120_000))
        append(isStatic ? 0xFA : 0xF1)
        height = 1
        if fork >= .byzantium && random.chance(40) { code += [0x3D, 0x60, 0, 0x60, 0, 0x3E] }
    }

    private mutating func appendCreation() {
        // Some initcode from this code, from calldata, or from what memory holds.
        let size = isReckless() ? random.below(60_000) : random.below(200)
        push(size)
        push(random.below(64))
        push(0)
        append(random.chance(50) ? 0x37 : 0x39)
        let isSalted = random.chance(50)
        if isSalted { push(random.below(3)) }
        push(size)
        push(0)
        push(random.chance(80) ? 0 : random.below(50))
        append(isSalted ? 0xF5 : 0xF0)
        height = 1
    }

    private mutating func appendCopy() {
        let opcode = random.pick([UInt8(0x37), 0x39, 0x3C, 0x3E])
        if opcode == 0x3E && recklessPercent == 0 {
            // Bytes that were not returned end the program.
            push(random.below(2))
            if fork >= .byzantium { code += [0x3D, 0x02] }
            push(0)
            pushOffset()
        } else {
            for _ in 0..<3 { pushOffset() }
        }
        if opcode == 0x3C { pushSome() }
        append(opcode)
        height = max(0, height - 4)
    }

    private mutating func appendLog() {
        let topics = random.below(5)
        for _ in 0..<topics { pushSome() }
        pushOffset()
        pushOffset()
        append(0xA0 + UInt8(topics))
        height = max(0, height - 2 - topics)
    }

    private mutating func appendEnd() {
        // Most programs should give something.
        switch random.below(recklessPercent == 0 && random.chance(80) ? 3 : 6) {
        case 0: append(0x00)
        case 1, 2:
            pushOffset()
            pushOffset()
            append(0xF3)
        case 3:
            pushOffset()
            pushOffset()
            append(0xFD)
        case 4 where mayDestroyAccounts:
            push(FuzzCase.account(random.below(FuzzCase.accountCount)).word)
            append(0xFF)
        default: append(random.chance(30) ? 0xFE : 0x00)
        }
    }
}
