import Foundation

/// What is printed when a check within the program ends it: which seed it was, and how to repeat it.
enum TrapNotice {
    // Written before a simulation begins and read by the signal's handler in the same thread.
    nonisolated(unsafe) private static var text = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
    nonisolated(unsafe) private static var count = 0

    /// Sets the words.
    static func name(_ words: String) {
        let bytes = Array(words.utf8.prefix(511))
        for (index, byte) in bytes.enumerated() { text[index] = CChar(bitPattern: byte) }
        if count == 0 {
            for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT] {
                signal(number) { caught in
                    _ = write(2, TrapNotice.text, TrapNotice.count)
                    signal(caught, SIG_DFL)
                    raise(caught)
                }
            }
        }
        count = bytes.count
    }
}
