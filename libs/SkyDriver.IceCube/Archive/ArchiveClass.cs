namespace SkyDriver.IceCube.Archive;

/// <summary>Classes that occur by value inside an object. Each template instance is a class of its own.</summary>
internal enum ArchiveClass
{
    FrameObject, Time, Position, Direction, ModuleKey, ModuleKeyVector, Pulse, PulseVector, PulseMap, PulsePair,
    BitMask, BitMaskVector, StampVector, HeaderVector, ByteVector, CompactSize,
}

/// <summary>How a class is stored: numbered ("tracked") or not, and the versions we know.</summary>
internal readonly record struct ClassTraits(string Name, bool Tracked, byte Oldest, byte Newest)
{
    private static readonly ClassTraits[] Table =
    [
        new("I3FrameObject", true, 0, 0), new("I3Time", true, 0, 0), new("I3Position", true, 0, 0), new("I3Direction", true, 0, 0),
        new("OMKey", true, 0, 2), new("vector<OMKey>", false, 0, 0), new("I3RecoPulse", true, 2, 3), new("vector<I3RecoPulse>", false, 0, 0),
        new("map<OMKey, vector<I3RecoPulse>>", false, 0, 0), new("pair<OMKey, vector<I3RecoPulse>>", false, 0, 0),
        new("bit mask", false, 0, 0), new("vector<bit mask>", false, 0, 0), new("stamps", false, 0, 0), new("group headers", false, 0, 0),
        new("compact bytes", false, 0, 0), new("compact size", false, 0, 0),
    ];

    public static ClassTraits Of(ArchiveClass which) => Table[(int)which];
}
