import Foundation
import FoundationNetworking

/// One POST of JSON; enough for hooks and webhooks.
struct HTTPPost {
    /// Where to.
    let url: URL
    /// Seconds after which nothing is waited for any more.
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
            let task = URLSession.shared.dataTask(with: request) { data, response, error in
                if let response = response as? HTTPURLResponse {
                    continuation.resume(returning: .success((response.statusCode, data ?? Data())))
                } else {
                    let reason = error.map { "\($0.localizedDescription)" } ?? "no answer"
                    continuation.resume(returning: .failure(Failure(message: "\(url.absoluteString): \(reason)")))
                }
            }
            task.resume()
        }
    }
}
