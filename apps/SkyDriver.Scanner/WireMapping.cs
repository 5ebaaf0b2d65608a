using SkyDriver.Contracts;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

/// <summary>Between the ledger's values and the messages.</summary>
internal static class WireMapping
{
    public static PixelVariationV1 ToMessage(in VariationSeed seed) => new()
    {
        Nside = seed.Nside,
        Ipix = seed.Ipix,
        Posvar = seed.Posvar,
        Zenith = seed.Zenith,
        Azimuth = seed.Azimuth,
        Start = ToMessage(seed.Start),
        Fallback = seed.Fallback is { } fallback ? ToMessage(fallback) : null,
    };

    public static RecoRecord ToRecord(RecoV1 reco) => new(
        reco.Nside, reco.Ipix, reco.Posvar, reco.Llh, reco.EnergyInside, reco.EnergyTotal, reco.X, reco.Y, reco.Z, reco.Time, reco.Energy,
        reco.RuntimeSeconds, reco.Failure.Length == 0 ? null : reco.Failure);

    private static VertexV1 ToMessage(in Vertex vertex) => new() { X = vertex.X, Y = vertex.Y, Z = vertex.Z, Time = vertex.Time, Energy = vertex.Energy };
}
