import Synchronization

/// A number that several threads use.
final class Tally: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int {
        get { number.load(ordering: .sequentiallyConsistent) }
        set { number.store(newValue, ordering: .sequentiallyConsistent) }
    }
    /// Adds one and returns what there was.
    @discardableResult
    func increment() -> Int { number.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue }
}
