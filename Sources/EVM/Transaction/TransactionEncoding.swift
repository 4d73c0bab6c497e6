/// A signature over a transaction or an authorization: the recovery value (v, or the parity of y) and the two numbers.
public struct TransactionSignature: Sendable, Equatable {
    /// The recovery value: of a legacy transaction 27 or 28, or 35 or 36 and twice the chain's id; else 0 or 1.
    public var v: U256
    /// The x of the curve point.
    public var r: U256
    /// The proof.
    public var s: U256

    /// A signature of these numbers.
    public init(v: U256, r: U256, s: U256) {
        self.v = v
        self.r = r
        self.s = s
    }
}

extension Transaction {
    /// The signed transaction as it is sent to a node (EIP-2718); its hash is the keccak-256 of these bytes.
    ///
    /// Authorizations need their own signatures, in their order. A session has no encoding.
    public func encoded(
        signature: TransactionSignature, authorizationSignatures: [TransactionSignature] = []
    ) -> [UInt8] {
        precondition(kind != .session, "a session transaction is not sent to nodes")
        precondition(authorizationSignatures.count == authorizations.count, "every authorization has a signature")
        var writer = RLPWriter(capacity: 160 + data.count)
        if kind != .legacy { writer.appendEncoded([kind.rawValue]) }
        writer.appendList { list in
            appendFields(to: &list, authorizationSignatures)
            list.append(signature.v)
            list.append(signature.r)
            list.append(signature.s)
        }
        return writer.bytes
    }

    /// What the sender signs; authorizations are part of it with their signatures.
    public func signingHash(authorizationSignatures: [TransactionSignature] = []) -> Hash256 {
        precondition(kind != .session, "a session transaction is not signed")
        var writer = RLPWriter(capacity: 96 + data.count)
        if kind != .legacy { writer.appendEncoded([kind.rawValue]) }
        writer.appendList { list in
            appendFields(to: &list, authorizationSignatures)
            // A legacy transaction names its chain in the place of a signature (EIP-155).
            if kind == .legacy, let chainID {
                list.append(chainID)
                list.append(UInt64(0))
                list.append(UInt64(0))
            }
        }
        return keccak256(writer.bytes)
    }

    private func appendFields(to list: inout RLPWriter, _ authorizationSignatures: [TransactionSignature]) {
        if kind != .legacy { list.append(chainID ?? 0) }
        list.append(nonce ?? 0)
        if kind == .legacy || kind == .accessList {
            list.append(gasPrice)
        } else {
            list.append(maxPriorityFeePerGas)
            list.append(maxFeePerGas)
        }
        list.append(gasLimit)
        if let to { list.append(to) } else { list.append([UInt8]()) }
        list.append(value)
        list.append(data)
        if kind != .legacy { append(accessList, to: &list) }
        if kind == .blob {
            list.append(maxFeePerBlobGas)
            list.appendList { hashes in for hash in blobHashes { hashes.append(hash) } }
        }
        if kind == .setCode { append(zip(authorizations, authorizationSignatures), to: &list) }
    }

    private func append(_ accessList: [AccessListEntry], to list: inout RLPWriter) {
        list.appendList { entries in
            for entry in accessList {
                entries.appendList { fields in
                    fields.append(entry.address)
                    fields.appendList { slots in for slot in entry.slots { slots.append(Hash256(word: slot)) } }
                }
            }
        }
    }

    private func append(
        _ signed: Zip2Sequence<[Authorization], [TransactionSignature]>, to list: inout RLPWriter
    ) {
        list.appendList { entries in
            for (authorization, signature) in signed {
                entries.appendList { fields in
                    fields.append(authorization.chainID)
                    fields.append(authorization.address)
                    fields.append(authorization.nonce)
                    fields.append(signature.v)
                    fields.append(signature.r)
                    fields.append(signature.s)
                }
            }
        }
    }
}
