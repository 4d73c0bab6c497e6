import EVM
import Wire

/// Bytes of the payload that go to a place in calldata.
struct CopyStep: Sendable, Equatable {
    /// Where they start in the payload.
    let source: Int
    /// Where they start in calldata.
    let destination: Int
    /// How many.
    let count: Int
    /// Whether their order turns round: the wire is little endian, calldata big endian.
    let reversed: Bool
}

/// A check of a field of the payload.
struct FieldCheck: Sendable, Equatable {
    /// What must hold.
    let promise: Promise
    /// Where the field starts in the payload.
    let offset: Int
    /// Bytes of one value.
    let size: Int
    /// Values of the field.
    let count: Int
}

/// An action made ready: everything that mapping a payload to a transaction needs, as flat lists.
struct ActionPlan: Sendable {
    /// The number of the action.
    let code: UInt16
    /// Bit `1 << role` is set for each role whose authority account sends it; 0 where the actor does.
    let authorityMask: UInt8
    /// The role that is named to those who may not.
    let authorityNeeded: Role
    /// Where the lane's account starts in the payload; -1 where the actor's account gives the lane.
    let laneOffset: Int
    /// Bytes of the payload.
    let payloadLength: Int
    /// The contract; zero where a currency decides.
    let to: Address
    /// Where the currency starts in the payload; -1 where the contract is fixed.
    let currencyOffset: Int
    /// Selector, constants and zeros.
    let template: [UInt8]
    /// Where the actor's account goes in calldata.
    let actorOffsets: [Int]
    /// Where the account of the session goes in calldata.
    let sessionOffsets: [Int]
    /// What goes from the payload to calldata.
    let steps: [CopyStep]
    /// What must hold before anything is executed.
    let checks: [FieldCheck]
    /// Gas that it may use.
    let gasLimit: UInt64
    /// How its receipt becomes a reply.
    let reply: ReplyPlan

    /// Whether calldata can have been made by this plan: selector and constants are its own.
    func isTemplate(of data: [UInt8]) -> Bool {
        guard data.count == template.count else { return false }
        var rest = data
        for step in steps { for place in step.destination..<(step.destination + step.count) { rest[place] = 0 } }
        for offset in actorOffsets + sessionOffsets { for place in offset..<(offset + 20) { rest[place] = 0 } }
        return rest == template
    }
}
