internal import EVM
internal import Economy
internal import Ledger
internal import Wire

// What must be true after a crash, and at the end.
extension Simulation {
    /// After recovery, before anybody is served: every acknowledged operation is there, at its place, with its reply.
    func checkAfterBoot(_ ledger: Ledger) {
        for record in history.operations {
            guard case .final(let reply) = record.known else { continue }
            let found = found(record, in: ledger)
            if finding != nil || flip?.isNoticed == true { return }
            guard let found else {
                return find("operation \(record.id.hex), final in block \(reply.block), is lost after a restart")
            }
            if found != reply {
                return find("operation \(record.id.hex) was \(reply) before a restart and is \(found)")
            }
        }
    }

    /// The reply that an operation has in the ledger; nil where it is not there.
    private func found(_ record: OperationRecord, in ledger: Ledger) -> ReplyBody? {
        do throws(LogError) {
            let id = LedgerOperationID(high: record.id.high, low: record.id.low)
            guard let stored = try ledger.stored(id) else { return nil }
            var reply = game.replyBody(record.body.code, stored.receipt)
            reply.block = stored.block
            reply.index = stored.index
            return reply
        } catch {
            if flip != nil {
                flip?.isNoticed = true
            } else {
                find("operation \(record.id.hex) cannot be read: \(error)")
            }
            return nil
        }
    }

    /// At the end: the world opens once more after a loss of power, and holds what the checker has computed.
    func audit() {
        calm()
        crash(keepsEverything: false)
        unflip()
        disk.plan(nil)
        let threads = SimulatedThreads(self, chance: chance.fork())
        let ledger: Ledger
        do throws(LedgerError) {
            ledger = try open(threads, SimulationBase.configuration())
        } catch {
            return find("the world does not open at the end: \(error)")
        }
        tell("the audit has opened the world at block \(ledger.status.blocks)")
        checkAfterBoot(ledger)
        if finding == nil {
            var checker = Checker(self)
            checker.check(ledger) { record in found(record, in: ledger) }
        }
        report.blocks = ledger.status.blocks
        threads.die()
        ledger.abandon()
        if finding == nil { verify() }
        if options.canary == nil, seed % 2 == 0 { checkRepair() }
    }

    private func verify() {
        let genesis = base.genesis
        do throws(LedgerError) {
            let result = try Ledger.verify(
                folder: Self.folder, genesis: genesis,
                executor: SimulationBase.executor(genesis, canary: options.canary),
                disk: disk, progress: { _ in })
            if let failure = result.failure { find("verification says: \(failure)") }
            if result.blocks != report.blocks { find("verification sees \(result.blocks) of \(report.blocks) blocks") }
        } catch {
            find("the world cannot be verified: \(error)")
        }
    }
}
