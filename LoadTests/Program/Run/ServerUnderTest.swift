import EventLoop
import Foundation

/// The server that a run drives: one of our own, or one that somebody else runs.
final class ServerUnderTest {
    let host: String
    let port: Int
    let token: String
    /// The process, when it is ours.
    let process: ServerProcess?
    /// Write and sync on the disk of the server's data, measured before the server started; nil when it is not ours.
    let bareSync: BareSync?
    private let folder: TemporaryFolder?

    /// A server that runs already.
    init(connect: String, token: String) throws {
        guard let address = ServerProcess.address(fromText: connect) else {
            throw ScenarioFailure(description: "\(connect) should be HOST:PORT")
        }
        (host, port) = address
        self.token = token
        process = nil
        bareSync = nil
        folder = nil
    }

    /// A server of our own, with temporary data unless `data` names a folder to keep.
    init(paths: ServerPaths, data: String?, executor: String?, workers: Int?, checkpointOperations: Int? = nil) throws {
        let folder = try TemporaryFolder()
        bareSync = BareSync.measure(folder: data.map { ($0 as NSString).deletingLastPathComponent } ?? folder.path)
        // Ours and the server's, which inherits it.
        DescriptorLimit.raiseToHardLimit()
        let settings = ServerSettings(
            paths: paths, dataFolder: data ?? folder.path + "/data", printFolder: folder.path,
            executor: executor, workers: workers, checkpointOperations: checkpointOperations)
        do {
            let process = try ServerProcess(settings)
            self.process = process
            token = try ServerProcess.token(settings, subject: "load")
            host = process.host
            port = process.port
        } catch {
            folder.remove()
            throw error
        }
        self.folder = folder
    }

    /// Stops a server of our own and removes its temporary data.
    func stop() throws {
        defer { folder?.remove() }
        try process?.stop()
    }
}
