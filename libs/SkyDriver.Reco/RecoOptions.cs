namespace SkyDriver.Reco;

/// <summary>Settings of reconstructions; each algorithm reads those it knows.</summary>
public sealed record RecoOptions
{
    /// <summary>How long <c>dummy</c> and <c>crash_dummy</c> pretend to work; null or zero for not at all.</summary>
    public TimeSpan? DummyDelay { get; init; }

    /// <summary>Share of variations at which <c>crash_dummy</c> fails, 0 to 1.</summary>
    public double CrashProbability { get; init; } = 0.5;

    /// <summary>Chooses the noise of <c>dummy</c> and the victims of <c>crash_dummy</c>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Most photo-electrons of one module that <c>pandel_mpe</c> believes; infinity for all of them.</summary>
    public double ChargeCap { get; init; } = double.PositiveInfinity;
}
