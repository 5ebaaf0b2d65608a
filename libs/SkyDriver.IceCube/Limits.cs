namespace SkyDriver.IceCube;

/// <summary>What an event may at most be. Each is one to three orders of magnitude above the largest real event seen.</summary>
internal static class Limits
{
    public const int MessageBytes = 16 << 20;
    public const int JsonDepth = 32;
    public const int JsonTokens = 200_000;
    public const int Frames = 5;
    public const int TransportText = 8 << 20;
    public const int InflatedBytes = 32 << 20;
    public const int InflationFactor = 100;
    public const int PickleOpcodes = 64;
    public const int Slots = 4096;
    public const int KeyBytes = 256;
    public const int TypeNameBytes = 512;
    public const int ClassNameBytes = 127;
    public const int StringBytes = 1 << 20;
    public const int CompactRecords = 1_000_000;
    public const int Pulses = 1_000_000;
    public const long PulseTime = 1_000_000_000;
    public const int MaskChain = 8;
    public const int LastOm = 64;
}
