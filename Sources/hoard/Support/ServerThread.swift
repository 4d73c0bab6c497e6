import Foundation
import Gateway
import Synchronization

/// A gateway that runs on a thread of its own until it is stopped.
final class ServerThread: Sendable {
    private let gateway: Gateway
    private let ended = DispatchSemaphore(value: 0)
    private let failure = Mutex<GatewayError?>(nil)

    /// Starts it.
    init(_ gateway: Gateway) {
        self.gateway = gateway
        let thread = Thread { [self] in
            do throws(GatewayError) { try gateway.run() } catch { failure.withLock { $0 = error } }
            ended.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Lets it finish what it has received, waits, and throws what it failed with.
    func stop() throws {
        gateway.stop()
        ended.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
