/// The sizes of a machine.
enum MachineLimits {
    /// Frames below the first one: the protocol's figure.
    static let callDepthMax = 1024
    /// Words of one frame's stack: the protocol's figure.
    static let stackWordsMax = 1024
    /// Gas of one transaction: it is counted in 63 bits, and no block may have more.
    static let transactionGasMax = UInt64(Int64.max)
    /// Address space for the memory of all frames: gas for more would cost over 2^35.
    static let memoryBytesMax = 8 << 30
    /// Greatest offset and length of a memory access: beyond it, gas would cost over 2^44.
    static let memoryOffsetMax: UInt64 = (1 << 32) - 1
    /// Memory that a machine keeps between transactions.
    static let memoryBytesKept = 16 << 20
}
