using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Sky;

namespace SkyDriver.Scan.Tests;

/// <summary>A recorded run of the reference server (data/golden/scan, see the README there).</summary>
internal sealed class GoldenCase
{
    private readonly Dictionary<(int Nside, long Ipix, int Posvar), double> _sentAt = [];

    public GoldenCase(string name)
    {
        Name = name;
        Root = JsonDocument.Parse(File.ReadAllBytes(TestPaths.SharedData($"golden/scan/{name}.json"))).RootElement;
        Epoch = Inputs.GetProperty("epoch").GetDouble();
        foreach (JsonElement row in Inputs.GetProperty("sent_order").GetProperty("rows").EnumerateArray())
            _sentAt[(row[0].GetInt32(), row[1].GetInt64(), row[2].GetInt32())] = Epoch + row[3].GetDouble();
        Deliveries = [.. Inputs.GetProperty("deliveries").GetProperty("rows").EnumerateArray().Select(Delivery)];
    }

    /// <summary>Cases that follow the rules of this project; s03 and s08 record faults of the reference (their twins end in n).</summary>
    public static TheoryData<string> Names =>
    [
        "s01-one-nside", "s02-three-small", "s03n-small-predictive", "s04-default", "s05-cylinder",
        "s06-default-predictive", "s07-pointed", "s08n-nan-first", "s09-lost-reco", "s10-neighbour-trigger",
    ];

    public string Name { get; }

    public JsonElement Root { get; }

    public JsonElement Inputs => Root.GetProperty("inputs");

    public JsonElement Expected => Root.GetProperty("expected");

    /// <summary>unix s of clock 0.</summary>
    public double Epoch { get; }

    public IReadOnlyList<(RecoRecord Reco, double At)> Deliveries { get; }

    public double SentAt(int nside, long ipix, int posvar) => _sentAt[(nside, ipix, posvar)];

    public ScanPlan Plan(RoundRule? rule = RoundRule.Threshold)
    {
        JsonElement ev = Inputs.GetProperty("event_metadata"), pointing = Inputs.GetProperty("pointing_ra_dec");
        Assert.True(NsideProgression.TryCreate(
            Inputs.GetProperty("nside_progression").EnumerateArray().Select(step => new NsideStep(step[0].GetInt32(), step[1].GetInt32())),
            out var progression, out _));
        bool pointed = pointing.ValueKind is JsonValueKind.Array;
        return new ScanPlan
        {
            ScanId = "golden-scan",
            Event = new(
                ev.GetProperty("run_id").GetInt64(), ev.GetProperty("event_id").GetInt64(), ev.GetProperty("event_type").GetString()!,
                ev.GetProperty("mjd").GetDouble(), ev.GetProperty("is_real_event").GetBoolean()),
            Algorithm = TestPlans.Algorithm(Inputs.GetProperty("n_posvar").GetInt32()),
            Progression = progression,
            Threshold = Inputs.GetProperty("predictive_scanning_threshold").GetDouble(),
            Rule = rule,
            FallbackVertex = new Vertex(0, 0, 0, 0, double.NaN),
            Pointing = pointed ? SkyPoint.FromRadians(pointing[0].GetDouble(), pointing[1].GetDouble()) : null,
            PointingRadius = pointed ? double.DegreesToRadians(Inputs.GetProperty("ang_dist_deg").GetDouble()) : 0,
        };
    }

    public static double Number(JsonElement value) => value.ValueKind is JsonValueKind.Null ? double.NaN : value.GetDouble();

    private (RecoRecord, double) Delivery(JsonElement row)
    {
        double At(int i) => Number(row[i]);
        var reco = new RecoRecord(
            row[0].GetInt32(), row[1].GetInt64(), row[2].GetInt32(), At(3), At(4), At(5), At(6), At(7), At(8), At(9), At(10), At(11));
        return (reco, Epoch + At(12));
    }
}

/// <summary>Plans for tests that make up their own scans.</summary>
internal static class TestPlans
{
    /// <summary>The dummy with so many variations, 10 m apart.</summary>
    public static RecoAlgorithm Algorithm(int variations, bool rotate = false, bool refine = false, bool fallback = false)
    {
        Assert.True(RecoCatalog.TryGet("dummy", out var dummy));
        return dummy with
        {
            Offsets = [.. Enumerable.Range(0, variations).Select(i => new PositionOffset(10 * i, 0, 0))],
            RotateOffsets = rotate,
            RefineTime = refine,
            FallbackTrack = fallback,
        };
    }

    public static ScanPlan Plan(string progression, int variations = 1, double threshold = 1.0)
    {
        Assert.True(NsideProgression.TryParse(progression, out var steps, out _));
        return new ScanPlan
        {
            ScanId = "test-scan",
            Event = new EventMetadata(123456, 789, "HESE", 58000.25, IsRealEvent: true),
            Algorithm = Algorithm(variations),
            Progression = steps,
            Threshold = threshold,
            FallbackVertex = new Vertex(1, 2, 3, 1000, double.NaN),
        };
    }
}
