import Foundation

/// Who knows whether a store's receipt is good: a program or a service of the studio's own.
struct ReceiptHook {
    /// What a hook says of a receipt.
    enum Outcome: Equatable {
        /// The store has confirmed it; the answer may name product and quantity, which then count.
        case granted(product: UInt64?, quantity: UInt64?)
        /// Nobody knows yet; nothing is decided.
        case tryAgain(String)
        /// The store does not know it, or has taken it back.
        case refused(String)
    }

    /// How it is asked.
    enum Way {
        /// A command for the shell, with the receipt on its standard input.
        case command(String)
        /// A service that takes a POST.
        case service(URL)
    }

    let way: Way
    /// Seconds that an answer may take.
    let seconds: Double

    /// Asks about a receipt, as it came. Whatever is not a clear answer means to try again: a broken hook neither gives nor refuses.
    func ask(_ receipt: Data) async -> Outcome {
        switch way {
        case .command(let command): return run(command, receipt)
        case .service(let url):
            switch await HTTPPost(url: url, seconds: seconds).send(receipt) {
            case .failure(let failure): return .tryAgain(failure.message)
            case .success(let answer):
                switch answer.status {
                case 200...299: return Self.granted(answer.body)
                // What means a receipt; a wrong address, key or form of the request is answered with other ones.
                case 402, 409, 410, 422: return .refused(Self.reason(answer.body) ?? "status \(answer.status)")
                default: return .tryAgain("status \(answer.status), which is no answer: 2xx granted; 402, 409, 410, 422 refused")
                }
            }
        }
    }

    private func run(_ command: String, _ receipt: Data) -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let input = FileManager.default.temporaryDirectory.appendingPathComponent("hoard-receipt-\(UUID().uuidString)")
        let output = Pipe()
        do {
            // From a file, so that a hook that reads nothing cannot stop us.
            try receipt.write(to: input)
            defer { try? FileManager.default.removeItem(at: input) }
            process.standardInput = try FileHandle(forReadingFrom: input)
            process.standardOutput = output
            try process.run()
        } catch {
            return .tryAgain("the hook cannot be run: \(error)")
        }
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + seconds)
        timer.setEventHandler { process.terminate() }
        timer.resume()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        timer.cancel()
        guard process.terminationReason == .exit else { return .tryAgain("the hook was ended after \(seconds) s") }
        switch process.terminationStatus {
        case 0: return Self.granted(said)
        case 1:
            // Scripts that fail end with 1 as well, but say nothing there.
            guard let reason = Self.reason(said) else { return .tryAgain("exit code 1 without a reason on standard output, which is no answer") }
            return .refused(reason)
        case 75: return .tryAgain(Self.reason(said) ?? "exit code 75")
        default: return .tryAgain("exit code \(process.terminationStatus), which is no answer: 0 granted, 1 and a reason refused, 75 try again")
        }
    }

    private static func granted(_ answer: Data) -> Outcome {
        guard let object = (try? JSONSerialization.jsonObject(with: answer)) as? [String: Any] else { return .granted(product: nil, quantity: nil) }
        func number(_ name: String) -> UInt64? { (object[name] as? NSNumber).flatMap { UInt64("\($0)") } }
        return .granted(product: number("product"), quantity: number("quantity"))
    }

    /// The first line of an answer; nil where it says nothing.
    private static func reason(_ answer: Data) -> String? {
        String(decoding: answer.prefix(200), as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
