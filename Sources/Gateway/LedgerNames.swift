public import Ledger

// The class of the module Ledger has the module's own name, so that its types cannot be written
// with the module before them; these names tell them from those of Wire and Economy.

/// The ledger's operation id, where the wire has one of its own.
public typealias LedgerOperationID = OperationID
/// The ledger's operation, where Foundation has one of its own.
public typealias LedgerOperation = Operation
/// The ledger's account of a genesis, where the economy has one of its own.
typealias LedgerGenesisAccount = GenesisAccount
