// CREATE and CREATE2: the account, its creation code, and the code that it leaves.
extension Interpreter {
    /// CREATE value offset size, CREATE2 value offset size salt. `result` is where the stack pointer will be after it.
    @inline(never)
    mutating func create(
        _ sp: WordPointer, salted: Bool, _ result: WordPointer, _ gas: Int64,
        beyond: Int64
    ) -> Int64 {
        let creator = frame
        if creator.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        let value = sp[-1]
        let offset = sp[-2]
        let size = sp[-3]
        if !size.fitsUInt64 || size.l0 > UInt64(rules.initcodeBytesMax) {
            halt = size.fitsUInt64 ? .codeTooLong : .outOfGas
            return -1
        }
        var left = reach(offset, size, gas &+ beyond)
        if left < 0 { return left }
        let words = Int64((size.l0 &+ 31) >> 5)
        left &-= words &* (rules.initcodeWordGas &+ (salted ? 6 : 0))
        if left < 0 { return left }
        returnData.truncate(to: 0)

        let account = creator.pointee.account
        journal.load(account)
        let nonce = journal.accounts[account].nonce
        if journal.accounts[account].balance < value || nonce == .max || depth >= MachineLimits.callDepthMax {
            return refuseCreation(result, left &- beyond)
        }
        let initcode = UnsafeRawBufferPointer(
            start: creator.pointee.memoryBase + (size.isZero ? 0 : Int(offset.l0)), count: Int(size.l0))
        let address =
            salted
            ? Self.saltedAddress(creator.pointee.addressWord, salt: sp[-4], initcodeHash: keccak256(initcode))
            : Self.createdAddress(Address(word: creator.pointee.addressWord), nonce: nonce)
        let creationGas = rules.keepsSixtyFourth ? left &- left / 64 : left
        left &-= creationGas
        let created = journal.accountIndex(address)
        if rules.hasAccessLists { _ = journal.warmAccount(created) }
        journal.setNonce(nonce + 1, account)
        journal.load(created)
        if journal.isInUse(created) { return refuseCreation(result, left &- beyond) }

        creator.pointee.stackPointer = result
        creator.pointee.gas = left &- beyond
        beginCreation(
            created, address: address, initcode: initcode, gas: creationGas, creator: account,
            creatorWord: creator.pointee.addressWord, value: value)
        hasEntered = true
        return 0
    }

    private mutating func refuseCreation(_ result: WordPointer, _ gas: Int64) -> Int64 {
        hasEntered = false
        result[-1] = .zero
        return gas
    }

    /// Pushes the frame that creates an account, which is loaded and free.
    mutating func beginCreation(
        _ created: Int, address: Address, initcode: UnsafeRawBufferPointer, gas: Int64, creator: Int,
        creatorWord: U256, value: U256
    ) {
        let checkpoint = journal.checkpoint
        journal.addFlags([.exists, .created, .touched], created)
        journal.forgetStorage(created)
        if rules.contractNonce > 0 { journal.setNonce(rules.contractNonce, created) }
        journal.transfer(value, from: creator, to: created)
        let code = AnalyzedCode(initcode, hash: .zero)
        code.prepare(rules.opcodes)
        push(
            code.body, gas: gas, input: UnsafeRawPointer(memoryRegion.base), inputSize: 0, account: created,
            address: address.word, caller: creatorWord, value: value, isStatic: false, checkpoint: checkpoint)
        frame.pointee.ownedCode = Unmanaged.passRetained(code)
        frame.pointee.isCreation = true
    }

    /// Leaves the output of a creation as the account's code, if the rules allow it.
    mutating func deploy(_ ended: UnsafeMutablePointer<CallFrame>, _ gas: Int64) -> (FrameExit, Int64) {
        let code = UnsafeRawBufferPointer(start: output, count: outputSize)
        if code.count > rules.codeBytesMax {
            halt = .codeTooLong
            return (.halted, 0)
        }
        if rules.rejectsCodeStartingWithEF && code.count > 0 && code[0] == 0xef {
            halt = .codeStartsWithEF
            return (.halted, 0)
        }
        let cost = 200 &* Int64(code.count)
        if cost > gas {
            if rules.creationNeedsDepositGas {
                halt = .outOfGas
                return (.halted, 0)
            }
            outputSize = 0
            return (.returned, gas)
        }
        if code.count > 0 { journal.setCode([UInt8](code), ended.pointee.account) }
        return (.returned, gas &- cost)
    }

    /// The address of the creation number `nonce` of an account.
    static func createdAddress(_ creator: Address, nonce: UInt64) -> Address {
        // RLP of [address, nonce], written out: at most 1 + 21 + 9 bytes.
        var bytes: [UInt8] = [0, 0x94]
        bytes += creator.bytes
        if nonce == 0 {
            bytes.append(0x80)
        } else if nonce < 0x80 {
            bytes.append(UInt8(nonce))
        } else {
            let digits = U256(nonce).minimalBigEndianBytes
            bytes.append(0x80 + UInt8(digits.count))
            bytes += digits
        }
        bytes[0] = 0xc0 + UInt8(bytes.count - 1)
        return Address(word: keccak256(bytes).word)
    }

    /// The address that a salt and the creation code decide (EIP-1014).
    static func saltedAddress(_ creator: U256, salt: U256, initcodeHash: Hash256) -> Address {
        var bytes: [UInt8] = [0xff]
        bytes += Address(word: creator).bytes
        bytes += salt.bigEndianBytes
        bytes += initcodeHash.bytes
        return Address(word: keccak256(bytes).word)
    }
}
