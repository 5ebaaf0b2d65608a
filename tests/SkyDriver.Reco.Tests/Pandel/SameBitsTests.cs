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

    /// <summary>Of a shower's fit, a track's energy losses, and a track's fit with a shower on it.</summary>
    private const string ChargesDigest = "aa55b934cfaf76bb8bcee81f1a4aff26b1d2ef01e8d59353c51822d7fbfe4324";

    public static TheoryData<string> OtherMachines() => [.. OtherMachine.Quick];

    [Fact]
    public void Fits_OnThisMachine_GiveTheBitsOfAllMachines() => Assert.Equal(Digest, DigestOf(["pandel_mpe"], 4));

    [Fact]
    public void ChargeFits_OnThisMachine_GiveTheBitsOfAllMachines() => Assert.Equal(ChargesDigest, DigestOf(["cascade_pandel", "millipede_lite-layered", "pandel_mpe-shower"], 1));

    [Theory]
    [MemberData(nameof(OtherMachines))]
    public void ChargeFits_WithoutInstructionSets_GiveTheSameBits(string environment) =>
        OtherMachine.Repeats(environment, typeof(SameBitsTests), nameof(ChargeFits_OnThisMachine_GiveTheBitsOfAllMachines));

    [Theory]
    [MemberData(nameof(OtherMachines))]
    public void Fits_WithoutInstructionSets_GiveTheSameBits(string environment) =>
        OtherMachine.Repeats(environment, typeof(SameBitsTests), nameof(Fits_OnThisMachine_GiveTheBitsOfAllMachines));

    private static string DigestOf(string[] names, int directions)
    {
        SimulatedEvent simulated = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.B, 5, null, 2e4));
        IceCubeEvent ev = EventReader.Read(EventWriter.Write(simulated, 1, 1, 60000));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in names)
        {
            Assert.True(RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm));
            IReconstruction reco = algorithm.Create(ev, new RecoOptions());
            LocalDirection truth = ev.Truth!.Direction;
            for (int i = 0; i < directions; i++)
            {
                Append(hash, reco.Fit(new VariationSeed(8, i, 0, truth.Zenith + 0.3 * i, truth.Azimuth + 0.2 * i, algorithm.SeedVertex(ev), null)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, RecoFit fit)
    {
        Assert.Null(fit.Failure);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        foreach (double value in new[] { fit.Llh, fit.X, fit.Y, fit.Z, fit.Time, fit.Energy })
        {
            BitConverter.TryWriteBytes(bytes, value);
            hash.AppendData(bytes);
        }
    }
}
