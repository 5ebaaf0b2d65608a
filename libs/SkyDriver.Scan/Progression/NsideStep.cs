namespace SkyDriver.Scan;

/// <summary>One resolution of a scan.</summary>
/// <param name="Nside">Power of two, 1 … 2²⁹.</param>
/// <param name="PixelExtension">About how many pixels of the step before are refined to this one around the best fit;
/// 0 for the first step, which covers the whole sky (or the region of a pointed scan), and more than 0 for every later one.</param>
public sealed record NsideStep(int Nside, int PixelExtension);
