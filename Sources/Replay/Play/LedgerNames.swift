import Ledger

/// The id of an operation as the ledger has it; Wire has one of the same name.
typealias LedgerOperationID = OperationID

/// The ledger's operation, where another module has one of its own name.
typealias LedgerOperation = Operation
