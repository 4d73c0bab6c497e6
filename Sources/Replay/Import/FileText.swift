import Foundation

/// Makes text of the bytes of a file: unpacks gzip, translates UTF-16 and Windows-1252, and names what no match can be.
enum FileText {
    /// How a file begins that is none of ours, what it is, and what makes one of ours of it.
    private static let others: [(start: [UInt8], kind: String, remedy: String)] = [
        ([0x28, 0xB5, 0x2F, 0xFD], "packed by zstd", "unpack it first: zstd -d FILE"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "packed by xz", "unpack it first: xz -d FILE"),
        ([0x42, 0x5A, 0x68], "packed by bzip2", "unpack it first: bzip2 -d FILE"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive (or a spreadsheet)", "unpack it first: unzip FILE; save a spreadsheet as CSV"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive", "unpack it first: 7z x FILE"),
        ([0x52, 0x61, 0x72, 0x21], "a rar archive", "unpack it first: unrar x FILE"),
        ([0x04, 0x22, 0x4D, 0x18], "packed by lz4", "unpack it first: lz4 -d FILE"),
        (Array("SQLite format 3".utf8), "an SQLite database", "export the table: sqlite3 -csv -header FILE 'SELECT ...'"),
        (Array("PAR1".utf8), "a Parquet file", "export it as CSV or JSON Lines"),
        (Array("%PDF".utf8), "a PDF", "export the rows as CSV"),
        (Array("<!".utf8), "an HTML page", "it is often the message of a server in place of the file: look at it, fetch it again"),
        (Array("<html".utf8), "an HTML page", "it is often the message of a server in place of the file: look at it, fetch it again"),
        (Array("<?xml".utf8), "XML", "export it as JSON or CSV"),
        (Array("MPQ".utf8), "a StarCraft II replay itself", "write its events as JSON Lines first (sc2reader, s2protocol)"),
        (Array("PBDEMS2".utf8), "a Dota 2 demo itself", "fetch the parsed match of OpenDota"),
        (Array("RIOT".utf8), "a League of Legends replay itself", "fetch the match and its timeline of the match-v5 API"),
    ]

    /// The text in UTF-8, and what was done to get it, as sentences.
    static func read(_ packed: [UInt8], file: String) throws(ImportError) -> (text: [UInt8], notes: [String]) {
        var bytes = packed
        // Some downloads are packed twice: once by their maker, once on the way.
        for _ in 0..<3 where Gzip.isPacked(bytes) {
            do throws(Gzip.Broken) {
                bytes = try Gzip.unpacked(bytes, bytesMax: MatchSource.bytesMax)
            } catch {
                throw ImportError(file: file, problem: "cannot be unpacked: \(error.reason)", remedy: "a whole gzip file")
            }
        }
        var notes: [String] = []
        if let translated = fromUTF16(bytes) {
            bytes = translated
            notes.append("the text is UTF-16: translated")
        }
        if let other = others.first(where: { bytes.starts(with: $0.start) }) {
            throw ImportError(file: file, problem: "is \(other.kind)", remedy: other.remedy)
        }
        if let place = bytes.firstIndex(of: 0) {
            let line = bytes[..<place].count { $0 == 0x0A } + 1
            throw ImportError(
                file: file, line: line, problem: "is no text: byte \(place + 1) is zero",
                remedy: "a match is text, JSON or CSV; this is another kind of file, or it is damaged here")
        }
        if !isUTF8(bytes) {
            guard bytes.prefix(4_096).count(where: isControl) * 100 <= min(4_096, bytes.count) else {
                throw ImportError(
                    file: file, problem: "is no text: its bytes are no letters",
                    remedy: "a match is text, JSON or CSV, gzipped or not")
            }
            bytes = fromWindows1252(bytes)
            notes.append("the text is not UTF-8: read as Windows-1252")
        }
        if !bytes.contains(0x0A), bytes.contains(0x0D) {
            // Lines that end as on old Macintoshes.
            bytes = bytes.map { $0 == 0x0D ? 0x0A : $0 }
        }
        return (bytes, notes)
    }

    /// Reads a file, or standard input where the path is `-`, as far as the limit; the error names it.
    static func bytes(at path: String) throws(ImportError) -> [UInt8] {
        let file = path == "-" ? "standard input" : path
        var isFolder: ObjCBool = false
        if path != "-" {
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw ImportError(file: file, problem: "does not exist", remedy: "name a file, or - for standard input")
            }
            guard !isFolder.boolValue else {
                throw ImportError(file: file, problem: "is a folder", remedy: "name a file in it")
            }
        }
        guard let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
            throw ImportError(file: file, problem: "cannot be read", remedy: "it should be a file that this user may read")
        }
        var bytes: [UInt8] = []
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        if size <= MatchSource.bytesMax { bytes.reserveCapacity(size) }
        do {
            while let part = try handle.read(upToCount: 4 << 20), !part.isEmpty {
                bytes += part
                if max(bytes.count, size) > MatchSource.bytesMax { break }
            }
        } catch {
            throw ImportError(file: file, problem: "cannot be read: \(error.localizedDescription)")
        }
        guard max(bytes.count, size) <= MatchSource.bytesMax else {
            throw ImportError(
                file: file, problem: "has more than \(MatchSource.bytesMax >> 20) MiB",
                remedy: "at most that is read at once; split it into several matches")
        }
        return bytes
    }

    // MARK: Encodings

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    /// The text in UTF-8, nil where it is not UTF-16: that shows in its first mark, or in every second byte being zero.
    private static func fromUTF16(_ bytes: [UInt8]) -> [UInt8]? {
        let head = bytes.prefix(256)
        guard head.count >= 4 else { return nil }
        let evens = stride(from: 0, to: head.count - 1, by: 2).count { head[$0] == 0 }
        let odds = stride(from: 1, to: head.count, by: 2).count { head[$0] == 0 }
        let half = head.count / 2
        let isLittle: Bool
        if head.starts(with: [0xFF, 0xFE]) {
            isLittle = true
        } else if head.starts(with: [0xFE, 0xFF]) {
            isLittle = false
        } else if odds * 10 >= half * 9, evens == 0 {
            isLittle = true
        } else if evens * 10 >= half * 9, odds == 0 {
            isLittle = false
        } else {
            return nil
        }
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for place in stride(from: 0, to: bytes.count - 1, by: 2) {
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        if units.first == 0xFEFF { units.removeFirst() }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// What the bytes 0x80 to 0x9F are in Windows-1252; the others are numbered as in Unicode.
    private static let windows: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
    ]

    private static func fromWindows1252(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                let code = byte < 0xA0 ? windows[Int(byte) - 0x80] : UInt32(byte)
                text += String(Character(Unicode.Scalar(code) ?? "?")).utf8
            }
        }
        return text
    }
}
