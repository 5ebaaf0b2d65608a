using SkyDriver.IceCube;

namespace SkyDriver.Reco;

/// <summary>A catalogue entry: what a scan must know to make seeds for an algorithm, and how to start it.</summary>
public sealed record RecoAlgorithm
{
    private readonly Func<RecoSetting, IReconstruction> _create;
    private readonly Func<IceCubeEvent?, Vertex> _seedVertex;

    internal RecoAlgorithm(Func<RecoSetting, IReconstruction> create, Func<IceCubeEvent?, Vertex> seedVertex)
    {
        _create = create;
        _seedVertex = seedVertex;
    }

    /// <summary>Lower-case letters, digits and '_', then the chosen options, each after a '-'.</summary>
    public required string Name { get; init; }

    /// <summary>One line for lists and help texts.</summary>
    public required string Summary { get; init; }

    /// <summary>Whether the seed's direction is that of a track or of a shower.</summary>
    public EventShape Shape { get; init; }

    /// <summary>What may follow the name; see <see cref="RecoNameOption"/>.</summary>
    public IReadOnlyList<RecoNameOption> Options { get; init; } = [];

    /// <summary>m, one per position variation; the first is zero.</summary>
    public required IReadOnlyList<PositionOffset> Offsets { get; init; }

    /// <summary>Turn the z axis of the offsets onto the direction of travel.</summary>
    public bool RotateOffsets { get; init; }

    /// <summary>Move the seed's time to the light seen by the module nearest to the track.</summary>
    public bool RefineTime { get; init; }

    /// <summary>Give the event's own vertex as a second start wherever the first one comes from a coarser pixel.</summary>
    public bool FallbackTrack { get; init; }

    /// <summary>Scan only around the event's online track fit.</summary>
    public bool Pointed { get; init; }

    /// <summary>Radius of that region, degrees; 0 for algorithms that are not pointed.</summary>
    public double PointedRadiusDeg { get; init; }

    /// <summary>Fits per pixel.</summary>
    public int PositionVariations => Offsets.Count;

    /// <summary>False when the algorithm answers without looking at an event.</summary>
    public bool NeedsEvent { get; init; }

    internal RecoChoices Choices { get; init; } = RecoChoices.None;

    /// <summary>Where the fits of the first round start.</summary>
    /// <exception cref="ArgumentNullException">The algorithm needs an event and there is none.</exception>
    public Vertex SeedVertex(IceCubeEvent? ev) => _seedVertex(Require(ev));

    /// <summary>A reconstruction for one worker slot.</summary>
    /// <exception cref="ArgumentNullException">The algorithm needs an event and there is none.</exception>
    /// <exception cref="NotSupportedException">This process cannot run it; the message says what it needs.</exception>
    public IReconstruction Create(IceCubeEvent? ev, RecoOptions options) => _create(new RecoSetting(Require(ev), options, Choices));

    private IceCubeEvent? Require(IceCubeEvent? ev) =>
        ev is null && NeedsEvent ? throw new ArgumentNullException(nameof(ev), $"'{Name}' fits an event's pulses; give it the event.") : ev;
}

/// <summary>What an algorithm takes the event for.</summary>
public enum EventShape
{
    Any,
    Track,
    Cascade,
}

/// <summary>What a reconstruction is made from.</summary>
/// <param name="Event">Null only for algorithms that look at none.</param>
/// <param name="Options">Settings of this process.</param>
/// <param name="Choices">Settings of the scan, from the algorithm's name.</param>
internal sealed record RecoSetting(IceCubeEvent? Event, RecoOptions Options, RecoChoices Choices)
{
    /// <summary>The pulses to fit, by module.</summary>
    public IReadOnlyList<ModuleHits> Hits => Choices.DeepCore ? Event!.Series[^2].ByModule() : Event!.CleanedHits;
}
