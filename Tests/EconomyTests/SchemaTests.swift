import Economy
import Foundation
import Testing

/// The part of JSON Schema that the files of GameData/Schemas use.
struct SchemaCheck {
    let root: [String: Any]

    /// What is wrong with a value, with its place; empty for a value that is right.
    func problems(_ value: Any) -> [String] { problems(value, root, "") }

    private func problems(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        var found: [String] = []
        if let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last {
            let definitions = root["$defs"] as? [String: [String: Any]]
            return problems(value, definitions?[String(name)] ?? [:], place)
        }
        if let type = schema["type"] as? String, !Self.has(value, type) { return ["\(place): not of type \(type)"] }
        if let allowed = schema["enum"] as? [String], !(value is String && allowed.contains(value as? String ?? "")) {
            found.append("\(place): none of \(allowed)")
        }
        if let constant = schema["const"] as? String, value as? String != constant { found.append("\(place): not \(constant)") }
        if let choices = schema["oneOf"] as? [[String: Any]], choices.count(where: { problems(value, $0, place).isEmpty }) != 1 {
            found.append("\(place): not exactly one of the choices")
        }
        if let number = value as? NSNumber, schema["type"] as? String == "integer" {
            if let least = schema["minimum"] as? NSNumber, number.compare(least) == .orderedAscending { found.append("\(place): too small") }
            if let most = schema["maximum"] as? NSNumber, number.compare(most) == .orderedDescending { found.append("\(place): too large") }
        }
        if let text = value as? String, let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("\(place): not like \(pattern)")
        }
        if let object = value as? [String: Any] { found += fields(object, schema, place) }
        if let list = value as? [Any] { found += elements(list, schema, place) }
        return found
    }

    private func fields(_ object: [String: Any], _ schema: [String: Any], _ place: String) -> [String] {
        let known = schema["properties"] as? [String: [String: Any]] ?? [:]
        var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
        for (name, value) in object {
            if let field = known[name] {
                found += problems(value, field, "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                found.append("\(place): \(name) is unknown")
            }
        }
        return found
    }

    private func elements(_ list: [Any], _ schema: [String: Any], _ place: String) -> [String] {
        var found: [String] = []
        if let least = schema["minItems"] as? Int, list.count < least { found.append("\(place): fewer than \(least)") }
        if let most = schema["maxItems"] as? Int, list.count > most { found.append("\(place): more than \(most)") }
        let first = schema["prefixItems"] as? [[String: Any]] ?? []
        for (index, element) in list.enumerated() {
            let rule = index < first.count ? first[index] : schema["items"] as? [String: Any]
            found += problems(element, rule ?? [:], "\(place)[\(index)]")
        }
        return found
    }

    private static func has(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": value is Bool || value is NSNumber
        case "integer": (value as? NSNumber).map { "\($0)".allSatisfy { $0.isNumber || $0 == "-" } } ?? false
        default: false
        }
    }
}

/// GameData/Schemas says what the loader takes.
struct SchemaTests {
    static let named = ["currencies", "items", "accounts", "offers", "loot", "books"].map { ("Catalog/\($0).json", $0) }
        + [("Genesis/genesis.json", "genesis"), ("Actions/errors.json", "errors")]

    static func json(_ path: String) throws -> [String: Any] {
        let data = try #require(FileManager.default.contents(atPath: path), "\(path) is missing")
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    static func schema(of file: String) throws -> SchemaCheck {
        let name = named.first { $0.0 == file }?.1 ?? (file.hasPrefix("Views/") ? "view" : "action")
        return SchemaCheck(root: try json("\(TestWorld.gameFolder)/Schemas/\(name).schema.json"))
    }

    static func files() throws -> [String] {
        try ["Actions", "Catalog", "Genesis", "Views"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: TestWorld.gameFolder + "/" + folder)
                .filter { $0.hasSuffix(".json") }.map { "\(folder)/\($0)" }
        }.sorted()
    }

    @Test func `every file of the game folder keeps to its schema`() throws {
        for file in try Self.files() {
            let problems = try Self.schema(of: file).problems(try Self.json(TestWorld.gameFolder + "/" + file))
            #expect(problems.isEmpty, "\(file) \(problems)")
            #expect(file.hasPrefix("Actions/") || file.hasPrefix("Views/") || Self.named.contains { $0.0 == file }, "\(file) has no schema")
        }
    }

    /// A field that is gone, unknown, of another type or too large, somewhere in a value.
    private static func damaged(_ value: Any, _ random: inout SplitMix) -> Any {
        if var object = value as? [String: Any], let key = object.keys.sorted().randomElement(using: &random) {
            switch random.below(6) {
            case 0: object[key] = nil
            case 1: object["surplus"] = 1
            default: object[key] = damaged(object[key] ?? 0, &random)
            }
            return object
        }
        if var list = value as? [Any], !list.isEmpty, random.below(8) > 0 {
            let place = random.below(list.count)
            if random.below(8) == 0 { list.append(list[place]) } else { list[place] = damaged(list[place], &random) }
            return list
        }
        switch random.below(4) {
        case 0: return "text"
        case 1: return -1
        case 2: return [1, 2, 3, 4, 5]
        default: return ["surplus": 1]
        }
    }

    /// Damages a file of the copy until its schema refuses it; what the schema says, or nil where ten tries do it no harm.
    private static func damage(_ file: String, _ copy: BrokenFileTests.Copy, _ random: inout SplitMix) throws -> [String]? {
        let schema = try schema(of: file)
        let original = try #require(FileManager.default.contents(atPath: TestWorld.gameFolder + "/" + file))
        for _ in 0..<10 {
            let value = damaged(try JSONSerialization.jsonObject(with: original), &random)
            let problems = schema.problems(value)
            guard value is [String: Any], !problems.isEmpty else { continue }
            let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
            try data.write(to: URL(fileURLWithPath: copy.path + "/" + file))
            return problems
        }
        return nil
    }

    /// All actions and views are damaged at once, since the loader tells every mistake with its file; the other files depend on each other and are damaged one by one.
    @Test func `what a schema refuses, the loader refuses`() throws {
        var random = SplitMix(state: 21)
        var refused = 0
        let files = try Self.files()
        let actions = files.filter { $0.hasPrefix("Actions/") && !$0.hasSuffix("errors.json") || $0.hasPrefix("Views/") }
        for _ in 0..<3 {
            let copy = try BrokenFileTests.Copy()
            var damaged: [String: [String]] = [:]
            for file in actions { damaged[file] = try Self.damage(file, copy, &random) }
            let problems = copy.problems()
            for (file, wrong) in damaged {
                #expect(problems.contains { $0.hasPrefix(file) }, "\(file): \(wrong) but the loader takes it")
                refused += 1
            }
        }
        let copy = try BrokenFileTests.Copy()
        for file in files where !actions.contains(file) {
            for _ in 0..<3 {
                guard let wrong = try Self.damage(file, copy, &random) else { continue }
                #expect(!copy.problems().isEmpty, "\(file): \(wrong) but the loader takes it")
                refused += 1
            }
            let original = try #require(FileManager.default.contents(atPath: TestWorld.gameFolder + "/" + file))
            try original.write(to: URL(fileURLWithPath: copy.path + "/" + file))
        }
        #expect(refused > 120, "\(refused)")
        #expect(copy.problems().isEmpty)
    }

    @Test func `what the loader refuses for its form, the schema refuses`() throws {
        let forms = ["is not a number here", "there is no field", "is missing; add it", "is not a list", "is not an object"]
        var checked = 0
        for row in BrokenFileTests.rows where forms.contains(where: row.expected.contains) {
            let text = try String(contentsOfFile: TestWorld.gameFolder + "/" + row.file, encoding: .utf8)
            guard let range = text.range(of: row.replace),
                let value = try? JSONSerialization.jsonObject(with: Data(text.replacingCharacters(in: range, with: row.with).utf8)),
                !row.file.hasPrefix("Contracts/"), !row.expected.contains("in the payload"), !row.expected.contains("from 1 to 6")
            else { continue }
            #expect(!(try Self.schema(of: row.file).problems(value)).isEmpty, "\(row.expected)")
            checked += 1
        }
        #expect(checked >= 6, "\(checked)")
    }
}
