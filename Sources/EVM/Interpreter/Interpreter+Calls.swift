// Calls: what they cost, where they go, and how their frames begin.
extension Interpreter {
    /// What a call instruction asks for.
    struct CallRequest {
        var gas: U256
        var target: U256
        var value: U256 = .zero
        var inputOffset: U256
        var inputSize: U256
        var outputOffset: U256
        var outputSize: U256
    }

    /// CALL, CALLCODE, DELEGATECALL, STATICCALL. `result` is where the stack pointer will be behind the result.
    ///
    /// With `hasEntered` set, a frame was pushed and the caller's gas is saved; otherwise the result is on the stack.
    @inline(never)
    mutating func call(
        _ kind: CallKind, _ request: CallRequest, _ result: WordPointer, _ gas: Int64, beyond: Int64
    ) -> Int64 {
        let caller = frame
        let movesValue = (kind == .call || kind == .callCode) && !request.value.isZero
        if kind == .call && movesValue && caller.pointee.isStatic {
            halt = .writeInStaticCall
            return -1
        }
        // Gas is exact from here on: a stipend may come back.
        var left = reach(request.inputOffset, request.inputSize, gas &+ beyond)
        if left < 0 { return left }
        left = reach(request.outputOffset, request.outputSize, left)
        if left < 0 { return left }
        let target: Int
        (target, left) = access(request.target, left)
        if left < 0 { return left }
        journal.load(target)
        if movesValue { left &-= 9_000 }
        if kind == .call {
            let makesAccount =
                rules.hasEmptyAccountRule
                ? movesValue && journal.accounts[target].isDead : !journal.accounts[target].flags.contains(.exists)
            if makesAccount { left &-= 25_000 }
        }
        if left < 0 { return left }
        var body = code(of: target)
        var isDelegated = false
        if body.pointee.isDelegation && rules.hasDelegations {
            isDelegated = true
            (body, left) = delegatedCode(body, left)
            if left < 0 { return left }
        }

        var calleeGas: Int64
        if rules.keepsSixtyFourth {
            let most = left &- left / 64
            calleeGas = request.gas.fitsUInt64 && request.gas.l0 < UInt64(most) ? Int64(request.gas.l0) : most
        } else {
            if !request.gas.fitsUInt64 || request.gas.l0 > UInt64(left) { return -1 }
            calleeGas = Int64(request.gas.l0)
        }
        left &-= calleeGas
        if movesValue { calleeGas &+= 2_300 }
        returnData.truncate(to: 0)
        if depth >= MachineLimits.callDepthMax { return finishAtOnce(false, result, left &+ calleeGas &- beyond) }
        if movesValue {
            journal.load(caller.pointee.account)
            if journal.accounts[caller.pointee.account].balance < request.value {
                return finishAtOnce(false, result, left &+ calleeGas &- beyond)
            }
        }
        let checkpoint = journal.checkpoint
        if kind == .call {
            journal.addFlags(rules.hasEmptyAccountRule ? .touched : [.touched, .exists], target)
            if movesValue {
                journal.addFlags(.exists, target)
                journal.transfer(request.value, from: caller.pointee.account, to: target)
            }
        } else if kind == .staticCall && rules.hasEmptyAccountRule {
            journal.addFlags(.touched, target)
        }

        let memory = caller.pointee.memoryBase
        let input = UnsafeRawPointer(memory + (request.inputSize.isZero ? 0 : Int(request.inputOffset.l0)))
        let outputTarget = memory + (request.outputSize.isZero ? 0 : Int(request.outputOffset.l0))
        if !isDelegated, let precompile = precompile(request.target) {
            return runPrecompile(
                precompile, input: UnsafeRawBufferPointer(start: input, count: Int(request.inputSize.l0)),
                gas: calleeGas, checkpoint,
                UnsafeMutableRawBufferPointer(start: outputTarget, count: Int(request.outputSize.l0)), result,
                left &- beyond)
        }
        if body.pointee.size == 0 { return finishAtOnce(true, result, left &+ calleeGas &- beyond) }

        prepare(body)
        caller.pointee.stackPointer = result
        caller.pointee.gas = left &- beyond
        let keepsContext = kind == .delegateCall
        let keepsAccount = keepsContext || kind == .callCode
        push(
            body, gas: calleeGas, input: input, inputSize: Int(request.inputSize.l0),
            account: keepsAccount ? caller.pointee.account : target,
            address: keepsAccount ? caller.pointee.addressWord : Address(word: request.target).word,
            caller: keepsContext ? caller.pointee.callerWord : caller.pointee.addressWord,
            value: keepsContext ? caller.pointee.value : request.value,
            isStatic: caller.pointee.isStatic || kind == .staticCall, checkpoint: checkpoint)
        frame.pointee.outputTarget = outputTarget
        frame.pointee.outputTargetSize = Int(request.outputSize.l0)
        hasEntered = true
        return 0
    }

    /// The code that a delegation leads to, and the gas left after paying for the access to it (EIP-7702).
    private mutating func delegatedCode(
        _ delegation: UnsafeMutablePointer<CodeBody>, _ gas: Int64
    ) -> (UnsafeMutablePointer<CodeBody>, Int64) {
        let (delegate, left) = access(delegation.pointee.delegate.word, gas &- 100)
        if left < 0 { return (delegation, left) }
        return (codeOfDelegate(delegate), left)
    }

    /// The code of a delegate: its own, never followed further; a precompile has none.
    mutating func codeOfDelegate(_ delegate: Int) -> UnsafeMutablePointer<CodeBody> {
        journal.load(delegate)
        return code(of: delegate)
    }

    /// Ends a call without a frame.
    private mutating func finishAtOnce(_ success: Bool, _ result: WordPointer, _ gas: Int64) -> Int64 {
        hasEntered = false
        result[-1] = U256(success)
        return gas
    }

    /// Runs a precompile in the place of a frame.
    private mutating func runPrecompile(
        _ precompile: Precompile, input: UnsafeRawBufferPointer, gas: Int64, _ checkpoint: Checkpoint,
        _ target: UnsafeMutableRawBufferPointer, _ result: WordPointer, _ callerGas: Int64
    ) -> Int64 {
        let left = run(precompile, input, gas)
        if left < 0 {
            journal.revert(to: checkpoint)
            return finishAtOnce(false, result, callerGas)
        }
        if target.count > 0 && returnData.count > 0 {
            target.baseAddress!.copyMemory(from: returnData.base, byteCount: min(target.count, returnData.count))
        }
        return finishAtOnce(true, result, callerGas &+ left)
    }

    /// Pushes a frame whose code is prepared; its memory and stack begin where the running frame's end.
    mutating func push(
        _ body: UnsafeMutablePointer<CodeBody>, gas: Int64, input: UnsafeRawPointer, inputSize: Int, account: Int,
        address: U256, caller: U256, value: U256, isStatic: Bool, checkpoint: Checkpoint
    ) {
        var stackBase = WordPointer(stackRegion.base)
        var memoryBase = memoryRegion.base
        var zeroed = 0
        if depth >= 0 {
            stackBase = frame.pointee.stackPointer
            memoryBase = frame.pointee.memoryBase + frame.pointee.memorySize
            // The deeper frame writes where this one's zeros lie ready.
            zeroed = frame.pointee.memoryZeroed - frame.pointee.memorySize
            frame.pointee.memoryZeroed = frame.pointee.memorySize
        } else {
            memoryBase += (inputSize + 31) & ~31
        }
        depth += 1
        (frames + depth).initialize(
            to: CallFrame(
                code: body, ownedCode: nil, programCounter: body.pointee.instructions! + 1, stackPointer: stackBase,
                gas: gas, stackBase: stackBase, memoryBase: memoryBase, memorySize: 0, memoryZeroed: zeroed,
                input: input, inputSize: inputSize, account: account, addressWord: address, callerWord: caller,
                value: value, isStatic: isStatic, isCreation: false, outputTarget: memoryBase, outputTargetSize: 0,
                checkpoint: checkpoint))
    }

    /// Pops the frame that ended and hands its result to its caller; the gas that the frame has left.
    ///
    /// After the last frame has gone, `output` still holds what it returned.
    mutating func pop(_ exit: FrameExit) -> (exit: FrameExit, gas: Int64) {
        let ended = frame
        var exit = exit
        var gas = ended.pointee.gas
        if exit == .returned && ended.pointee.isCreation { (exit, gas) = deploy(ended, gas) }
        if exit != .returned { journal.revert(to: ended.pointee.checkpoint) }
        if exit == .halted {
            gas = 0
            outputSize = 0
        }
        ended.pointee.ownedCode?.release()
        depth -= 1
        if depth < 0 { return (exit, gas) }

        let caller = frame
        let succeeded = exit == .returned
        returnData.truncate(to: 0)
        if ended.pointee.isCreation {
            caller.pointee.stackPointer[-1] = succeeded ? ended.pointee.addressWord : .zero
            if !succeeded { keepOutput() }
        } else {
            caller.pointee.stackPointer[-1] = U256(succeeded)
            keepOutput()
            let count = min(outputSize, ended.pointee.outputTargetSize)
            if count > 0 { ended.pointee.outputTarget.copyMemory(from: returnData.base, byteCount: count) }
        }
        caller.pointee.gas &+= gas
        return (exit, gas)
    }

    private mutating func keepOutput() {
        returnData.append(from: output.assumingMemoryBound(to: UInt8.self), count: outputSize)
    }
}
