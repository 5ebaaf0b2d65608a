using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Millipede;
using SkyDriver.Reco.Pandel;

namespace SkyDriver.Reco.Tests.Millipede;

public sealed class MillipedeTests
{
    [Fact]
    public void Unfold_LightOfKnownShowers_GivesTheirEnergies()
    {
        // Charges are what the model expects of a muon with three showers in the detector, and one outside that is seen.
        var frame = new TrackFrame(1.2, 0.8);
        (double Along, double Energy)[] showers = [(-150, 4000), (0, 1500), (210, 8000), (-615, 9000)];
        Losses losses = new LossUnfolding(Hits(frame, 20, -30, showers)).Unfold(frame, 20, -30);
        Assert.Equal(13_500, losses.Inside, 0.1 * 13_500);
        Assert.Equal(22_500, losses.Total, 0.25 * 22_500);
    }

    [Fact]
    public void Unfold_BareMuon_LosesNextToNothing()
    {
        var frame = new TrackFrame(1.9, 3.0);
        Losses losses = new LossUnfolding(Hits(frame, 0, 0, [])).Unfold(frame, 0, 0);
        Assert.InRange(losses.Inside, 0, 50);
    }

    [Fact]
    public void Unfold_TrackElsewhere_IsLessLikely()
    {
        var frame = new TrackFrame(1.2, 0.8);
        var unfolding = new LossUnfolding(Hits(frame, 20, -30, [(0, 5000), (90, 3000)]));
        double there = unfolding.Unfold(frame, 20, -30).ChargeLlh;
        Assert.True(there < unfolding.Unfold(frame, 90, -30).ChargeLlh - 5);
        Assert.True(there < unfolding.Unfold(new TrackFrame(1.5, 1.1), 20, -30).ChargeLlh - 5);
        Assert.Equal(there, unfolding.Unfold(frame, 20, -30).ChargeLlh);
    }

    [Fact]
    public void Fit_RealTrack_HasLossesOfItsEnergyAndTheTracksPlace()
    {
        IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(SharedEvents.Track);
        var seed = new VariationSeed(512, 0, 0, 1.5723, 4.8768, new Vertex(-280, -40, -180, 10931, double.NaN), null);
        RecoFit track = new PandelReconstruction(hits, TrackModel.Mpe).Fit(seed), fit = new MillipedeReconstruction(hits, TrackModel.Mpe).Fit(seed);
        Assert.Equal((track.X, track.Y, track.Z, track.Time, track.Energy), (fit.X, fit.Y, fit.Z, fit.Time, fit.Energy));
        Assert.True(fit.Llh > track.Llh);
        // A muon of 35 TeV loses about 12 GeV per metre, and crosses about a kilometre.
        Assert.InRange(fit.EnergyInside, 3e3, 40e3);
        Assert.InRange(fit.EnergyTotal, fit.EnergyInside, 20 * fit.EnergyInside);
    }

    [Fact]
    public void Fit_SecondTime_AllocatesNothingAndGivesTheSameBytes()
    {
        var reco = new MillipedeReconstruction(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe);
        var seed = new VariationSeed(512, 0, 0, 1.5723, 4.8768, new Vertex(-280, -40, -180, 10931, double.NaN), null);
        RecoFit fit = reco.Fit(seed);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecoFit again = reco.Fit(seed);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(fit, again);
    }

    [Theory]
    [InlineData(0, 0, 0, true)]
    [InlineData(0, 0, 520, false)]
    [InlineData(600, 400, 0, false)]
    [InlineData(-390, -200, 100, true)]
    public void Volume_OfTheDetector_EndsAtItsOuterStrings(double x, double y, double z, bool inside) => Assert.Equal(inside, DetectorVolume.Contains(x, y, z));

    [Fact]
    public void Volume_EveryStandardString_IsOnItsEdgeOrInside() =>
        Assert.All(
            DetectorGeometry.Modules.Where(module => module.String <= 78 && module.Om == 1),
            module => Assert.True(DetectorVolume.Contains(module.X * 0.999, module.Y * 0.999, 0), $"string {module.String}"));

    /// <summary>Modules with at least a tenth of a photo-electron, each with what is expected, and the whole rest dark.</summary>
    private static List<ModuleHits> Hits(TrackFrame frame, double u, double v, (double Along, double Energy)[] showers)
    {
        var hits = new List<ModuleHits>();
        foreach (Module module in DetectorGeometry.Modules.Where(module => module.String <= 78))
        {
            double d1 = frame.First(module.X, module.Y) - u, d2 = frame.Second(module.X, module.Y, module.Z) - v, d = Math.Sqrt(d1 * d1 + d2 * d2 + 1);
            double eta = BulkIce.CosCherenkov * frame.Pz + BulkIce.SinCherenkov * d2 * frame.E2Z / d;
            double charge = 55 * 1.22 * BulkIce.LineYield(d) * BulkIce.CathodeAcceptance(eta, d) + 0.003;
            foreach (var (along, energy) in showers)
            {
                var (x, y, z) = frame.Point(u, v, along);
                double dx = module.X - x, dy = module.Y - y, dz = module.Z - z, r = Math.Sqrt(dx * dx + dy * dy + dz * dz + 1);
                if (r < 450) charge += 291.5 * energy * BulkIce.PointYield(r) * BulkIce.ShowerEmission(frame.Along(dx, dy, dz) / r, r) * BulkIce.CathodeAcceptance(dz / r, r);
            }

            if (charge > 0.1) hits.Add(new ModuleHits(module.String, module.Om, module.X, module.Y, module.Z, 10_000, charge));
        }

        return hits;
    }
}
