using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Sky;

namespace SkyDriver.Scan.Tests;

public sealed class SeedMakerTests
{
    [Fact]
    public void Make_GoldenSeeds_PositionsAndTimesAgree()
    {
        foreach (var row in GoldenUnits.Section("seeds").GetProperty("cases").EnumerateArray())
        {
            var (ledger, seeds) = Scan(row);
            foreach (var frame in row.GetProperty("frames").EnumerateArray())
            {
                var want = frame.GetProperty("seed");
                var ours = seeds.Single(seed => seed.Posvar == frame.GetProperty("posvar").GetInt32());

                // Tolerances of the file for directions of one's own chain.
                Assert.Equal(want.GetProperty("zenith").GetDouble(), ours.Zenith, 1e-6);
                Assert.Equal(want.GetProperty("azimuth").GetDouble(), ours.Azimuth, 1e-6);
                Same(want, ours.Start, 1e-3, 1e-2);
                if (frame.GetProperty("fallback").ValueKind is JsonValueKind.Null) Assert.Null(ours.Fallback);
                else Same(frame.GetProperty("fallback"), ours.Fallback!.Value, 1e-3, 1e-2);

                // And for the directions of the file.
                var direction = new LocalDirection(want.GetProperty("zenith").GetDouble(), want.GetProperty("azimuth").GetDouble());
                var exact = new SeedMaker(ledger.Plan, []).Make(new Pixel(ours.Nside, ours.Ipix), ours.Posvar, direction, Base(row));
                Same(want, exact.Start, 1e-6, 1e-6);
            }
        }
    }

    [Fact]
    public void AlongTrack_GoldenPixels_RotatesACopy()
    {
        // The reference turns its template in place, so each of its pixels adds to the rotation of those before; only a fresh one is right.
        var offsets = PositionOffsets.Cylinder([-40, 40], [150], 3);
        foreach (var row in GoldenUnits.Section("accumulating_rotation").GetProperty("cases").EnumerateArray())
        {
            var source = new LocalDirection(row.GetProperty("zenith").GetDouble(), row.GetProperty("azimuth").GetDouble());
            foreach (var (want, offset) in row.GetProperty("offsets_from_fresh_template").EnumerateArray().Zip(offsets))
            {
                var turned = SeedMaker.AlongTrack(offset, source);
                Assert.Equal(want[0].GetDouble(), turned.X, 1e-9);
                Assert.Equal(want[1].GetDouble(), turned.Y, 1e-9);
                Assert.Equal(want[2].GetDouble(), turned.Z, 1e-9);
            }
        }
    }

    [Fact]
    public void TakeBatch_CoarserPixelSavedAfterTheRoundOpened_IsNotUsed()
    {
        // The seed must not depend on what arrives between the opening of a round and the publication of its variations.
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:4"), 0);
        ledger.Open([[0, 1], []]);
        ledger.Fold(TestRecos.Reco(1, 0, 0, 50), 1);
        ledger.Open([[], [.. Children(0), .. Children(1)]]);
        ledger.Fold(TestRecos.Reco(1, 1, 0, 40), 2);
        var seeds = ledger.TakeBatch(100, 3);
        foreach (var seed in seeds.Where(seed => seed.Nside == 2))
        {
            bool early = Healpix.Parent(2, seed.Ipix, 1) == 0;
            Assert.Equal(early ? 0 : ledger.Plan.FallbackVertex.X, seed.Start.X);
            Assert.Equal(early ? 5 : double.NaN, seed.Start.Energy);
        }

        Assert.Equal(8, seeds.Count(seed => seed.Nside == 2));
    }

    [Fact]
    public void TakeBatch_CoarserPixelIsNan_StartsAtTheEventsVertex()
    {
        var ledger = new ScanLedger(TestPlans.Plan("1:0 2:4"), 0);
        ledger.Open([[0], []]);
        ledger.Fold(TestRecos.Reco(1, 0, 0, double.NaN), 1);
        ledger.Open([[], [.. Children(0)]]);
        Assert.All(ledger.TakeBatch(100, 2), seed => Assert.Equal(ledger.Plan.FallbackVertex, seed.Start with { Energy = double.NaN }));
    }

    private static IEnumerable<long> Children(long parent)
    {
        long[] children = new long[4];
        Healpix.Children(1, parent, 2, children);
        return children.Order();
    }

    private static (ScanLedger Ledger, IReadOnlyList<VariationSeed> Seeds) Scan(JsonElement row)
    {
        int first = row.GetProperty("min_nside").GetInt32(), nside = row.GetProperty("nside").GetInt32();
        var coarser = row.GetProperty("saved_coarser").EnumerateArray().ToList();
        int[] nsides = [.. coarser.Select(p => p.GetProperty("nside").GetInt32()).Append(first).Append(nside).Distinct().Order()];
        var position = row.GetProperty("fallback_position");
        var plan = TestPlans.Plan(string.Join(' ', nsides.Select((n, i) => $"{n}:{(i == 0 ? 0 : 1)}"))) with
        {
            Event = new EventMetadata(123456, 1, "", row.GetProperty("mjd").GetDouble(), true),
            Algorithm = TestPlans.Algorithm(1) with
            {
                Offsets = [.. row.GetProperty("variations").EnumerateArray().Select(o => new PositionOffset(o[0].GetDouble(), o[1].GetDouble(), o[2].GetDouble()))],
                RotateOffsets = row.GetProperty("rotate_vertex").GetBoolean(),
                RefineTime = row.GetProperty("refine_time").GetBoolean(),
                FallbackTrack = row.GetProperty("add_fallback_position").GetBoolean(),
            },
            FallbackVertex = new(position[0].GetDouble(), position[1].GetDouble(), position[2].GetDouble(), row.GetProperty("fallback_time").GetDouble(), double.NaN),
            HlcHits = [.. row.GetProperty("om_first_pulses").EnumerateObject().Select(Hit)],
        };
        var ledger = new ScanLedger(plan, 0);
        ledger.Open([.. nsides.Select(n => coarser.Where(p => p.GetProperty("nside").GetInt32() == n).Select(p => p.GetProperty("pixel").GetInt64()).Order().ToList())]);
        foreach (var p in coarser) Save(ledger, p);
        ledger.Open([.. nsides.Select(n => n == nside ? new List<long> { row.GetProperty("pixel").GetInt64() } : [])]);
        return (ledger, [.. ledger.TakeBatch(1000, 1).Where(seed => seed.Nside == nside && seed.Ipix == row.GetProperty("pixel").GetInt64())]);
    }

    private static void Save(ScanLedger ledger, JsonElement p)
    {
        var pos = p.GetProperty("pos");
        for (int posvar = 0; posvar < ledger.Plan.Algorithm.PositionVariations; posvar++)
        {
            ledger.Fold(
                new(p.GetProperty("nside").GetInt32(), p.GetProperty("pixel").GetInt64(), posvar, GoldenCase.Number(p.GetProperty("llh")), 0, 0,
                    pos[0].GetDouble(), pos[1].GetDouble(), pos[2].GetDouble(), p.GetProperty("time").GetDouble(), GoldenCase.Number(p.GetProperty("energy")), 1), 0);
        }
    }

    private static Vertex Base(JsonElement row)
    {
        int nside = row.GetProperty("nside").GetInt32();
        long ipix = row.GetProperty("pixel").GetInt64();
        var fallback = row.GetProperty("fallback_position");
        var none = new Vertex(fallback[0].GetDouble(), fallback[1].GetDouble(), fallback[2].GetDouble(), row.GetProperty("fallback_time").GetDouble(), double.NaN);
        var holding = row.GetProperty("saved_coarser").EnumerateArray()
            .Where(p => Healpix.Parent(nside, ipix, p.GetProperty("nside").GetInt32()) == p.GetProperty("pixel").GetInt64())
            .OrderByDescending(p => p.GetProperty("nside").GetInt32()).ToList();
        if (holding.Count == 0 || double.IsNaN(GoldenCase.Number(holding[0].GetProperty("llh")))) return none;
        var pos = holding[0].GetProperty("pos");
        return new(pos[0].GetDouble(), pos[1].GetDouble(), pos[2].GetDouble(), holding[0].GetProperty("time").GetDouble(), GoldenCase.Number(holding[0].GetProperty("energy")));
    }

    private static ModuleHits Hit(JsonProperty om)
    {
        string[] key = om.Name.Split('-');
        var pos = om.Value.GetProperty("pos");
        return new(int.Parse(key[0]), int.Parse(key[1]), pos[0].GetDouble(), pos[1].GetDouble(), pos[2].GetDouble(), om.Value.GetProperty("time").GetDouble(), 1);
    }

    private static void Same(JsonElement want, Vertex ours, double metres, double nanoseconds)
    {
        Assert.Equal(want.GetProperty("pos")[0].GetDouble(), ours.X, metres);
        Assert.Equal(want.GetProperty("pos")[1].GetDouble(), ours.Y, metres);
        Assert.Equal(want.GetProperty("pos")[2].GetDouble(), ours.Z, metres);
        Assert.Equal(want.GetProperty("time").GetDouble(), ours.Time, nanoseconds);
        Assert.Equal(GoldenCase.Number(want.GetProperty("energy")), ours.Energy);
    }
}

public sealed class PixelSeedsTests
{
    [Fact]
    public void Of_APixel_AreTheFirstRoundsSeeds()
    {
        ScanPlan plan = TestPlans.Plan("8:0", variations: 3);
        IReadOnlyList<VariationSeed> seeds = PixelSeeds.Of(plan, new Pixel(8, 100));
        Assert.Equal([(0, 1.0), (1, 11.0), (2, 21.0)], seeds.Select(seed => (seed.Posvar, seed.Start.X)));
        Assert.All(seeds, seed =>
        {
            Assert.Equal((8, 100L), (seed.Nside, seed.Ipix));
            Assert.Null(seed.Fallback);
            LocalDirection direction = IceCubeFrame.ToLocal(new Pixel(8, 100).Centre, plan.Event.Mjd);
            Assert.Equal((direction.Zenith, direction.Azimuth), (seed.Zenith, seed.Azimuth));
        });
    }
}
