internal import EVM

extension Machine: TransitionMachine {}
