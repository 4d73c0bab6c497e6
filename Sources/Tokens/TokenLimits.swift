/// Everything of tokens that has a maximum, each with its reason.
public enum TokenLimits {
    /// Bytes of a token: three claims and a signature need under 500; what is longer is refused
    /// before any work.
    public static let tokenBytesMax = 4096

    /// Bytes of a subject: names of players have the same limit on the wire.
    public static let subjectBytesMax = 64

    /// Keys in the folder of keys: a token without key id is tried against each of its kind.
    public static let keysMax = 64

    /// Bytes of a key file: the largest key that is accepted needs under 1 KiB.
    public static let keyFileBytesMax = 16 * 1024

    /// How far in the future a token may have been issued: clocks of two machines differ.
    public static let clockSkewSeconds: Int64 = 60

    /// The longest life of a token that is minted here: a year of development.
    public static let lifeSecondsMax: Int64 = 366 * 24 * 3600
}
