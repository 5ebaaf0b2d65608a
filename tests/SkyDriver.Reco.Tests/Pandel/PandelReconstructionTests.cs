using System.Text.Json;
using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

public sealed class PandelReconstructionTests
{
    [Theory]
    [InlineData(SharedEvents.Track, "pandel_spe", 0.02, 0.03)]
    [InlineData(SharedEvents.Track, "pandel_mpe", 0.02, 0.03)]
    [InlineData(SharedEvents.Cascade, "pandel_spe", 0.3, 2.0)]
    [InlineData(SharedEvents.Cascade, "pandel_mpe", 0.3, 2.0)]
    public void DirectionSearch_WholeSky_ReachesThePublishedMinimum(string name, string algorithm, double llhTolerance, double degrees)
    {
        JsonElement golden = Golden(name, algorithm);
        var (sigma, cap) = TrackLikelihoodTests.Settings(algorithm);
        var search = new DirectionSearch(SharedEvents.Cleaned(name), new TrackModel(sigma, cap), PositionOffsets.Cylinder([0], [150], 3));
        FreeFit? found = search.Find(SharedEvents.Veto(name));
        Assert.NotNull(found);
        var (llh, direction) = (found.Value.Llh, found.Value.Direction);

        double expected = golden.GetProperty("nll").GetDouble();
        Assert.True(llh <= expected + llhTolerance, $"{llh} is above {expected}");
        var published = new LocalDirection(golden.GetProperty("zenith_rad").GetDouble(), golden.GetProperty("azimuth_rad").GetDouble());
        double off = double.RadiansToDegrees(FreeDirection.Separation(direction, published));
        Assert.True(off <= degrees || llh < expected - llhTolerance, $"({direction.Zenith}, {direction.Azimuth}) is {off} degrees off at {llh}");
    }

    [Theory]
    [InlineData(SharedEvents.Track, "pandel_spe")]
    [InlineData(SharedEvents.Track, "pandel_mpe")]
    [InlineData(SharedEvents.Cascade, "pandel_spe")]
    [InlineData(SharedEvents.Cascade, "pandel_mpe")]
    public void Fit_CoarsestEquatorialPixels_ReachesTheGoldenValues(string name, string algorithm)
    {
        double[] golden = [.. Golden(name, algorithm).GetProperty("nside1_nll_by_equatorial_ring_pixel").EnumerateArray().Select(value => value.GetDouble())];
        Vertex veto = SharedEvents.Veto(name);
        var sky = new LocalSkyTransform(SharedEvents.Mjd(name));
        var (sigma, cap) = TrackLikelihoodTests.Settings(algorithm);
        var reco = new PandelReconstruction(SharedEvents.Cleaned(name), new TrackModel(sigma, cap));
        for (int ipix = 0; ipix < 12; ipix++)
        {
            Healpix.PixelToAngle(1, ipix, out double theta, out double phi);
            LocalDirection direction = sky.ToLocal(SkyPoint.FromRadians(phi, Math.PI / 2 - theta));
            double best = Hexagon(direction, veto).Min(start => reco.Fit(new VariationSeed(1, ipix, 0, direction.Zenith, direction.Azimuth, start, null)).Llh);
            Assert.True(best <= golden[ipix] + 0.5, $"pixel {ipix}: {best} is above {golden[ipix]}");
        }
    }

    [Fact]
    public void Fit_Anywhere_IsNeverAboveItsSeeds()
    {
        IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(SharedEvents.Track);
        var reco = new PandelReconstruction(hits, TrackModel.Mpe);
        var likelihood = new TrackLikelihood(hits, TrackModel.Mpe);
        var better = new Vertex(-293.847, -48.453, -189.541, 11319.483, double.NaN);
        var worse = new Vertex(100, 200, 300, 9000, double.NaN);
        for (int ipix = 0; ipix < 48; ipix++)
        {
            LocalDirection direction = FreeDirection.Centre(2, ipix);
            var frame = new TrackFrame(direction.Zenith, direction.Azimuth);
            likelihood.PointAt(frame);
            RecoFit fit = reco.Fit(new VariationSeed(2, ipix, 0, direction.Zenith, direction.Azimuth, worse, better));
            Assert.True(fit.Llh <= likelihood.Value(TrackLikelihoodTests.Parameters(frame, better.X, better.Y, better.Z, better.Time)) + 1e-9);
            Assert.True(fit.Llh <= likelihood.Value(TrackLikelihoodTests.Parameters(frame, worse.X, worse.Y, worse.Z, worse.Time)) + 1e-9);
        }
    }

    [Fact]
    public void Fit_Result_IsThePointOfTheTrackNearestTheLightAndHasTheReportedValue()
    {
        IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(SharedEvents.Track);
        RecoFit fit = FitNearMinimum(new PandelReconstruction(hits, TrackModel.Mpe));
        var frame = new TrackFrame(1.5723, 4.8768);
        var likelihood = new TrackLikelihood(hits, TrackModel.Mpe);
        likelihood.PointAt(frame);
        Assert.Equal(fit.Llh, likelihood.Value(TrackLikelihoodTests.Parameters(frame, fit.X, fit.Y, fit.Z, fit.Time)), 1e-6);

        double charge = hits.Sum(hit => hit.Charge);
        double along = hits.Sum(hit => hit.Charge * frame.Along(hit.X, hit.Y, hit.Z)) / charge;
        Assert.Equal(along, frame.Along(fit.X, fit.Y, fit.Z), 1e-9);
    }

    [Fact]
    public void Fit_OfTheTrackEvent_HasTheEnergyItsScaleWasSetOn()
    {
        // Stored estimate spline_mue of the alert: 34 674.8564 GeV; the scale was adjusted to it.
        RecoFit fit = FitNearMinimum(new PandelReconstruction(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe));
        Assert.Equal(34674.8564, fit.Energy, 34674.8564 * 0.03);
        Assert.Equal((fit.Energy, fit.Energy), (fit.EnergyInside, fit.EnergyTotal));
    }

    [Fact]
    public void Fit_SameSeed_SameBytesWhateverWasFittedBefore()
    {
        IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(SharedEvents.Track);
        var used = new PandelReconstruction(hits, TrackModel.Mpe);
        for (int ipix = 0; ipix < 12; ipix++) used.Fit(new VariationSeed(1, ipix, 0, FreeDirection.Centre(1, ipix).Zenith, FreeDirection.Centre(1, ipix).Azimuth, default, null));
        Assert.Equal(FitNearMinimum(new PandelReconstruction(hits, TrackModel.Mpe)), FitNearMinimum(used));
    }

    [Fact]
    public void Fit_FewModules_FailsWithTheReason()
    {
        ModuleHits[] four = [.. Enumerable.Range(1, 4).Select(om => new ModuleHits(1, om, 0, 0, om * 17, 1000, 1))];
        RecoFit fit = new PandelReconstruction(four, TrackModel.Mpe).Fit(new VariationSeed(1, 0, 0, 1, 1, default, null));
        Assert.True(double.IsNaN(fit.Llh) && double.IsNaN(fit.Energy));
        Assert.StartsWith("too few modules: 4", fit.Failure);
    }

    [Fact]
    public void Fit_NumbersThatAreNotFinite_FailWithTheReason()
    {
        ModuleHits[] hits = [.. Enumerable.Range(1, 6).Select(om => new ModuleHits(1, om, om, 2 * om, om * 17, 1000 + om * 50, 1))];
        var good = new PandelReconstruction(hits, TrackModel.Mpe);
        var nowhere = new Vertex(double.NaN, 0, 0, 0, 0);
        Assert.Contains("no start", good.Fit(new VariationSeed(1, 0, 0, 1, 1, nowhere, nowhere)).Failure);
        Assert.Contains("direction", good.Fit(new VariationSeed(1, 0, 0, double.NaN, 1, default, null)).Failure);
        Assert.Null(good.Fit(new VariationSeed(1, 0, 0, 1, 1, nowhere, default(Vertex))).Failure);
        Assert.Null(good.Fit(new VariationSeed(1, 0, 0, 1, 1, new Vertex(0, 0, 0, double.NaN, 0), null)).Failure);

        hits[3] = hits[3] with { FirstTime = double.PositiveInfinity };
        RecoFit fit = new PandelReconstruction(hits, TrackModel.Mpe).Fit(new VariationSeed(1, 0, 0, 1, 1, default, null));
        Assert.True(double.IsNaN(fit.Llh));
        Assert.Contains("(1, 4)", fit.Failure);
    }

    [Fact]
    public void Fit_Cancelled_Stops()
    {
        var reco = new PandelReconstruction([], TrackModel.Mpe);
        Assert.Throws<OperationCanceledException>(() => reco.Fit(new VariationSeed(1, 0, 0, 1, 1, default, null), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Fit_PerFit_AllocatesNothing()
    {
        var reco = new PandelReconstruction(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe);
        RecoFit fit = FitNearMinimum(reco);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecoFit again = FitNearMinimum(reco);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(fit, again);
    }

    private static RecoFit FitNearMinimum(PandelReconstruction reco) =>
        reco.Fit(new VariationSeed(512, 0, 0, 1.5723, 4.8768, new Vertex(-280, -40, -180, 10931, double.NaN), null));

    private static JsonElement Golden(string name, string algorithm) =>
        SharedEvents.Open("golden/pandel/track_likelihood.json").RootElement.GetProperty("minima").EnumerateArray()
            .Single(minimum => minimum.GetProperty("event").GetString() == name && minimum.GetProperty("algorithm").GetString() == algorithm);

    /// <summary>The unshifted vertex and six around it at 150 m, in the plane across the track.</summary>
    private static IEnumerable<Vertex> Hexagon(LocalDirection direction, Vertex centre)
    {
        var frame = new TrackFrame(direction.Zenith, direction.Azimuth);
        yield return centre;
        for (int k = 0; k < 6; k++)
        {
            var (sin, cos) = Math.SinCos(k * Math.PI / 3);
            var (x, y, z) = frame.Point(150 * cos, 150 * sin, 0);
            yield return centre with { X = centre.X + x, Y = centre.Y + y, Z = centre.Z + z };
        }
    }
}
