import Economy
import Testing
import Wire

@testable import Gateway

struct SessionMachineTests {
    private let ann = SessionIdentity(role: .player, subject: "ann")

    private func machine(_ state: SessionMachine.State) -> SessionMachine {
        var machine = SessionMachine(number: 7)
        if state == .awaitingHello { return machine }
        _ = machine.receive(FrameHeader(kind: .hello, session: 0, requestID: 1))
        if state == .verifying { return machine }
        _ = machine.verified(ann)
        if state == .open(ann) { return machine }
        _ = machine.close()
        return machine
    }

    private func header(_ kind: FrameKind, session: UInt64 = 7) -> FrameHeader {
        FrameHeader(kind: kind, session: session, requestID: 3)
    }

    @Test func `before the handshake nothing is possible but the handshake`() {
        for kind in FrameKind.allCases {
            var machine = machine(.awaitingHello)
            let step = machine.receive(header(kind, session: 0))
            if kind == .hello {
                #expect(step == .verify && machine.state == .verifying)
            } else {
                guard case .end(let error) = step else {
                    Issue.record("\(kind) was not refused")
                    continue
                }
                #expect(error.code == ErrorCode.handshakeFirst.rawValue)
                #expect(error.have == UInt64(kind.rawValue) && error.need == 1)
                #expect(machine.state == .closing)
            }
        }
    }

    @Test func `while the token is verified nothing may be sent`() {
        for kind in FrameKind.allCases {
            var machine = machine(.verifying)
            guard case .end = machine.receive(header(kind)) else {
                Issue.record("\(kind) was not refused")
                continue
            }
            let isLate = machine.verified(ann)
            #expect(!isLate)
            #expect(machine.state == .closing)
        }
    }

    @Test func `an open session serves what clients send and objects to what servers send`() {
        for kind in FrameKind.allCases {
            var machine = machine(.open(ann))
            let step = machine.receive(header(kind))
            switch kind {
            case .action, .batch, .query, .subscribe, .ping: #expect(step == .serve(ann, kind))
            case .goodbye: #expect(step == .leave && machine.state == .closing)
            case .hello:
                guard case .end = step else {
                    Issue.record("a second hello was not refused")
                    continue
                }
            default:
                guard case .object = step else {
                    Issue.record("\(kind) was not objected to")
                    continue
                }
                #expect(machine.state == .open(ann))
            }
        }
    }

    @Test func `a frame of another session is objected to with both numbers`() {
        var machine = machine(.open(ann))
        guard case .object(let error) = machine.receive(header(.ping, session: 8)) else {
            Issue.record("not objected to")
            return
        }
        #expect(error.code == ErrorCode.wrongSession.rawValue)
        #expect(error.have == 8 && error.need == 7)
    }

    @Test func `a closing session hears nothing`() {
        for kind in FrameKind.allCases {
            var machine = machine(.closing)
            #expect(machine.receive(header(kind)) == .ignore)
        }
    }
}
