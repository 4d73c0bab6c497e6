public import EVM
import Foundation

/// The names by which the official suites call the reasons of refusals.
public enum ExceptionNames {
    /// The names of an expectation such as `A|B`.
    static func alternatives(_ expected: String) -> Set<String> {
        Set(
            expected.split(separator: "|").map { name in
                let plain = name.trimmingCharacters(in: .whitespaces)
                // Some older tests leave the family out of all names but the first.
                return plain.contains(".") ? plain : "TransactionException." + plain
            })
    }
}

extension TransactionRefusal {
    /// The suites' name for it.
    public var suiteName: String {
        let name =
            switch self {
            case .nonceTooLow: "NONCE_MISMATCH_TOO_LOW"
            case .nonceTooHigh: "NONCE_MISMATCH_TOO_HIGH"
            case .nonceExhausted: "NONCE_IS_MAX"
            case .insufficientFunds: "INSUFFICIENT_ACCOUNT_FUNDS"
            case .gasCostOverflow: "GASLIMIT_PRICE_PRODUCT_OVERFLOW"
            case .gasBelowIntrinsic: "INTRINSIC_GAS_TOO_LOW"
            case .gasBelowFloor: "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST"
            case .gasOverBlockLimit: "GAS_ALLOWANCE_EXCEEDED"
            case .gasOverTransactionLimit: "GAS_LIMIT_EXCEEDS_MAXIMUM"
            case .feeBelowBaseFee: "INSUFFICIENT_MAX_FEE_PER_GAS"
            case .priorityFeeOverMaxFee: "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"
            case .blobFeeBelowBaseFee: "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS"
            case .initcodeTooLong: "INITCODE_SIZE_EXCEEDED"
            case .senderHasCode: "SENDER_NOT_EOA"
            case .kindNotActive(let kind, _, _): kind.notActiveName
            case .wrongChain: "INVALID_CHAINID"
            case .tooFewBlobs: "TYPE_3_TX_ZERO_BLOBS"
            case .tooManyBlobs: "TYPE_3_TX_BLOB_COUNT_EXCEEDED"
            case .blobsOverBlockLimit: "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"
            case .blobVersion: "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"
            case .cannotCreate(let kind): "TYPE_\(kind.rawValue)_TX_CONTRACT_CREATION"
            case .tooFewAuthorizations: "TYPE_4_EMPTY_AUTHORIZATION_LIST"
            }
        return "TransactionException." + name
    }
}

extension TransactionKind {
    /// What the suites say of a transaction of this kind in a block before its fork.
    fileprivate var notActiveName: String { "TYPE_\(rawValue)_TX_PRE_FORK" }
}

extension BlockRefusal {
    /// The suites' names for it, the most exact one first.
    public var suiteNames: [String] {
        switch self {
        // What a transaction asks beyond the block's gas is a fault of both.
        case .transaction(_, .gasOverBlockLimit(let have, let maximum)):
            [TransactionRefusal.gasOverBlockLimit(have: have, maximum: maximum).suiteName]
                + Self.names(["GAS_USED_OVERFLOW"])
        case .transaction(_, let refusal): [refusal.suiteName]
        case .undecodable(_, let error): error.suiteNames
        case .withdrawalNumberBytes: Self.names(["RLP_INVALID_FIELD_OVERFLOW_64", "RLP_STRUCTURES_ENCODING"])
        case .withdrawalAddressBytes: Self.names(["RLP_INVALID_ADDRESS", "RLP_STRUCTURES_ENCODING"])
        case .bodyLists: Self.names(["RLP_WITHDRAWALS_NOT_READ", "RLP_STRUCTURES_ENCODING"])
        // No transactions use more than the limit, so a header that states more is wrong too.
        case .blobGasUsedOverLimit: Self.names(["BLOB_GAS_USED_ABOVE_LIMIT", "INCORRECT_BLOB_GAS_USED"])
        default: Self.names([plainName])
        }
    }

    private static func names(_ names: [String]) -> [String] { names.map { "BlockException." + $0 } }

    private var plainName: String {
        switch self {
        case .malformed: "RLP_STRUCTURES_ENCODING"
        case .headerFields, .nonce: "INCORRECT_BLOCK_FORMAT"
        case .blockTooLong: "RLP_BLOCK_LIMIT_EXCEEDED"
        case .unknownParent(let hash): hash == .zero ? "UNKNOWN_PARENT_ZERO" : "UNKNOWN_PARENT"
        case .number: "INVALID_BLOCK_NUMBER"
        case .timestamp: "INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT"
        case .gasLimitOverflow: "GASLIMIT_TOO_BIG"
        case .gasLimit: "INVALID_GASLIMIT"
        case .gasUsedOverLimit: "INVALID_GAS_USED_ABOVE_LIMIT"
        case .baseFee: "INVALID_BASEFEE_PER_GAS"
        case .extraDataTooLong: "EXTRA_DATA_TOO_BIG"
        case .difficulty: "IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS"
        case .unclesHash: "IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS"
        case .uncles: "INVALID_UNCLES_HASH"
        case .excessBlobGas: "INCORRECT_EXCESS_BLOB_GAS"
        case .transactionsRoot: "INVALID_TRANSACTIONS_ROOT"
        case .withdrawalsRoot: "INVALID_WITHDRAWALS_ROOT"
        case .gasUsed: "INVALID_GAS_USED"
        case .blobGasUsed: "INCORRECT_BLOB_GAS_USED"
        case .receiptsRoot: "INVALID_RECEIPTS_ROOT"
        case .logsBloom: "INVALID_LOG_BLOOM"
        case .stateRoot: "INVALID_STATE_ROOT"
        case .requestsHash: "INVALID_REQUESTS"
        case .systemContractEmpty: "SYSTEM_CONTRACT_EMPTY"
        case .systemContractFailed: "SYSTEM_CONTRACT_CALL_FAILED"
        case .depositLayout: "INVALID_DEPOSIT_EVENT_LAYOUT"
        case .withdrawalNumberBytes, .withdrawalAddressBytes, .bodyLists, .blobGasUsedOverLimit, .transaction,
            .undecodable:
            preconditionFailure("named above")
        }
    }
}

extension TransactionDecodingError {
    /// The suites' names for it in a block, the most exact one first.
    public var suiteNames: [String] {
        switch self {
        case .kindNotActive(let kind, _, _): ["TransactionException." + kind.notActiveName]
        case .wrongChain: ["TransactionException.INVALID_CHAINID"]
        case .recoveryValue, .highS, .signature:
            ["TransactionException.INVALID_SIGNATURE_VRS", "BlockException.RLP_STRUCTURES_ENCODING"]
        case .addressSize(let have, let need):
            [
                "BlockException.RLP_STRUCTURES_ENCODING",
                have < need ? "TransactionException.ADDRESS_TOO_SHORT" : "TransactionException.ADDRESS_TOO_LONG",
            ]
        case .malformed(_, .authorizations):
            ["TransactionException.TYPE_4_INVALID_AUTHORIZATION_FORMAT", "BlockException.RLP_STRUCTURES_ENCODING"]
        case .malformed, .empty, .unknownKind: ["BlockException.RLP_STRUCTURES_ENCODING"]
        }
    }
}
