namespace SkyDriver.IceCube;

/// <summary>Light seen by one module in a short time.</summary>
/// <param name="String">1 to 86.</param>
/// <param name="Om">1 to 60 in the ice, 61 to 64 surface tanks.</param>
/// <param name="Time">Leading edge, ns after the start of the Q header.</param>
/// <param name="Charge">Photo-electrons.</param>
/// <param name="Width">ns.</param>
/// <param name="Flags">Sum of <see cref="HardCoincidence"/>, 2 (fast digitiser) and 4 (slow digitiser).</param>
public readonly record struct Pulse(int String, int Om, double Time, double Charge, double Width, byte Flags)
{
    /// <summary>A neighbouring module saw light within a microsecond ("HLC").</summary>
    public const byte HardCoincidence = 1;

    public bool IsHlc => (Flags & HardCoincidence) != 0;
}
