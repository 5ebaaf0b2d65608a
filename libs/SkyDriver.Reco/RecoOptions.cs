using SkyDriver.IceCube;

namespace SkyDriver.Reco;

/// <summary>Settings of the process that runs reconstructions. What changes a real fit's answer is in the algorithm's name instead.</summary>
public sealed record RecoOptions
{
    /// <summary>How long <c>dummy</c> and <c>crash_dummy</c> pretend to work; null or zero for not at all.</summary>
    public TimeSpan? DummyDelay { get; init; }

    /// <summary>Share of variations at which <c>crash_dummy</c> fails, 0 to 1.</summary>
    public double CrashProbability { get; init; } = 0.5;

    /// <summary>Chooses the noise of <c>dummy</c> and the victims of <c>crash_dummy</c>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Makes the reconstruction behind <c>external</c>, which needs a process; null where there is none.</summary>
    public Func<IceCubeEvent, IReconstruction>? External { get; init; }
}
