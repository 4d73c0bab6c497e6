import Ledger

/// The id of an operation as the ledger has it; Wire has one of the same name.
typealias LedgerOperationID = OperationID
