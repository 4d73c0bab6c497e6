import EVM

extension BlobSchedule {
    /// The schedule of one fork in a test's configuration; nil where there is none.
    init?(_ fields: JSONValue?) throws {
        guard let fields, fields["baseFeeUpdateFraction"] != nil else { return nil }
        self.init(
            target: try fields.number("target"), most: Int(try fields.number("max")),
            baseFeeUpdateFraction: try fields.number("baseFeeUpdateFraction"))
    }
}
