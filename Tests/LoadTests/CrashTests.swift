import Foundation
import Testing
import Wire

@testable import hoard_load

/// The crash run's judgement: what counts as lost and as doubled.
struct CrashTests {
    private let start = StartingGoods(gold: 100, itemKinds: 0, itemQuantity: 0)
    private let operation = LoadOperation(
        kind: .transfer, player: 0, counterparty: 1, item: 0, quantity: 0, gold: 5)
    private let reply = ReplyBody(status: .applied, block: 7, index: 3, gasUsed: 21, result0: 5)

    @Test func `an answered operation counts once and moves the book once`() {
        let journal = answered()
        #expect(journal.acknowledged == 1 && journal.book.gold == [95, 105])
        var repeated = reply
        repeated.repeated = true
        journal.take(repeated, sequence: 0)
        journal.take(.receipt(repeated), sequence: 0)
        #expect(journal.acknowledged == 1 && journal.book.gold == [95, 105])
        #expect(journal.lost == 0 && journal.doubled == 0 && journal.errors == 0)
    }

    @Test func `an answered operation without a receipt is lost`() {
        let journal = answered()
        journal.take(.notFound(.receipt), sequence: 0)
        #expect(journal.lost == 1)
        #expect(journal.firstFinding?.contains("has no receipt") == true)
    }

    @Test func `an answer that changed is lost`() {
        let journal = answered()
        var changed = reply
        changed.block = 8
        journal.take(.receipt(changed), sequence: 0)
        changed.repeated = true
        journal.take(changed, sequence: 0)
        #expect(journal.lost == 2)
    }

    @Test func `an answered operation that is taken for new is doubled`() {
        let journal = answered()
        journal.take(reply, sequence: 0)
        #expect(journal.doubled == 1)
    }

    @Test func `an unanswered operation may be new or repeated after a crash`() {
        for isRepeated in [false, true] {
            let journal = CrashJournal(players: 2, start: start)
            _ = journal.add(operation)
            var reply = reply
            reply.repeated = isRepeated
            journal.take(reply, sequence: 0)
            #expect(journal.acknowledged == 1 && journal.book.gold == [95, 105])
            #expect(journal.lost + journal.doubled + journal.errors == 0)
        }
    }

    @Test func `busy is no answer and a conflict is an error`() {
        let journal = CrashJournal(players: 2, start: start)
        _ = journal.add(operation)
        journal.take(ReplyBody(status: .busy), sequence: 0)
        #expect(journal.acknowledged == 0 && journal.errors == 0)
        journal.take(ReplyBody(status: .conflict), sequence: 0)
        #expect(journal.errors == 1)
    }

    @Test func `the crash report has the agreed keys and its percentiles`() throws {
        let report = CrashReport(
            kills: 3, acknowledged: 9, lost: 0, doubled: 0, restartSeconds: [0.3, 0.1, 0.2],
            balancesWrong: 0, errors: 0, isVerified: true)
        #expect(!report.hasFindings)
        let line = report.json.line
        #expect(
            line.hasPrefix(
                #"{"kills":3,"acknowledged":9,"lost":0,"doubled":0,"restartSeconds":{"p50":0.2,"max":0.3}"#
            ))
        var unverified = report
        unverified.isVerified = false
        #expect(unverified.hasFindings)
    }

    private func answered() -> CrashJournal {
        let journal = CrashJournal(players: 2, start: start)
        _ = journal.add(operation)
        journal.take(reply, sequence: 0)
        return journal
    }
}
