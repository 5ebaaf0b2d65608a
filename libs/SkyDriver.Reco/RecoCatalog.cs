using System.Diagnostics.CodeAnalysis;
using SkyDriver.IceCube;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Dummy;
using SkyDriver.Reco.Millipede;
using SkyDriver.Reco.Pandel;
using SkyDriver.Reco.Starting;

namespace SkyDriver.Reco;

/// <summary>Every reconstruction there is, by name. A new one is a folder beside this file and an entry below; docs/add-a-reconstruction.md.</summary>
public static class RecoCatalog
{
    /// <summary>Degrees around the online fit; what the IceTray scanner uses.</summary>
    private const double PointedRadius = 3.5;

    private static readonly RecoNameOption Layered =
        RecoNameOption.Flag("layered", "scattering follows the measured layers of the ice; else the same everywhere", entry => entry with { Choices = entry.Choices with { LayeredIce = true } });

    private static readonly RecoNameOption DeepCore =
        RecoNameOption.Flag("deepcore", "pulses of the dense strings 79 to 86 count as well; else only the standard ones", entry => entry with { Choices = entry.Choices with { DeepCore = true } });

    private static readonly RecoNameOption Cap =
        RecoNameOption.Number("cap", "at most N photo-electrons of a module count; else all of them", (entry, most) => entry with { Choices = entry.Choices with { ChargeCap = most } });

    private static readonly RecoNameOption Shower =
        RecoNameOption.Flag("shower", "one shower of free place and energy on the track, for starting events; else a bare muon", entry => entry with { Choices = entry.Choices with { Shower = true } });

    /// <summary>All entries and how to find them.</summary>
    public static RecoRegistry BuiltIn { get; } = new(Entries(), new Dictionary<string, string>
    {
        ["millipede"] = "millipede_lite",
        ["millipede_original"] = "millipede_lite",
        ["millipede_wilks"] = "millipede_lite",
        ["monopod"] = "cascade_pandel",
        ["splinempe"] = "pandel_mpe",
        ["splinempe_pointed"] = "pandel_mpe_pointed",
        ["taupede"] = "cascade_pandel",
    });

    /// <inheritdoc cref="RecoRegistry.Names"/>
    public static IReadOnlyList<string> Names => BuiltIn.Names;

    /// <inheritdoc cref="RecoRegistry.TryGet(string, out RecoAlgorithm?)"/>
    public static bool TryGet(string name, [NotNullWhen(true)] out RecoAlgorithm? algorithm) => BuiltIn.TryGet(name, out algorithm);

    /// <inheritdoc cref="RecoRegistry.IsReferenceName"/>
    public static bool IsReferenceName(string name) => BuiltIn.IsReferenceName(name);

    /// <inheritdoc cref="RecoRegistry.Explain"/>
    public static string Explain(string unknown) => BuiltIn.Explain(unknown);

    /// <inheritdoc cref="RecoRegistry.ExplainUnnamed"/>
    public static string ExplainUnnamed(string unknown) => BuiltIn.ExplainUnnamed(unknown);

    private static RecoAlgorithm[] Entries() =>
    [
        new(setting => new CascadeReconstruction(setting.Hits, Mpe(setting)), StartOf)
        {
            Name = "cascade_pandel",
            Summary = "shower fit to first-pulse times and all charges; free place, time and energy",
            Shape = EventShape.Cascade,
            Options = [Layered, DeepCore, Cap],
            Offsets = PositionOffsets.Point,
            FallbackTrack = true,
            NeedsEvent = true,
        },
        new(setting => new CrashDummyReconstruction(setting.Options), VertexOrOrigin)
        {
            Name = "crash_dummy",
            Summary = "dummy that throws or hangs at a set share of the variations, to try out recovery",
            Offsets = PositionOffsets.Point,
            RotateOffsets = true,
            RefineTime = true,
        },
        new(setting => new DummyReconstruction(setting.Options), VertexOrOrigin)
        {
            Name = "dummy",
            Summary = "a smooth function of the direction with a little noise; looks at no pulses",
            Offsets = PositionOffsets.Point,
            RotateOffsets = true,
            RefineTime = true,
        },
        Track("external", "a program of your own, a process beside each worker slot; docs/external-reconstruction.md", External,
            RecoNameOption.Flag("point", "one start; else seven around the track", entry => entry with { Offsets = PositionOffsets.Point }),
            RecoNameOption.Flag("octahedron", "seven starts 20 m apart along the detector's axes, as they are; else around the track", entry => entry with
            {
                Offsets = PositionOffsets.Octahedron(20),
                RotateOffsets = false,
                RefineTime = false,
                FallbackTrack = false,
            })) with { Shape = EventShape.Any },
        Track("millipede_lite", "pandel_mpe, then energy losses along the track from all charges", setting => new MillipedeReconstruction(setting.Hits, Mpe(setting)), Layered, DeepCore, Cap),
        Track("pandel_mpe", "track fit to first-pulse times, knowing how many photons each module saw", FitMpe, Layered, DeepCore, Cap, Shower),
        Track("pandel_mpe_pointed", $"pandel_mpe within {PointedRadius} degrees of the event's online track fit", FitMpe, Layered, DeepCore, Cap, Shower) with
        {
            Pointed = true,
            PointedRadiusDeg = PointedRadius,
        },
        Track("pandel_spe", "track fit to first-pulse times, each taken as a single photon", setting => new PandelReconstruction(setting.Hits, TrackModel.Spe with { LayeredIce = setting.Choices.LayeredIce }), Layered, DeepCore),
    ];

    /// <summary>A fit of a line: the reference set of seven starts, turned with the track.</summary>
    private static RecoAlgorithm Track(string name, string summary, Func<RecoSetting, IReconstruction> create, params RecoNameOption[] options) => new(create, StartOf)
    {
        Name = name,
        Summary = summary,
        Shape = EventShape.Track,
        Options = options,
        Offsets = PositionOffsets.Cylinder([-40, 40], [150], 3),
        RotateOffsets = true,
        RefineTime = true,
        FallbackTrack = true,
        NeedsEvent = true,
    };

    private static IReconstruction External(RecoSetting setting) => setting.Options.External?.Invoke(setting.Event!)
        ?? throw new NotSupportedException("'external' needs a program, and this process knows none; set SKYDRIVER_EXTERNAL_COMMAND where it is started.");

    private static IReconstruction FitMpe(RecoSetting setting) => setting.Choices.Shower
        ? new ShowerTrackReconstruction(setting.Hits, Mpe(setting))
        : new PandelReconstruction(setting.Hits, Mpe(setting));

    private static TrackModel Mpe(RecoSetting setting) =>
        TrackModel.Mpe with { LayeredIce = setting.Choices.LayeredIce, ChargeCap = setting.Choices.ChargeCap };

    private static Vertex StartOf(IceCubeEvent? ev) => SeedVertices.Of(ev!);

    private static Vertex VertexOrOrigin(IceCubeEvent? ev) => ev?.SelfVetoVertex ?? new Vertex(0, 0, 0, 0, double.NaN);
}
