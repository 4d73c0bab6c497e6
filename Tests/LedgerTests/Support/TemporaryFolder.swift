import Glibc

/// A folder that disappears with the value.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/hoard-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { TemporaryFolder.remove(path) }

    private static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(directory)
        }
        Glibc.remove(path)
    }

    /// Overwrites one byte of a file.
    func flip(_ file: String, at offset: Int) {
        let descriptor = open(path + "/" + file, O_RDWR)
        defer { close(descriptor) }
        var byte: UInt8 = 0
        pread(descriptor, &byte, 1, off_t(offset))
        byte ^= 0x10
        pwrite(descriptor, &byte, 1, off_t(offset))
    }

    /// Writes a file.
    func write(_ text: String, to file: String) {
        let descriptor = open(path + "/" + file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        Glibc.write(descriptor, bytes, bytes.count)
    }
}
