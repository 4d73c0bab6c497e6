internal import EVM

/// What the events of one transaction say about balance slots: by how much each must change.
///
/// On raw memory that is used again for every transaction: nothing is allocated, nothing is counted.
struct NetChanges: ~Copyable {
    /// One balance slot of one rule.
    struct Net {
        var rule: Int
        var slot: U256
        var change: U256
        var isMatched: Bool
    }

    private struct Header {
        var nets: UnsafeMutablePointer<Net>
        var count: Int
        var capacity: Int
    }

    private let header: UnsafeMutablePointer<Header>

    init() {
        header = .allocate(capacity: 1)
        header.initialize(to: Header(nets: .allocate(capacity: 64), count: 0, capacity: 64))
    }

    deinit {
        header.pointee.nets.deallocate()
        header.deallocate()
    }

    /// Forgets all.
    @inline(__always)
    func removeAll() { header.pointee.count = 0 }

    /// The entry of a slot; valid until the next addition.
    @inline(__always)
    func find(_ rule: Int, _ slot: U256) -> UnsafeMutablePointer<Net>? {
        var net = header.pointee.nets
        let end = net + header.pointee.count
        while net < end {
            if net.pointee.slot.l0 == slot.l0, net.pointee.slot == slot, net.pointee.rule == rule { return net }
            net += 1
        }
        return nil
    }

    /// Adds to what a slot must change by.
    @inline(__always)
    func add(_ rule: Int, _ slot: U256, _ change: U256) {
        if let net = find(rule, slot) {
            net.pointee.change = net.pointee.change &+ change
            return
        }
        if header.pointee.count == header.pointee.capacity { grow() }
        header.pointee.nets[header.pointee.count] = Net(rule: rule, slot: slot, change: change, isMatched: false)
        header.pointee.count += 1
    }

    @inline(never)
    private func grow() {
        let larger = UnsafeMutablePointer<Net>.allocate(capacity: header.pointee.capacity * 2)
        larger.moveInitialize(from: header.pointee.nets, count: header.pointee.count)
        header.pointee.nets.deallocate()
        header.pointee.nets = larger
        header.pointee.capacity *= 2
    }

    /// A slot that had to change and did not.
    @inline(__always)
    func firstUnmatched() -> Net? {
        for index in 0..<header.pointee.count {
            let net = header.pointee.nets + index
            if !net.pointee.isMatched, !net.pointee.change.isZero { return net.pointee }
        }
        return nil
    }
}
