import CCrypto

private nonisolated(unsafe) let ripemd160Method = EVP_MD_fetch(nil, "RIPEMD160", nil)

/// RIPEMD-160 of a buffer (libcrypto): 20 bytes.
public func ripemd160(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
        precondition(
            EVP_Digest(bytes.baseAddress, bytes.count, buffer.baseAddress, nil, ripemd160Method, nil) == 1,
            "RIPEMD-160 failed")
        count = 20
    }
}
