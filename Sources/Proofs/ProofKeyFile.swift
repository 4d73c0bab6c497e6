internal import Glibc

/// The file `proof.key` of a data folder: the secret half of the key that heads are signed with, 64 hexadecimal digits, mode 0600.
public enum ProofKeyFile {
    /// The file's name.
    public static let name = "proof.key"
    private static let bytesMax = 4_096

    /// The key of a data folder. Where there is none, one is made if `isMade`: it, and its name in the folder, are durable before this returns,
    /// so that no signature is ever made with a key that a crash could lose.
    public static func open(dataFolder: String, isMade: Bool) throws(ProofError) -> ProofKey {
        let path = dataFolder + "/" + name
        if access(path, F_OK) != 0 {
            guard isMade else {
                throw .keyFile("there is no \(path); a server makes it with `hoard serve --proofs` or --http")
            }
            mkdir(dataFolder, 0o755)
            try make(path)
        }
        // Also where somebody else has made it: his sync of the folder may not be done.
        try syncFolder(dataFolder)
        return try read(path)
    }

    private static func read(_ path: String) throws(ProofError) -> ProofKey {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("look at", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw .keyFile("\(path) has mode \(String(status.st_mode & 0o777, radix: 8)), others could sign in the world's name; need 600")
        }
        var content = [UInt8](repeating: 0, count: bytesMax)
        let count = Glibc.read(descriptor, &content, content.count)
        guard count >= 0 else { throw failure("read", path) }
        let text = String(decoding: content[..<count], as: UTF8.self).filter { !$0.isWhitespace }
        guard let secret = ProofHex.bytes(of: text), let key = ProofKey(secret: secret) else {
            throw .keyFile("\(path) holds \(text.utf8.count) characters; need 64 hexadecimal digits")
        }
        return key
    }

    /// Writes a secret aside, durably, and links it into place: whoever looks finds all of it or nothing.
    private static func make(_ path: String) throws(ProofError) {
        var random = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
        let aside = "\(path).\(getpid()).\(UInt64.random(in: 0 ... .max, using: &random))"
        let descriptor = Glibc.open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", aside) }
        defer { unlink(aside) }
        let line = Array((ProofHex.digits(of: secret) + "\n").utf8)
        let isWritten = write(descriptor, line, line.count) == line.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWritten else { throw failure("write", aside) }
        if link(aside, path) != 0, errno != EEXIST { throw failure("create", path) }
    }

    private static func syncFolder(_ path: String) throws(ProofError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        // A folder that may only be read has nothing of ours to sync.
        guard fsync(descriptor) == 0 || errno == EROFS || errno == EINVAL else { throw failure("sync", path) }
    }

    private static func failure(_ verb: String, _ path: String) -> ProofError {
        .keyFile("cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
