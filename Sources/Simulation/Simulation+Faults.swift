internal import EVM
internal import Gateway
internal import Ledger

/// What goes wrong in a simulation, and when.
struct FaultPlan {
    /// In how many of a thousand connections the network loses them.
    let cutPermille: Int
    /// Operations between two checkpoints, 0 for none, and whether the log behind them is kept.
    let checkpointOperations: Int
    let keepsLog: Bool
    /// In how many of a thousand steps the system lets a thread wait for long.
    let stallPermille: Int
    /// Crashes that are still to come.
    var crashesLeft: Int
    /// Whether the disk is flipped a bit at a crash, and fails, fills up and slows down.
    let flips: Bool
    let failsDisk: Bool
    /// The machine loses its power at this call to the disk.
    var powerLossCall: Int?
    /// The machine dies about when the clients have heard of so many operations.
    var crashAtFinal: Int?
    /// The machine dies soon after it has begun a new segment of the log.
    var crashesAtRoll = false
    /// The machine has lost its power and is to be declared dead.
    var hasLostPower = false
    /// Calls to the disk since the boot.
    var diskCalls = 0
    /// What the disk does at present.
    var weather = Weather.calm

    enum Weather: Equatable {
        case calm
        /// Calls take longer.
        case slow
        /// In so many of a thousand cases a write or sync fails.
        case failing(permille: Int)
        case full
    }

    init(_ chance: inout SeededChance) {
        cutPermille = chance.within(0...500)
        crashesLeft = chance.within(1...8)
        checkpointOperations = [0, 200, 500, 1_000, 2_500][chance.below(5)]
        keepsLog = chance.happens(permille: 300)
        stallPermille = chance.happens(permille: 400) ? chance.within(10...120) : 4
        flips = chance.happens(permille: 400)
        failsDisk = chance.happens(permille: 700)
    }
}

/// A bit that was changed behind everybody's back.
struct FlippedBit {
    let path: String
    let bit: Int
    /// What the byte has been since.
    let byte: UInt8
    /// Whether the ledger has noticed it.
    var isNoticed = false
}

// Boots, crashes, and the weather of the disk.
extension Simulation {
    /// The machine comes up and opens the world.
    func boot() {
        guard machine == nil, finding == nil else { return }
        report.boots += 1
        faults.diskCalls = 0
        faults.hasLostPower = false
        planCrash()
        tell(
            "boot \(report.boots), power loss at call \(faults.powerLossCall ?? 0), crash at reply "
                + "\(faults.crashAtFinal ?? 0), at a new segment \(faults.crashesAtRoll)")
        watchDisk()
        let threads = SimulatedThreads(self, chance: chance.fork())
        let configuration = configuration()
        let ledger: Ledger
        do throws(LedgerError) {
            ledger = try open(threads, configuration)
        } catch {
            threads.die()
            return bootFailed(error)
        }
        if !faults.hasLostPower {
            // What the checker reads is no part of the simulation.
            disk.plan(nil)
            checkAfterBoot(ledger)
            watchDisk()
        }
        if flip?.isNoticed == true {
            threads.die()
            ledger.abandon()
            report.detectedFlips += 1
            unflip()
            return plan(.boot, after: UInt64(chance.within(10...400)) * 1_000_000)
        }
        // Whatever was flipped has not mattered so far, and is set right before something else breaks.
        unflip()
        guard finding == nil else { return ledger.abandon() }
        clock.shiftMilliseconds += Int64(chance.within(-3_000...3_000))
        machine = SimulatedMachine(self, ledger: ledger, threads: threads, configuration: configuration)
    }

    /// Chooses how this boot will end.
    private func planCrash() {
        faults.powerLossCall = nil
        faults.crashAtFinal = nil
        faults.crashesAtRoll = false
        guard !isQuiet, faults.crashesLeft > 0 else { return }
        faults.crashesLeft -= 1
        switch chance.below(10) {
        case 0: faults.powerLossCall = chance.within(1...60)
        case 1, 2: faults.powerLossCall = chance.within(60...2_500)
        case 3, 4, 5: faults.crashAtFinal = history.finalCount + chance.within(1...600)
        case 6, 7: faults.crashesAtRoll = true
        case 8: plan(.stop, after: UInt64(chance.within(50...1_500)) * 1_000_000)
        default: plan(.crash, after: UInt64(chance.within(5...1_500)) * 1_000_000)
        }
    }

    /// Opens the world from what the disk holds.
    func open(_ threads: any ThreadHost, _ configuration: LedgerConfiguration) throws(LedgerError) -> Ledger {
        let canary = options.canary
        let surface: any Disk =
            canary == .droppedRecord || canary == .unsyncedSegment ? CanaryDisk(disk, canary!) : disk
        var world = LedgerWorld(clock: clock, threads: threads, disk: surface)
        world.plantedBug = canary?.plantedBug
        return try Ledger(
            genesis: base.genesis, folder: Self.folder, configuration: configuration,
            executor: SimulationBase.executor(
                base.genesis, canary: canary, workers: workers, chance: chance.fork()), world: world)
    }

    /// Two seeds of three execute on several workers, whose meetings the seed decides.
    private var workers: Int { 1 + Int(seed % 3) }

    private func configuration() -> LedgerConfiguration {
        var configuration = SimulationBase.configuration()
        configuration.blockOperationsMax = [4, 16, 64, 512][chance.below(4)]
        configuration.anchorMilliseconds = chance.within(100...1_500)
        configuration.checkpointOperations = faults.checkpointOperations
        configuration.keepsLog = faults.keepsLog
        configuration.receiptChunksInMemory = chance.within(1...6)
        return configuration
    }

    /// The world did not open: fine where the power or the disk failed, or where a bit was flipped.
    private func bootFailed(_ error: LedgerError) {
        report.failedBoots += 1
        tell("the boot failed: \(error)")
        trace.note(5, now)
        if faults.hasLostPower {
            disk = disk.crashed(seed: chance.next())
            report.crashes += 1
            return plan(.boot, after: UInt64(chance.within(10...400)) * 1_000_000)
        }
        if flip != nil {
            report.detectedFlips += 1
            unflip()
            return plan(.boot, after: UInt64(chance.within(10...400)) * 1_000_000)
        }
        if faults.weather != .calm {
            // The operator sees to the disk.
            faults.weather = .calm
            disk = disk.crashed(seed: 0, keepsEverything: true)
            return plan(.boot, after: UInt64(chance.within(10...400)) * 1_000_000)
        }
        find("the world does not open: \(error)")
    }

    /// The machine dies: what was not synced may be lost, unless only the process was killed.
    func crash(keepsEverything: Bool) {
        guard let machine else { return }
        let isKill = keepsEverything || (!faults.hasLostPower && chance.happens(permille: 250))
        let after = disk.crashed(seed: chance.next(), keepsEverything: isKill)
        if isKill { report.kills += 1 } else { report.crashes += 1 }
        tell(isKill ? "the process is killed" : "the machine crashes")
        trace.note(6, now)
        disk.plan { _ in .fails(code: 5) }
        machine.die()
        self.machine = nil
        disk = after
        if !isKill, faults.flips, flip == nil, chance.happens(permille: 400) { flipBit() }
        plan(.boot, after: UInt64(chance.within(5...400)) * 1_000_000)
    }

    /// The server has stopped as it should.
    func stopped() {
        report.stops += 1
        tell("the server has stopped")
        trace.note(7, now)
        machine = nil
        plan(.boot, after: UInt64(chance.within(5...200)) * 1_000_000)
    }

    /// Changes one bit that was written and synced well before the end of the log: it has to be noticed, or not matter.
    private func flipBit() {
        let paths = disk.paths.filter { !$0.hasSuffix("/lock") }
        guard !paths.isEmpty else { return }
        let path = paths[chance.below(paths.count)]
        let byteCount = disk.bytes(path)?.count ?? 0
        let limit = path.contains("/log/") ? logBytesSettled(path) : byteCount
        guard limit > 0 else { return }
        let bit = chance.below(limit * 8)
        disk.flip(path, bit: bit)
        flip = FlippedBit(path: path, bit: bit, byte: disk.bytes(path)?[bit / 8] ?? 0)
        report.flips += 1
        tell("bit \(bit % 8) of byte \(bit / 8) of \(path) flips")
    }

    /// Sets a flipped bit right, unless something else has been written there since.
    func unflip() {
        if let flip, let bytes = disk.bytes(flip.path), flip.bit / 8 < bytes.count, bytes[flip.bit / 8] == flip.byte {
            disk.flip(flip.path, bit: flip.bit)
        }
        flip = nil
    }

    /// Bytes of a segment that lie before the blocks of the last sync: only those are sure to be told from a torn write.
    private func logBytesSettled(_ path: String) -> Int {
        guard let last = lastLogWrites.first else { return 0 }
        if path < last.path { return disk.bytes(path)?.count ?? 0 }
        return path == last.path ? last.offset : 0
    }

    /// Lets the fault plan decide on every call to the disk.
    private func watchDisk() {
        let watcher = DiskWatcher(self)
        disk.plan { call in watcher.decide(call) }
    }

    /// The disk changes its manners, and an operator looks after a failed server.
    func changeWeather() {
        if isQuiet { return calm() }
        if let machine, machine.ledger.status.failure != nil {
            // Somebody restarts it, properly or not.
            if chance.happens(permille: 500) { machine.signal.requestStop() } else { crash(keepsEverything: true) }
        }
        calm()
        if faults.failsDisk {
            switch chance.below(12) {
            case 0...2: faults.weather = .slow
            case 3: faults.weather = .failing(permille: chance.within(1...200))
            case 4:
                faults.weather = .full
                disk.limit(toBytes: disk.usedByteCount + chance.within(0...200_000))
            default: break
            }
        }
        tell("the disk is \(faults.weather)")
        if options.canary == nil, machine != nil, chance.happens(permille: 25) { checkBackup() }
        plan(.weather, after: UInt64(chance.within(50...1_200)) * 1_000_000)
    }

    /// The disk is well again; a server that has failed is restarted.
    func calm() {
        faults.weather = .calm
        disk.limit(toBytes: .max)
        guard isQuiet else { return }
        planCrash()
        if let machine, machine.ledger.status.failure != nil { crash(keepsEverything: true) }
        plan(.weather, after: 1_000_000_000)
    }
}

/// Decides about calls to the disk for a simulation.
private final class DiskWatcher: @unchecked Sendable {
    // Sendable: a simulation has one thread.
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) { self.simulation = simulation }

    func decide(_ call: DiskCall) -> DiskVerdict { simulation.decide(call) }
}

extension Simulation {
    /// What becomes of a call to the disk.
    fileprivate func decide(_ call: DiskCall) -> DiskVerdict {
        if faults.hasLostPower { return .fails(code: EIO) }
        faults.diskCalls += 1
        trace.note(8, UInt64(call.kind.rawValue.utf8.count), UInt64(call.offset), UInt64(call.byteCount))
        let changes = call.kind == .write || call.kind == .sync
        if call.kind != .read { tell("\(call.kind) \(call.path) \(call.offset) \(call.byteCount)") }
        if call.kind == .write, call.path.contains("/log/segment-") {
            lastLogWrites.append((call.path, call.offset))
            if lastLogWrites.count > 24 { lastLogWrites.removeFirst() }
            if faults.crashesAtRoll, call.offset == 0, !call.path.hasSuffix("segment-00000000") {
                faults.crashesAtRoll = false
                plan(.crash, after: UInt64(chance.within(50...5_000)) * 1_000)
            }
        }
        if let powerLoss = faults.powerLossCall, faults.diskCalls >= powerLoss {
            faults.hasLostPower = true
            tell("the power fails")
            return chance.happens(permille: 500) ? .failsLate(code: EIO) : .fails(code: EIO)
        }
        diskNanoseconds += nanoseconds(of: call)
        if case .failing(let permille) = faults.weather, changes, chance.happens(permille: permille) {
            report.diskFaults += 1
            tell("the call fails")
            return chance.happens(permille: 300) ? .failsLate(code: EIO) : .fails(code: EIO)
        }
        return .succeeds
    }

    private func nanoseconds(of call: DiskCall) -> UInt64 {
        switch call.kind {
        case .sync, .syncFolder:
            if faults.weather == .slow { return UInt64(chance.within(2_000...80_000)) * 1_000 }
            return UInt64(chance.within(80...900)) * 1_000
        case .write, .read: return UInt64(chance.within(2...30)) * 1_000
        default: return 20_000
        }
    }
}

private let EIO: Int32 = 5
