import Testing
import Wire

@testable import Gateway

struct SlabTests {
    @Test func `a key finds its row until the row is gone, and never the next one in its place`() {
        var slab = Slab<String>(countMax: 2)
        let first = slab.insert("a")
        let second = slab.insert("b")
        #expect(slab.isFull && slab[first] == "a" && slab[second] == "b")
        #expect(slab.remove(first) == "a")
        #expect(slab.remove(first) == nil)
        let third = slab.insert("c")
        #expect(third != first)
        #expect(slab[first] == nil && slab[third] == "c")
        let isUpdated = slab.update(first) { $0 = "x" }
        #expect(!isUpdated && slab[third] == "c")
        #expect(slab.keys.map { slab[$0] } == ["c", "b"])
        #expect(slab[UInt64(99)] == nil)
    }
}

struct EventFeedTests {
    private func event(_ cursor: UInt64) -> EventBody {
        EventBody(
            cursor: cursor, block: 1, index: 0, kind: .transfer, operationID: .zero, asset: 1, amount: 1,
            account: .zero, counterparty: .zero)
    }

    @Test func `the oldest events give way and the feed knows where it begins`() {
        var feed = EventFeed(recentMax: 3)
        feed.startRecording(from: 10)
        for cursor in UInt64(11)...15 { feed.keep(event(cursor)) }
        #expect(feed.oldestCursor == 13)
        #expect(feed.kept(from: 0).map(\.cursor) == [13, 14, 15])
        #expect(feed.kept(from: 15).map(\.cursor) == [15])
    }

    @Test func `cursors rise with block, place and event`() {
        let cursors = [
            EventFeed.cursor(block: 1, index: 0, place: 0), EventFeed.cursor(block: 1, index: 0, place: 1),
            EventFeed.cursor(block: 1, index: 1, place: 0), EventFeed.cursor(block: 1, index: 8_191, place: 99),
            EventFeed.cursor(block: 2, index: 0, place: 0),
        ]
        #expect(cursors == cursors.sorted() && Set(cursors).count == cursors.count)
    }
}
