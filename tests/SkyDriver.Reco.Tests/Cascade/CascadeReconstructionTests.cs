using SkyDriver.IceCube;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Reco.Tests.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Cascade;

public sealed class CascadeReconstructionTests
{
    [Fact]
    public void Fit_WholeSkyOfTheRealCascade_ReachesThePublishedMinimum()
    {
        // reconstruction.md 9.1: the minimum of a grid of nside 32 in local angles; a coarser grid finds its neighbourhood.
        var reco = new CascadeReconstruction(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe);
        Vertex veto = SharedEvents.Veto(SharedEvents.Cascade);
        var (coarse, first) = Best(reco, 4, Enumerable.Range(0, 192).Select(ipix => (long)ipix), veto, null);
        var near = new List<long>();
        Healpix.Disc(32, Healpix.PixelToVector(4, coarse), double.DegreesToRadians(12), near);
        var (fine, best) = Best(reco, 32, near, new Vertex(first.X, first.Y, first.Z, first.Time, first.Energy), veto);

        Assert.True(best.Llh <= 1489.69 + 0.3, $"{best.Llh} is above the published minimum");
        double off = double.RadiansToDegrees(FreeDirection.Separation(FreeDirection.Centre(32, fine), new LocalDirection(2.438267, 2.763438)));
        Assert.True(off <= 2 || best.Llh < 1489.69 - 0.3, $"{off} degrees off at {best.Llh}");
        Assert.InRange((new Vector3d(best.X, best.Y, best.Z) - new Vector3d(164.77, -15.95, 105.22)).Length, 0, 3);
        Assert.Equal(36.2e3, best.Energy, 0.05 * 36.2e3);
        Assert.Equal((best.Energy, best.Energy), (best.EnergyInside, best.EnergyTotal));
    }

    [Fact]
    public void Fit_SameSeed_SameBytesWithoutAllocations()
    {
        IReadOnlyList<ModuleHits> hits = SharedEvents.Cleaned(SharedEvents.Cascade);
        var seed = new VariationSeed(8, 1, 0, 1.2, 4.0, SharedEvents.Veto(SharedEvents.Cascade), null);
        var used = new CascadeReconstruction(hits, TrackModel.Mpe);
        used.Fit(seed with { Zenith = 0.3 });
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecoFit again = used.Fit(seed);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(new CascadeReconstruction(hits, TrackModel.Mpe).Fit(seed), again);
    }

    [Fact]
    public void Fit_WhatCannotBeFitted_FailsWithTheReason()
    {
        ModuleHits[] four = [.. Enumerable.Range(1, 4).Select(om => new ModuleHits(1, om, 0, 0, om * 17, 1000, 1))];
        Assert.StartsWith("too few modules: 4", new CascadeReconstruction(four, TrackModel.Mpe).Fit(new VariationSeed(1, 0, 0, 1, 1, default, null)).Failure);
        var reco = new CascadeReconstruction(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe);
        Assert.Contains("direction", reco.Fit(new VariationSeed(1, 0, 0, double.NaN, 1, default, null)).Failure);
        Assert.Throws<OperationCanceledException>(() => reco.Fit(new VariationSeed(1, 0, 0, 1, 1, default, null), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Fit_SeedWithoutNumbers_StartsFromTheEventsOwnLight()
    {
        var reco = new CascadeReconstruction(SharedEvents.Cleaned(SharedEvents.Cascade), TrackModel.Mpe);
        var nothing = new Vertex(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        RecoFit fit = reco.Fit(new VariationSeed(1, 0, 0, 2.438267, 2.763438, nothing, null));
        Assert.Null(fit.Failure);
        Assert.True(fit.Llh < 1489.69 + 0.3);
    }

    private static (long Ipix, RecoFit Fit) Best(CascadeReconstruction reco, int nside, IEnumerable<long> pixels, Vertex start, Vertex? fallback) =>
        pixels.Select(ipix =>
        {
            LocalDirection direction = FreeDirection.Centre(nside, ipix);
            return (ipix, reco.Fit(new VariationSeed(nside, ipix, 0, direction.Zenith, direction.Azimuth, start, fallback)));
        }).MinBy(pixel => pixel.Item2.Llh);
}
