namespace SkyDriver.Contracts.Tests;

/// <summary>What the sample files hold. Neither these values nor the files change once released.</summary>
internal static class SampleMessages
{
    public static PixelBatchV1 PixelBatch() => new()
    {
        ScanId = "19b2c4d5e6fx0a1b2c3d4e5f60718293",
        BatchNumber = 7,
        RecoAlgo = "pandel_mpe",
        MaxPixelRecoSeconds = 1800,
        Variations =
        {
            new PixelVariationV1
            {
                Nside = 8, Ipix = 427, Posvar = 0, Zenith = 1.25, Azimuth = 4.5,
                Start = new() { X = -12.5, Y = 30.25, Z = -410, Time = 9876.5, Energy = double.NaN },
            },
            new PixelVariationV1
            {
                Nside = 536870912, Ipix = 3458764513820540927, Posvar = 6, Zenith = 0, Azimuth = 6.25,
                Start = new() { X = 0, Y = 0, Z = 0, Time = 0, Energy = 1.5e6 },
                Fallback = new() { X = 1, Y = 2, Z = 3, Time = 4, Energy = double.NaN },
            },
        },
    };

    public static RecoBatchV1 RecoBatch() => new()
    {
        ScanId = "19b2c4d5e6fx0a1b2c3d4e5f60718293",
        WorkerId = "local-3",
        BatchNumber = 7,
        Recos =
        {
            new RecoV1
            {
                Nside = 8, Ipix = 427, Posvar = 0, Llh = 812.4375, EnergyInside = 4100.25, EnergyTotal = 4388.875,
                X = -11.5, Y = 31.25, Z = -400.5, Time = 9871.25, Energy = 5000, RuntimeSeconds = 0.75,
            },
            new RecoV1
            {
                Nside = 536870912, Ipix = 3458764513820540927, Posvar = 6, Llh = double.NaN,
                EnergyInside = double.NaN, EnergyTotal = double.NaN, X = double.NaN, Y = double.NaN, Z = double.NaN,
                Time = double.NaN, Energy = double.NaN, RuntimeSeconds = 1800, Failure = "took longer than 1800 s",
            },
        },
    };
}
