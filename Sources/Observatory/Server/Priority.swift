internal import Glibc

/// Lets the calling thread run behind those that serve players.
func lowerPriority() { setpriority(.init(PRIO_PROCESS.rawValue), 0, 10) }
