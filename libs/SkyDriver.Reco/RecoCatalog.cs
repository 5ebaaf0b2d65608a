using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using SkyDriver.IceCube;
using SkyDriver.Reco.Dummy;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco;

/// <summary>Every reconstruction there is, by name. A new one is a folder beside this file and an entry in <see cref="Entries"/>.</summary>
public static class RecoCatalog
{
    private static readonly RecoAlgorithm[] Entries =
    [
        new((_, options) => new CrashDummyReconstruction(options), VertexOrOrigin)
        {
            Name = "crash_dummy",
            Summary = "dummy that throws or hangs at a set share of the variations, to try out recovery",
            Offsets = PositionOffsets.Point,
            RotateOffsets = true,
            RefineTime = true,
        },
        new((_, options) => new DummyReconstruction(options), VertexOrOrigin)
        {
            Name = "dummy",
            Summary = "a smooth function of the direction with a little noise; looks at no pulses",
            Offsets = PositionOffsets.Point,
            RotateOffsets = true,
            RefineTime = true,
        },
        Track("pandel_mpe", "track fit to first-pulse times, knowing how many photons each module saw", sigma: 4, options => options.ChargeCap),
        Track("pandel_spe", "track fit to first-pulse times, each taken as a single photon", sigma: 15, _ => 1),
    ];

    private static readonly FrozenDictionary<string, RecoAlgorithm> ByName = Entries.ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);

    /// <summary>Names of the IceTray scanner, and what comes nearest to each here.</summary>
    private static readonly FrozenDictionary<string, string> Reference = new Dictionary<string, string>
    {
        ["millipede"] = "pandel_mpe",
        ["millipede_original"] = "pandel_mpe",
        ["millipede_wilks"] = "pandel_mpe",
        ["splinempe"] = "pandel_mpe",
        ["splinempe_pointed"] = "pandel_mpe",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>In alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(entry => entry.Name)];

    /// <summary>Names are matched exactly: nothing is ever mapped silently to another algorithm.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out RecoAlgorithm? algorithm) => ByName.TryGetValue(name, out algorithm);

    /// <summary>A name of the IceTray scanner; <see cref="Explain"/> says what comes nearest.</summary>
    public static bool IsReferenceName(string name) => Reference.ContainsKey(name.Trim());

    /// <summary>Why a name is refused and what to use instead, as one sentence.</summary>
    public static string Explain(string unknown)
    {
        string all = string.Join(", ", Names);
        return Reference.TryGetValue(unknown.Trim(), out string? ours)
            ? $"'{unknown}' needs IceTray and its photon tables, which are not part of this program; the nearest here is '{ours}' (there are: {all})."
            : $"'{unknown}' is not a reconstruction; did you mean '{Nearest(unknown)}' (there are: {all})?";
    }

    private static string Nearest(string unknown) => Names.MinBy(name => EditDistance.Between(unknown.Trim().ToLowerInvariant(), name))!;

    /// <summary>Likelihoods that differ only in their jitter (ns) and in how many photons of a module they believe.</summary>
    private static RecoAlgorithm Track(string name, string summary, double sigma, Func<RecoOptions, double> chargeCap) =>
        new((ev, options) => new PandelReconstruction(ev!.CleanedHits, new TrackModel(sigma, chargeCap(options))), ev => SeedVertices.Of(ev!))
        {
            Name = name,
            Summary = summary,
            Offsets = PositionOffsets.Cylinder([-40, 40], [150], 3),
            RotateOffsets = true,
            RefineTime = true,
            FallbackTrack = true,
            NeedsEvent = true,
        };

    private static Vertex VertexOrOrigin(IceCubeEvent? ev) => ev?.SelfVetoVertex ?? new Vertex(0, 0, 0, 0, double.NaN);
}
