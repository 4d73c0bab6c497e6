import EVM
import Economy
import Testing
import Wire

/// The game folder of the repository loads, and its first state is sound.
struct GameTests {
    @Test func `the game folder loads`() throws {
        let world = try TestWorld()
        #expect(world.game.actions.count == 71)
        #expect(world.game.genesis.chainID == 31_337)
        #expect(world.game.contracts.count == 16)
        #expect(try world.balance(NamedAccount.treasury, 1) == 1)
    }
}
