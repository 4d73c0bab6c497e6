/// What will happen in a simulation, by time; what is due at the same time comes in the order in which it was planned.
struct EventQueue {
    private struct Entry {
        var time: UInt64
        var order: UInt64
        var event: SimulationEvent
    }

    private var heap: [Entry] = []
    private var planned: UInt64 = 0

    /// How many events wait.
    var count: Int { heap.count }

    /// Plans an event at a time in nanoseconds.
    mutating func plan(_ event: SimulationEvent, at time: UInt64) {
        planned += 1
        heap.append(Entry(time: time, order: planned, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if Self.isBefore(heap[parent], heap[child]) { break }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the next event out.
    mutating func next() -> (time: UInt64, event: SimulationEvent)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Self.isBefore(heap[child], heap[least]) {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.time != b.time ? a.time < b.time : a.order < b.order
    }
}

/// One thing that happens.
enum SimulationEvent {
    /// A thread does its next piece of work.
    case step(SimulatedThreads.Work, ticket: UInt64)
    /// The loop of the server takes a turn.
    case turn(SimulatedLoop)
    /// Something reaches the server's end of a link.
    case toServer(Link, Parcel)
    /// Something reaches the client's end of a link.
    case toClient(Link, Parcel)
    /// The client takes what has arrived at its end.
    case clientReads(Link)
    /// A client looks for something to do.
    case client(SimulatedClient)
    /// The network loses a link.
    case cut(Link)
    /// The machine that serves dies.
    case crash
    /// It comes back.
    case boot
    /// The disk changes its manners.
    case weather
    /// The operator stops the server properly.
    case stop
}

/// What travels on a link.
enum Parcel {
    /// A new connection.
    case opening
    /// Bytes.
    case bytes([UInt8])
    /// Nothing more will come.
    case end
}

/// A running digest of everything that happens; two runs that did the same have the same one.
struct Trace {
    /// The digest so far.
    private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    /// How many things were noted.
    private(set) var count = 0

    /// Notes numbers.
    mutating func note(_ values: UInt64...) {
        count += 1
        for value in values { mix(value) }
    }

    /// Notes bytes.
    mutating func note(_ kind: UInt64, _ bytes: [UInt8]) {
        count += 1
        mix(kind)
        mix(UInt64(bytes.count))
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                mix(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            while offset < raw.count {
                mix(UInt64(raw[offset]))
                offset += 1
            }
        }
    }

    private mutating func mix(_ value: UInt64) {
        digest = (digest ^ value) &* 0x9e37_79b9_7f4a_7c15
        digest ^= digest >> 29
    }
}
