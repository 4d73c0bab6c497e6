import Foundation
import FoundationNetworking

/// One POST of JSON; enough for hooks and webhooks. An answer that sends elsewhere is the answer: what is posted goes to the URL that was named
/// and nowhere else, and the page behind a redirection is not taken for an answer.
struct HTTPPost {
    /// Where to.
    let url: URL
    /// Seconds after which nothing is waited for any more, however the answer trickles in.
    let seconds: Double

    /// The URL that a text gives, if it is one for HTTP.
    static func url(_ text: String) -> URL? {
        guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host != nil else { return nil }
        return url
    }

    /// Sends a body; status and body of the answer, or why there is none.
    func send(_ body: Data, headers: [String: String] = [:]) async -> Result<(status: Int, body: Data), Failure> {
        var request = URLRequest(url: url, timeoutInterval: seconds)
        request.httpMethod = "POST"
        request.httpBody = body
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return await withCheckedContinuation { continuation in
            let gathering = GatheredAnswer(url) { continuation.resume(returning: $0) }
            let session = URLSession(configuration: .ephemeral, delegate: gathering, delegateQueue: nil)
            let task = session.dataTask(with: request)
            task.resume()
            session.finishTasksAndInvalidate()
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { task.cancel() }
        }
    }
}

/// Gathers one answer: follows no redirection, and takes no longer body than anybody reads.
private final class GatheredAnswer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    // Sendable: its session calls it from one queue, one call after the other.
    private static let bodyBytesMax = 1 << 20
    private let url: URL
    private let done: @Sendable (Result<(status: Int, body: Data), Failure>) -> Void
    private var body = Data()

    init(_ url: URL, _ done: @escaping @Sendable (Result<(status: Int, body: Data), Failure>) -> Void) {
        self.url = url
        self.done = done
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        body.append(data)
        if body.count > Self.bodyBytesMax { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if error == nil, let response = task.response as? HTTPURLResponse {
            done(.success((response.statusCode, body)))
        } else {
            done(.failure(Failure(message: "\(url.absoluteString): \(error.map { $0.localizedDescription } ?? "no answer")")))
        }
    }
}
