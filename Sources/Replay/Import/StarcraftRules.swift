/// What the game is known to do where the record is silent: when a unit is paid, and what goes into it.
enum StarcraftRules {
    /// Seconds from the order to the birth of a unit, of sixteen frames each (Legacy of the Void); structures, and units that
    /// are warped in, are paid when they appear.
    static let productionSeconds: [String: Int64] = [
        "Probe": 17, "Zealot": 38, "Stalker": 42, "Sentry": 37, "Adept": 38, "HighTemplar": 55, "DarkTemplar": 55, "Observer": 30,
        "WarpPrism": 50, "Immortal": 55, "Colossus": 75, "Disruptor": 50, "Phoenix": 35, "VoidRay": 60, "Oracle": 50, "Tempest": 60,
        "Carrier": 90, "MothershipCore": 30,
        "SCV": 17, "Marine": 25, "Marauder": 30, "Reaper": 45, "Ghost": 40, "Hellion": 30, "HellionTank": 30, "WidowMine": 40,
        "SiegeTank": 45, "Cyclone": 45, "Thor": 60, "VikingFighter": 42, "Medivac": 42, "Liberator": 60, "Banshee": 60, "Raven": 60,
        "Battlecruiser": 90,
        "Drone": 17, "Overlord": 25, "Zergling": 24, "Queen": 50, "Roach": 27, "Hydralisk": 33, "Mutalisk": 33, "Corruptor": 40,
        "Infestor": 50, "SwarmHostMP": 40, "Viper": 40, "Ultralisk": 55,
        "Overseer": 17, "BroodLord": 34, "Baneling": 20, "Ravager": 12, "LurkerMP": 25,
    ]

    /// What a unit or structure grew out of: it is used up, and its price is in the record's.
    static let origins: [String: (unit: String, minerals: Int64, vespene: Int64)] = [
        "Overseer": ("Overlord", 100, 0), "BroodLord": ("Corruptor", 150, 100), "Baneling": ("Zergling", 25, 0),
        "Ravager": ("Roach", 75, 25), "LurkerMP": ("Hydralisk", 100, 50), "GreaterSpire": ("Spire", 250, 200),
    ]

    /// What a player's first worker is called whose structures grow out of workers, and what it costs.
    static let larvaWorker = "Drone"
    static let larvaWorkerMinerals: Int64 = 50

    /// Made of two templars, which were paid before.
    static let archon = "Archon"
}
