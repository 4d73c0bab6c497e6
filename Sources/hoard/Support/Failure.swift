import ArgumentParser
import Foundation

/// Something that could not be done: printed as one sentence on standard error, exit code 70.
struct Failure: Error {
    let message: String

    /// The failure for any error, with the sentence that the error has.
    init(_ error: any Error) {
        message = "\(error)"
    }

    /// A failure with a sentence of its own.
    init(message: String) {
        self.message = message
    }

    /// Prints the sentence and ends the command.
    func exit() -> ExitCode {
        FileHandle.standardError.write(Data("hoard: \(message)\n".utf8))
        return ExitCode(70)
    }
}

/// Runs `body`, turning everything that it throws but exit codes into a printed sentence and exit code 70.
func reportingFailures<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let code as ExitCode {
        throw code
    } catch let failure as Failure {
        throw failure.exit()
    } catch let error as ValidationError {
        throw error
    } catch {
        throw Failure(error).exit()
    }
}
