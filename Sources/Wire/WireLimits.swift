/// Every maximum of the protocol, with its reason.
public enum WireLimits {
    /// The version that this code speaks.
    public static let version: UInt8 = 1
    /// "HRD1", as a little-endian number.
    public static let magic: UInt32 = 0x3144_5248
    /// Bytes of a frame header.
    public static let headerBytes = 48
    /// Bytes of any frame after the handshake, either way: a full batch of actions of 960 bytes fits, and so does its answer with the longest messages.
    public static let frameBytesMax = 1 << 20
    /// Bytes of a frame before the handshake: a token fits; strangers cannot make the server keep more.
    public static let helloFrameBytesMax = 8_192
    /// Actions of a batch: one micro-block's worth of linked operations.
    public static let batchItemsMax = 1_024
    /// Bytes of an action's payload: the largest of GameData's actions has 655.
    public static let payloadBytesMax = 1_024
    /// Bytes of a token (a JWT with keys and claims is 200 to 700).
    public static let tokenBytesMax = 4_096
    /// Bytes of a player's or a client's name.
    public static let nameBytesMax = 64
    /// Bytes of the message for people in a reply or an error.
    public static let messageBytesMax = 512
    /// Words of 32 bytes that the answer of a view has.
    public static let viewWordsMax = 128
    /// Items that one inventory answer lists.
    public static let inventoryItemsMax = 1_024
}
