/// Reading of input that is longer or shorter than a precompile wants: bytes behind its end are zero.
extension UnsafeRawBufferPointer {
    /// The 32-byte word at `offset`, zero-filled on the right.
    func paddedWord(at offset: Int) -> U256 {
        if offset + 32 <= count { return U256(loadingBigEndian: baseAddress! + offset) }
        if offset >= count { return .zero }
        let part = UnsafeRawBufferPointer(rebasing: self[offset...])
        return U256(bigEndian: part) << (8 * (32 - part.count))
    }

    /// `length` bytes from `offset`, zero-filled on the right.
    func paddedBytes(at offset: Int, count length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        if offset < count {
            let available = Swift.min(length, count - offset)
            bytes.withUnsafeMutableBytes { target in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: self[offset..<offset + available]))
            }
        }
        return bytes
    }
}
