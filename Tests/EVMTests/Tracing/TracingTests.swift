import EVM
import Testing

/// A traced run tells of every opcode and changes nothing.
struct TracingTests {
    private func steps(_ world: TestWorld, gas: UInt64 = 1_000_000) -> ([TraceStep], TransitionResult) {
        var steps: [TraceStep] = []
        let result = TracingMachine().transition(
            world, world.block, .session(sender: TestWorld.sender, to: TestWorld.contract, data: [], gasLimit: gas)
        ) { steps.append($0) }
        return (steps, result.accepted)
    }

    @Test func `every opcode is reported with its place, gas and stack`() {
        // PUSH1 3, PUSH1 4, ADD, PUSH1 7, JUMPI (not merged), ..., JUMPDEST, STOP
        let (steps, result) = steps(TestWorld("6003 6004 01 6009 57 fe 5b 00"))
        #expect(steps.map(\.position) == [0, 2, 4, 5, 7, 9, 10])
        #expect(
            steps.map { OpcodeNames.name($0.opcode) } == [
                "PUSH1", "PUSH1", "ADD", "PUSH1", "JUMPI", "JUMPDEST", "STOP",
            ])
        #expect(steps.map(\.gasCost) == [3, 3, 3, 3, 10, 1, 0])
        #expect(steps.map(\.stack) == [[], [3], [3, 4], [7], [7, 9], [], []])
        #expect(steps.allSatisfy { $0.depth == 1 })
        #expect(result.receipt.succeeded)
    }

    @Test func `a call's cost holds what it hands over, and the deeper frame is one deeper`() {
        // CALL(gas 0xffff, 0xbeef, 0, 0, 0, 0, 0) of a contract that stores 1 at memory 0 and returns it.
        let world = TestWorld("6000 6000 6000 6000 6000 61beef 61ffff f1 3d 00")
        world.add(Address(word: 0xbeef), "6001 6000 52 6020 6000 f3")
        let (steps, _) = steps(world)
        #expect(steps.map(\.depth) == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1])
        #expect(steps[7].gasCost == 2_600 + 0xffff)
        #expect(steps[8].gas == 0xffff)
        #expect(steps[14].gas == steps[7].gas - 2_600 - 0xffff + steps[13].gas)
        #expect(steps[14].returnData == U256(1).bigEndianBytes)
        #expect(steps[14].stack == [1])
    }

    @Test func `a halt is reported at its instruction`() {
        let (steps, result) = steps(TestWorld("6001 01"))
        #expect(steps.last?.halt == .stackUnderflow)
        #expect(steps.last?.opcode == 0x01)
        #expect(result.receipt.outcome == .halted(.stackUnderflow))
    }

    @Test(arguments: OpcodeTests.cases)
    func `a traced run ends as an ordinary one`(_ test: OpcodeCase) {
        let world = TestWorld(test.code + "6000 52 6020 6000 f3")
        let ordinary = world.run().accepted
        #expect(steps(world).1 == ordinary)
    }

    @Test func `a line is what EIP-3155 says`() {
        let (steps, _) = steps(TestWorld("60ff 60 00"), gas: 21_020)
        #expect(
            steps.last?.line
                == #"{"pc":4,"op":0,"gas":"0xe","gasCost":"0x0","memSize":0,"stack":["0xff","0x0"],"depth":1,"returnData":"0x","refund":"0x0","opName":"STOP"}"#
        )
    }
}
