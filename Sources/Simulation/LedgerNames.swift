internal import Ledger

// The class of the module Ledger has the module's own name, so its types cannot be written with the module before them.

/// The ledger's operation id, where the wire has one of its own.
typealias LedgerOperationID = OperationID
