using SkyDriver.IceCube;

namespace SkyDriver.Reco;

/// <summary>One unit of work: fit the event at the direction of one pixel, from one of its starting points.</summary>
/// <param name="Nside">Resolution of the pixel.</param>
/// <param name="Ipix">RING index of the pixel (equatorial).</param>
/// <param name="Posvar">Index of the position variation, 0 ≤ posvar &lt; <see cref="RecoAlgorithm.PositionVariations"/>.</param>
/// <param name="Zenith">rad, detector frame, where the particle comes from.</param>
/// <param name="Azimuth">rad, detector frame, where the particle comes from.</param>
/// <param name="Start">Starting point, the variation's offset already applied.</param>
/// <param name="Fallback">A second starting point, for algorithms that ask for one; the better of the two is used.</param>
public readonly record struct VariationSeed(int Nside, long Ipix, int Posvar, double Zenith, double Azimuth, Vertex Start, Vertex? Fallback);
