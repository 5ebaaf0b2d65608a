using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Reco.Starting;
using SkyDriver.Reco.Tests.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Starting;

public sealed class ShowerTrackTests
{
    [Theory]
    [InlineData(0, 0, 0, 0, 3e4)]
    [InlineData(25, -40, 12, 60, 1e5)]
    [InlineData(-60, 15, -30, -140, 10)]
    public void Value_AtAnyPlace_AgreesWithTheFormulasModuleByModule(double u, double v, double s, double along, double energy)
    {
        IceCubeEvent ev = Starting(1);
        TrackFrame frame = new(ev.Truth!.Direction.Zenith, ev.Truth.Direction.Azimuth);
        double[] x = [.. Parameters(ev, frame), CascadeLikelihood.PerLnEnergy * Math.Log(energy)];
        (x[0], x[1], x[2], x[3]) = (x[0] + u, x[1] + v, x[2] + s, x[3] + along);
        var likelihood = new ShowerTrackLikelihood(ev.CleanedHits, TrackModel.Mpe);
        likelihood.PointAt(frame);
        double expected = -ev.CleanedHits.Sum(hit => LnTerm(hit, frame, x, energy)), value = likelihood.Value(x);
        Assert.Equal(expected, value, 1e-4 * ev.CleanedHits.Count);
        Assert.Equal(value, likelihood.ValueAndGradient(x, new double[ShowerTrackLikelihood.Size]));
    }

    [Fact]
    public void Value_ShowerOfNoEnergy_IsThatOfTheBareTrack()
    {
        IceCubeEvent ev = Starting(1);
        TrackFrame frame = new(ev.Truth!.Direction.Zenith, ev.Truth.Direction.Azimuth);
        double[] x = [.. Parameters(ev, frame), CascadeLikelihood.PerLnEnergy * Math.Log(1e-2)];
        var bare = new TrackLikelihood(ev.CleanedHits, TrackModel.Mpe);
        var likelihood = new ShowerTrackLikelihood(ev.CleanedHits, TrackModel.Mpe);
        bare.PointAt(frame);
        likelihood.PointAt(frame);
        double with = likelihood.Value(x);
        Assert.Equal(bare.Value(x.AsSpan(0, 3)), with, 0.05 * Math.Abs(with));
        x[4] = CascadeLikelihood.PerLnEnergy * Math.Log(1e5);
        Assert.True(likelihood.Value(x) < with - 50, "the shower that is there explains the times no better than none");
    }

    [Fact]
    public void Fit_WholeSkyOfAStartingEvent_FindsTheDirectionThatALineMisses()
    {
        IceCubeEvent ev = Starting(1);
        double line = Off("pandel_mpe", ev, out _), withShower = Off("pandel_mpe-shower", ev, out RecoFit best);
        Assert.True(line > 20, $"a line alone is only {line} degrees off; the event shows nothing");
        Assert.True(withShower < 15, $"{withShower} degrees off");
        Vertex vertex = ev.Truth!.Vertex;
        Assert.InRange(new Vector3d(best.X - vertex.X, best.Y - vertex.Y, best.Z - vertex.Z).Length, 0, 40);
        Assert.InRange(best.Energy, 5e4, 2e5);
        Assert.Equal((best.Energy, best.Energy), (best.EnergyInside, best.EnergyTotal));
    }

    [Fact]
    public void Fit_SameSeed_SameBytesWithoutAllocations()
    {
        IceCubeEvent ev = Starting(1);
        var seed = new VariationSeed(8, 0, 0, 1, 2, SeedVertices.Of(ev), ev.Truth!.Vertex);
        var used = new ShowerTrackReconstruction(ev.CleanedHits, TrackModel.Mpe);
        used.Fit(seed with { Zenith = 0.4 });
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecoFit again = used.Fit(seed);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(new ShowerTrackReconstruction(ev.CleanedHits, TrackModel.Mpe).Fit(seed), again);
        Assert.Null(again.Failure);
    }

    [Fact]
    public void Fit_WhatCannotBeFitted_FailsWithTheReason()
    {
        ModuleHits[] four = [.. Enumerable.Range(1, 4).Select(om => new ModuleHits(1, om, 0, 0, om * 17, 1000, 1))];
        Assert.StartsWith("too few modules: 4", new ShowerTrackReconstruction(four, TrackModel.Mpe).Fit(new VariationSeed(1, 0, 0, 1, 1, default, null)).Failure);
        var reco = new ShowerTrackReconstruction(SharedEvents.Cleaned(SharedEvents.Track), TrackModel.Mpe);
        Assert.Contains("direction", reco.Fit(new VariationSeed(1, 0, 0, double.NaN, 1, default, null)).Failure);
        Assert.Contains("no start", reco.Fit(new VariationSeed(1, 0, 0, 1, 1, new Vertex(double.NaN, 0, 0, 0, 0), null)).Failure);
    }

    /// <summary>A muon of 5 TeV that begins with a shower of 100 TeV: the shower's light and, behind it, the muon's, in nominal ice.</summary>
    internal static IceCubeEvent Starting(ulong seed)
    {
        SimulatedEvent shower = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Cascade, SimulationSet.B, seed, null, 1e5));
        SimulatedEvent muon = EventSimulator.Simulate(new SimulationRequest(SimulatedKind.Track, SimulationSet.B, seed, shower.Truth.Direction, 5e3));
        Vertex vertex = shower.Truth.Vertex;
        Assert.Equal((vertex.X, vertex.Y, vertex.Z), (muon.Truth.Vertex.X, muon.Truth.Vertex.Y, muon.Truth.Vertex.Z));
        TrackFrame frame = new(shower.Truth.Direction.Zenith, shower.Truth.Direction.Azimuth);
        bool IsBehind(Pulse pulse) => DetectorGeometry.TryGet(pulse.String, pulse.Om, out Module module) && frame.Along(module.X - vertex.X, module.Y - vertex.Y, module.Z - vertex.Z) > 0;
        Pulse[] pulses = [.. shower.Pulses.Concat(muon.Pulses.Where(IsBehind)).OrderBy(pulse => (pulse.String, pulse.Om, pulse.Time))];
        return EventReader.Read(EventWriter.Write(new SimulatedEvent(muon.Truth, pulses), 1, (long)seed, 60000));
    }

    /// <summary>Degrees from the truth to the centre of the best of 192 pixels.</summary>
    private static double Off(string algorithm, IceCubeEvent ev, out RecoFit best)
    {
        Assert.True(RecoCatalog.TryGet(algorithm, out RecoAlgorithm? found));
        IReconstruction reco = found.Create(ev, new RecoOptions());
        Vertex start = found.SeedVertex(ev);
        LocalDirection Centre(int ipix) => FreeDirection.Centre(4, ipix);
        var (pixel, fit) = Enumerable.Range(0, 192).Select(ipix => (ipix, reco.Fit(new VariationSeed(4, ipix, 0, Centre(ipix).Zenith, Centre(ipix).Azimuth, start, null)))).MinBy(pair => pair.Item2.Llh);
        best = fit;
        return double.RadiansToDegrees(FreeDirection.Separation(Centre(pixel), ev.Truth!.Direction));
    }

    private static double[] Parameters(IceCubeEvent ev, TrackFrame frame)
    {
        Vertex vertex = ev.Truth!.Vertex;
        return [.. TrackLikelihoodTests.Parameters(frame, vertex.X, vertex.Y, vertex.Z, vertex.Time), frame.Along(vertex.X, vertex.Y, vertex.Z)];
    }

    /// <summary>Written out from the formulas, with the exact functions.</summary>
    private static double LnTerm(ModuleHits hit, TrackFrame frame, double[] x, double energy)
    {
        const double c = BulkIce.SpeedOfLight;
        double d1 = frame.First(hit.X, hit.Y) - x[0], d2 = frame.Second(hit.X, hit.Y, hit.Z) - x[1], along = frame.Along(hit.X, hit.Y, hit.Z);
        double d = Math.Sqrt(d1 * d1 + d2 * d2 + 1), eta = BulkIce.CosCherenkov * frame.Pz + BulkIce.SinCherenkov * d2 * frame.E2Z / d;
        PandelPoint muon = At(hit, eta, 0.84 * d, (x[2] + along + BulkIce.CherenkovDelay * d) / c);
        double muonLight = 55 * 1.22 * BulkIce.LineYield(d) * BulkIce.CathodeAcceptance(eta, d);

        var (px, py, pz) = frame.Point(x[0], x[1], x[3]);
        double dx = hit.X - px, dy = hit.Y - py, dz = hit.Z - pz, r = Math.Sqrt(dx * dx + dy * dy + dz * dz + 1), cosine = frame.Along(dx, dy, dz) / r;
        PandelPoint shower = At(hit, dz / r, 0.84 * r + 5 * (1 - cosine), (x[2] + x[3] + r * BulkIce.GroupIndex) / c);
        double showerLight = 291.5 * energy * BulkIce.PointYield(r) * BulkIce.ShowerEmission(cosine, r) * BulkIce.CathodeAcceptance(dz / r, r);

        double share = showerLight / (showerLight + muonLight), photons = Math.Max(1, hit.Charge);
        double density = (1 - share) * Math.Exp(muon.LnDensity) + share * Math.Exp(shower.LnDensity);
        double survival = (1 - share) * Math.Exp(muon.LnSurvival) + share * Math.Exp(shower.LnSurvival);
        return Math.Log(0.999 * photons * density * Math.Pow(survival, photons - 1) + 0.001 / 6000);
    }

    private static PandelPoint At(ModuleHits hit, double eta, double distance, double arrival) =>
        ConvolutedPandel.Evaluate((BulkIce.EffectiveOffset(eta) + distance) / BulkIce.ScatteringLength, hit.FirstTime - arrival, TrackModel.Mpe.Sigma);
}
