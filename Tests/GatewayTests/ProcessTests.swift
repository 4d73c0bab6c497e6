import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Testing
import Tokens
import Wire

/// What ends or maims a process is tested in a process of its own.
struct ProcessTests {
    @Test func `SIGTERM finishes, answers and says goodbye to everything that was received`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            try await TestWorld.serve(change: { $0.handlesSignals = true }) { world in
                let ann = try world.player("ann", coins: 1_000)
                let idle = try world.client(.player, "idle")
                var bytes: [UInt8] = []
                for _ in 0..<200 {
                    bytes += ann.frame(.action, id: world.id(), try world.transfer(1, to: "bob"))
                }
                ann.send(bytes)
                // The first answer says that the server has begun to read them.
                _ = try ann.read()
                kill(getpid(), SIGTERM)
                for _ in 1..<200 {
                    guard try ann.read().decode(ReplyBody.self).status == .applied else { exit(2) }
                }
                for client in [ann, idle] {
                    let last = try client.read()
                    guard last.header.kind == .goodbye,
                        try last.decode(ErrorBody.self).code == ErrorCode.stopping.rawValue
                    else { exit(3) }
                    guard client.isClosedSoon() else { exit(4) }
                }
                while world.gateway.ledgerStatus.operations != 201 { usleep(1_000) }
            }
            exit(7)
        }
    }

    @Test func `when the disk fails every operation is refused with the reason, and the server goes on`()
        async
    {
        await #expect(processExitsWith: .exitCode(7)) {
            signal(SIGXFSZ, SIG_IGN)
            try? await TestWorld.serve(change: {
                $0.limits.failureGraceMilliseconds = 50
                $0.limits.sweepMilliseconds = 20
            }) { world in
                let ann = try world.player("ann", coins: 1_000)
                // No file may be written any more: as good as a disk that fails.
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                limit.rlim_cur = 0
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                for _ in 0..<3 {
                    let reply = try ann.perform(try world.transfer(1, to: "bob"), id: world.id())
                    guard reply.status == .refused,
                        reply.refusalCode == ErrorCode.ledgerFailed.rawValue,
                        reply.message.contains("failed")
                    else {
                        print("not refused: \(reply)")
                        exit(2)
                    }
                }
                guard try ann.isAlive(), world.gateway.ledgerStatus.failure != nil else { exit(3) }
                exit(7)
            }
            exit(4)
        }
    }
}
