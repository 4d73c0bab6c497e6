// Instructions that hash, copy, log and look at other accounts. Each gets the stack pointer and the gas before it and
// returns the gas left; negative means that the frame halts, for `halt` when that is not the lack of gas.
extension Interpreter {
    private mutating func wordCount(_ size: U256) -> Int64 { Int64((size.l0 &+ 31) >> 5) }

    /// KECCAK256 offset size.
    @inline(never)
    mutating func keccak(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let offset = sp[-1]
        let size = sp[-2]
        var left = reach(offset, size, gas)
        if left < 0 { return left }
        left &-= 6 &* wordCount(size)
        if left < 0 { return left }
        if size.isZero {
            sp[-2] = Hash256.emptyCode.word
        } else {
            let start = UnsafeRawPointer(frame.pointee.memoryBase + Int(offset.l0))
            sp[-2] = size.l0 == 64 ? memo.hash(start).word : keccak256(start, count: Int(size.l0)).word
        }
        return left
    }

    /// Two words stored at 0 and 32, then KECCAK256 of both: the place of a mapping's element. The top goes to 32 where
    /// `small` is 1.
    @inline(never)
    mutating func hashWords(_ pc: UnsafePointer<Instruction>, _ sp: WordPointer, _ gas: Int64) -> Int64 {
        let frame = frame
        var left = gas
        if frame.pointee.memorySize < 64 {
            left = grow(to: 64, left)
            if left < 0 { return left }
        }
        let topIsLower = pc.pointee.small != 0
        let upper = sp[topIsLower ? -2 : -1]
        let lower = sp[topIsLower ? -1 : -2]
        upper.storeBigEndian(at: frame.pointee.memoryBase)
        lower.storeBigEndian(at: frame.pointee.memoryBase + 32)
        sp[-2] = memo.hash(upper, lower, at: frame.pointee.memoryBase).word
        return left &- 12
    }

    /// MLOAD of one place, MSTORE to another.
    @inline(__always)
    mutating func moveWord(_ pc: UnsafePointer<Instruction>, _ gas: Int64) -> Int64 {
        let frame = frame
        let source = Int(UInt32(truncatingIfNeeded: pc.pointee.immediate))
        let target = Int(truncatingIfNeeded: pc.pointee.immediate &>> 32)
        var left = gas
        if UInt64(truncatingIfNeeded: max(source, target)) >= frame.pointee.wordOffsets {
            left = grow(to: max(source, target) &+ 32, left)
            if left < 0 { return left }
        }
        let memory = frame.pointee.memoryBase
        WordPointer(memory + target)[0] = WordPointer(memory + source)[0]
        return left
    }

    /// CALLDATACOPY, CODECOPY: target source size.
    @inline(never)
    mutating func copyInput(_ sp: WordPointer, _ gas: Int64, code: Bool) -> Int64 {
        let size = sp[-3]
        var left = reach(sp[-1], size, gas)
        if left < 0 { return left }
        left &-= 3 &* wordCount(size)
        if left < 0 { return left }
        let frame = frame
        if code {
            let body = frame.pointee.code
            copy(
                body.pointee.bytes, body.pointee.size, from: sp[-2], to: Int(truncatingIfNeeded: sp[-1].l0),
                count: Int(size.l0))
        } else {
            copy(
                frame.pointee.input, frame.pointee.inputSize, from: sp[-2], to: Int(truncatingIfNeeded: sp[-1].l0),
                count: Int(size.l0))
        }
        return left
    }

    /// RETURNDATACOPY: target source size; reading beyond the end halts (EIP-211).
    @inline(never)
    mutating func copyReturnData(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        if journal.affine.returnTags.count != 0 { giveUpReturned() }
        let source = sp[-2]
        let size = sp[-3]
        let available = UInt64(returnData.count)
        if !source.fitsUInt64 || !size.fitsUInt64 || source.l0 > available || size.l0 > available &- source.l0 {
            halt = .returnDataOutOfBounds
            return -1
        }
        var left = reach(sp[-1], size, gas)
        if left < 0 { return left }
        left &-= 3 &* wordCount(size)
        if left < 0 || size.isZero { return left }
        let target = frame.pointee.memoryBase + Int(sp[-1].l0)
        target.copyMemory(from: returnData.base + Int(source.l0), byteCount: Int(size.l0))
        return left
    }

    /// MCOPY: target source size; the ranges may overlap (EIP-5656).
    @inline(never)
    mutating func copyMemory(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let size = sp[-3]
        var left = reach(sp[-1] < sp[-2] ? sp[-2] : sp[-1], size, gas)
        if left < 0 { return left }
        left &-= 3 &* wordCount(size)
        if left < 0 || size.isZero { return left }
        let memory = frame.pointee.memoryBase
        (memory + Int(sp[-1].l0)).copyMemory(from: memory + Int(sp[-2].l0), byteCount: Int(size.l0))
        return left
    }

    /// LOG0 to LOG4: offset size topics.
    @inline(never)
    mutating func log(_ sp: WordPointer, _ gas: Int64, topics: Int) -> Int64 {
        if frame.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        let size = sp[-2]
        var left = reach(sp[-1], size, gas)
        if left < 0 { return left }
        left &-= 8 &* Int64(size.l0)
        if left < 0 { return left }
        var record = LogRecord(
            address: Address(word: frame.pointee.addressWord), topicCount: UInt8(topics),
            topics: (.zero, .zero, .zero, .zero), dataStart: journal.logBytes.count, dataCount: Int(size.l0))
        if topics > 0 { record.topics.0 = sp[-3] }
        if topics > 1 { record.topics.1 = sp[-4] }
        if topics > 2 { record.topics.2 = sp[-5] }
        if topics > 3 { record.topics.3 = sp[-6] }
        journal.logs.append(record)
        if !size.isZero {
            let start = (frame.pointee.memoryBase + Int(sp[-1].l0)).assumingMemoryBound(to: UInt8.self)
            journal.logBytes.append(from: start, count: Int(size.l0))
        }
        return left
    }

    /// EXP base exponent.
    @inline(never)
    mutating func exponentiate(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let exponent = sp[-2]
        let left = gas &- rules.exponentByteGas &* Int64(exponent.byteWidthUsed)
        if left < 0 { return left }
        sp[-2] = sp[-1].exp(exponent)
        return left
    }

    // MARK: Other accounts

    /// The index of an account that an instruction touches, and the gas left after paying for a cold one.
    @inline(__always)
    mutating func access(_ word: U256, _ gas: Int64) -> (index: Int, left: Int64) {
        let index = journal.accountIndex(Address(word: word))
        // Precompiles are warm from the start (EIP-2929).
        if rules.hasAccessLists && journal.warmAccount(index) && precompile(word) == nil {
            return (index, gas &- rules.coldAccountGas)
        }
        return (index, gas)
    }

    /// BALANCE address.
    @inline(never)
    mutating func balance(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let (index, left) = access(sp[-1], gas)
        if left < 0 { return left }
        journal.load(index)
        sp[-1] = journal.accounts[index].balance
        return left
    }

    /// EXTCODESIZE address.
    @inline(never)
    mutating func externalCodeSize(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let (index, left) = access(sp[-1], gas)
        if left < 0 { return left }
        journal.load(index)
        sp[-1] = U256(code(of: index).pointee.size)
        return left
    }

    /// EXTCODEHASH address: zero for an account that does not exist or is empty.
    @inline(never)
    mutating func externalCodeHash(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let (index, left) = access(sp[-1], gas)
        if left < 0 { return left }
        journal.load(index)
        sp[-1] = journal.accounts[index].isDead ? .zero : journal.accounts[index].codeHash.word
        return left
    }

    /// EXTCODECOPY address target source size.
    @inline(never)
    mutating func copyExternalCode(_ sp: WordPointer, _ gas: Int64) -> Int64 {
        let size = sp[-4]
        var left = reach(sp[-2], size, gas)
        if left < 0 { return left }
        left &-= 3 &* wordCount(size)
        if left < 0 { return left }
        let index: Int
        (index, left) = access(sp[-1], left)
        if left < 0 { return left }
        journal.load(index)
        let body = code(of: index)
        copy(
            body.pointee.bytes, body.pointee.size, from: sp[-3], to: Int(truncatingIfNeeded: sp[-2].l0),
            count: Int(size.l0))
        return left
    }

    /// SELFBALANCE.
    @inline(never)
    mutating func selfBalance() -> U256 {
        journal.load(frame.pointee.account)
        return journal.accounts[frame.pointee.account].balance
    }

    /// BLOCKHASH number: zero outside the last 256 blocks.
    @inline(never)
    mutating func blockHash(_ number: U256) -> U256 {
        guard number.fitsUInt64, number.l0 < block.number, block.number - number.l0 <= 256 else { return .zero }
        return journal.blockHash(number.l0).word
    }

    /// BLOBHASH index.
    @inline(never)
    mutating func blobHash(_ index: U256) -> U256 {
        index < U256(blobHashes.count) ? blobHashes[Int(index.l0)].word : .zero
    }

    /// CALLDATALOAD near the end of the input.
    @inline(never)
    mutating func loadInputEnd(_ offset: U256) -> U256 {
        let frame = frame
        guard offset.fitsUInt64, offset.l0 < UInt64(frame.pointee.inputSize) else { return .zero }
        var word = U256.zero
        let start = Int(offset.l0)
        let present = min(32, frame.pointee.inputSize - start)
        withUnsafeMutableBytes(of: &word) { bytes in
            bytes.baseAddress!.copyMemory(from: frame.pointee.input + start, byteCount: present)
        }
        return withUnsafeBytes(of: word) { U256(loadingBigEndian: $0.baseAddress!) }
    }
}
