internal import Economy
internal import Wire

// What a client does when it has a session.
extension SimulatedClient {
    /// Misbehaves, asks, or sends operations, as chance will have it.
    func work() {
        if misbehaves() { return }
        if chance.happens(permille: 60) { ask() }
        var burst = chance.within(1...6)
        while burst > 0, requestCount < windowMax, link != nil {
            burst -= 1
            if let item = takeWaiting() {
                send(item)
            } else if budget > 0 {
                invent()
            } else {
                return
            }
        }
    }

    private func takeWaiting() -> Item? {
        guard let index = waiting.firstIndex(where: { $0.notBefore <= simulation.now }) else { return nil }
        return waiting.remove(at: index)
    }

    /// Sends an operation or a group, for the first time or again.
    func send(_ item: Item) {
        let numbers = item.operations
        for number in numbers { simulation.noteSent(number) }
        let first = simulation.history.operations[numbers.lowerBound]
        if item.isLinked {
            send(.batch, flags: .linked, batch(Array(numbers)), as: .item(item))
        } else {
            send(.action, operationID: first.id, first.body, as: .item(item))
        }
    }

    private func batch(_ numbers: [Int]) -> BatchBody {
        BatchBody(
            items: numbers.map { number in
                let record = simulation.history.operations[number]
                return BatchItem(operationID: record.id, action: record.body)
            })
    }

    /// Makes new operations and sends them: alone, linked, or several in a frame.
    private func invent() {
        if chance.happens(permille: 60), budget >= 2 {
            let count = min(budget, chance.within(2...5))
            let item = newItem(count: count, isLinked: true)
            return send(item)
        }
        if chance.happens(permille: 60), budget >= 2 {
            let count = min(budget, chance.within(2...6))
            let items = (0..<count).map { _ in newItem(count: 1, isLinked: false) }
            for item in items { simulation.noteSent(item.operations.lowerBound) }
            send(.batch, batch(items.map(\.operations.lowerBound)), as: .bundle(items))
            return
        }
        send(newItem(count: 1, isLinked: false))
    }

    private func newItem(count: Int, isLinked: Bool) -> Item {
        budget -= count
        simulation.inventionsLeft -= count
        let first = simulation.history.operations.count
        for _ in 0..<count {
            let id = OperationID(
                milliseconds: simulation.now / 1_000_000 + 1, random: (chance.next(), chance.next()))
            let action = simulation.writer.action(for: self, id: id, &chance, &simulation.history)
            simulation.history.operations.append(
                OperationRecord(id: id, action: action, body: action.body(simulation.game, simulation.cast)))
        }
        let range = first..<first + count
        if isLinked { for number in range { simulation.history.operations[number].group = range } }
        return Item(operations: range, isLinked: isLinked)
    }

    /// Asks a question, asks again what is known, or asks for the same id with another body.
    private func ask() {
        let event = simulation.eventCount
        switch chance.below(7) {
        case 0, 1:
            let asked = role == .player ? place : chance.below(simulation.cast.playerCount)
            let asset = chance.happens(permille: 500) ? 1 : simulation.writer.someItem(&chance)
            query(.balance, asked, asset, .query(.balance(asked, asset), sent: event))
        case 2:
            let asked = role == .player ? place : chance.below(simulation.cast.playerCount)
            query(.inventory, asked, 0, .query(.inventory(asked), sent: event))
        case 3:
            let offer = UInt64(simulation.writer.someOffer(&chance))
            query(.offer, place, offer, .query(.offer(offer), sent: event))
        case 4:
            guard let number = someFinal() else { return }
            let record = simulation.history.operations[number]
            send(
                .query, QueryBody(kind: .receipt, subject: UInt64(record.body.code), operationID: record.id),
                as: .receipt(number))
        case 5:
            guard let number = someFinal() else { return }
            let record = simulation.history.operations[number]
            if record.group.isEmpty {
                simulation.noteSent(number)
                send(.action, operationID: record.id, record.body, as: .repeated(number))
            }
        default:
            guard let number = someFinal() else { return }
            let record = simulation.history.operations[number]
            let action = GameAction.transfer(
                from: place, to: 0, asset: 1, amount: 1_000_003 + UInt64(chance.below(1_000)))
            send(
                .action, operationID: record.id, action.body(simulation.game, simulation.cast),
                as: .conflicting(number))
        }
    }

    private func someFinal() -> Int? { finals.isEmpty ? nil : finals[chance.below(finals.count)] }

    private func query(_ kind: QueryKind, _ asked: Place, _ subject: UInt64, _ request: Request) {
        let account = asked >= 0 ? simulation.cast.accounts[asked] : .zero
        send(.query, QueryBody(kind: kind, account: kind == .offer ? .zero : account, subject: subject), as: request)
    }

    /// Now and then a client sends nonsense, half a frame, or goes away; true: that is all it does now.
    private func misbehaves() -> Bool {
        switch chance.below(4_000) {
        case 0..<8:
            leave(politely: false)
        case 8..<12:
            leave(politely: true)
        case 12..<16:
            sendRaw((0..<chance.within(1...60)).map { _ in UInt8(truncatingIfNeeded: chance.next()) })
        case 16..<20:
            var bytes: [UInt8] = []
            FrameEncoder.append(
                FrameHeader(kind: .ping, session: session, requestID: 0), PingBody(value: 1), to: &bytes)
            sendRaw([UInt8](bytes[..<chance.within(1...(bytes.count - 1))]))
            leave(politely: false)
        case 20..<30:
            send(.ping, PingBody(value: chance.next()))
        case 30..<34:
            guard !isSubscribed else { return false }
            isSubscribed = true
            send(.subscribe, SubscribeBody(isActive: true, scope: role == .player ? .own : .all))
        case 34..<40:
            // A member of a batch that the game refuses before the ledger, or a frame with another session's number.
            if role != .player { send(.query, QueryBody(kind: .serverStatus), as: .other) }
        default: return false
        }
        return true
    }
}
