import CShims

/// Messages that wait to be hashed together, as many as the processor works on side by side.
///
/// A trie appends the nodes of one depth and takes their digests when the batch is full. Belongs to one thread.
public final class KeccakBatch {
    /// Messages that a batch holds.
    public static let messagesMax = 8

    /// Messages in the batch.
    public private(set) var count = 0

    private let messageBytesMax: Int
    private let bytes: UnsafeMutablePointer<UInt8>
    private let messages: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    private let byteCounts: UnsafeMutablePointer<Int>
    private let digests: UnsafeMutablePointer<UInt8>
    private let tags: UnsafeMutablePointer<UInt32>

    /// An empty batch for messages up to a length.
    public init(messageBytesMax: Int) {
        self.messageBytesMax = messageBytesMax
        bytes = .allocate(capacity: Self.messagesMax * messageBytesMax)
        messages = .allocate(capacity: Self.messagesMax)
        byteCounts = .allocate(capacity: Self.messagesMax)
        digests = .allocate(capacity: Self.messagesMax * 32)
        tags = .allocate(capacity: Self.messagesMax)
        for index in 0..<Self.messagesMax {
            (messages + index).initialize(to: UnsafePointer(bytes + index * messageBytesMax))
        }
    }

    deinit {
        bytes.deallocate()
        messages.deallocate()
        byteCounts.deallocate()
        digests.deallocate()
        tags.deallocate()
    }

    /// Whether the batch must be hashed before another message.
    public var isFull: Bool { count == Self.messagesMax }

    /// Copies a message into the batch; its digest comes with the tag.
    public func append(_ message: UnsafeRawBufferPointer, tag: UInt32) {
        precondition(!isFull && message.count <= messageBytesMax, "the batch has a place for the message")
        UnsafeMutableRawBufferPointer(start: bytes + count * messageBytesMax, count: messageBytesMax)
            .copyMemory(from: message)
        byteCounts[count] = message.count
        tags[count] = tag
        count += 1
    }

    /// Hashes all messages, hands out tags and digests in the order of appending, and empties the batch.
    public func hashAll(_ body: (_ tag: UInt32, _ digest: Hash256) -> Void) {
        hoard_keccak256_of_many(digests, messages, byteCounts, count)
        for index in 0..<count { body(tags[index], Hash256(loading: UnsafeRawPointer(digests) + 32 * index)) }
        count = 0
    }
}
