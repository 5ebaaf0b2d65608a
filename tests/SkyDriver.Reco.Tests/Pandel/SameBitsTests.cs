using System.Security.Cryptography;
using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

/// <summary>A pool of unlike machines gives the bytes of one: fits depend on no processor, C library or compiler tier.</summary>
public sealed class SameBitsTests
{
    /// <summary>Of all numbers of the fits below. It changes only when the likelihood, the minimiser or the simulator does.</summary>
    private const string Digest = "73f43e2c52a0ee716d654f4fcf392390613c927ebcbf1d7a0d571e63f4733a02";

    public static TheoryData<string> OtherMachines() => [.. OtherMachine.Quick];

    [Fact]
    public void Fits_OnThisMachine_GiveTheBitsOfAllMachines() => Assert.Equal(Digest, DigestOfFits());

    [Theory]
    [MemberData(nameof(OtherMachines))]
    public void Fits_WithoutInstructionSets_GiveTheSameBits(string environment) =>
        OtherMachine.Repeats(environment, typeof(SameBitsTests), nameof(Fits_OnThisMachine_GiveTheBitsOfAllMachines));

    private static string DigestOfFits()
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.B, 5, null, 2e4));
        IceCubeEvent ev = EventReader.Read(EventWriter.Write(simulated, 1, 1, 60000));
        Assert.True(RecoCatalog.TryGet("pandel_mpe", out RecoAlgorithm? algorithm));
        IReconstruction reco = algorithm.Create(ev, new RecoOptions());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        LocalDirection truth = ev.Truth!.Direction;
        for (int i = 0; i < 4; i++)
        {
            RecoFit fit = reco.Fit(new VariationSeed(8, i, 0, truth.Zenith + 0.3 * i, truth.Azimuth + 0.2 * i, algorithm.SeedVertex(ev), null), CancellationToken.None);
            Assert.Null(fit.Failure);
            foreach (double value in new[] { fit.Llh, fit.X, fit.Y, fit.Z, fit.Time, fit.Energy })
            {
                BitConverter.TryWriteBytes(bytes, value);
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
