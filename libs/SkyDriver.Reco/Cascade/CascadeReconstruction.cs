using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Cascade;

/// <summary>Fits place, time and energy of a shower of given direction to the first pulses and charges of an event.</summary>
/// <remarks>
/// Times alone do not give a direction; charges and times together gave 14° median in simulation. Good enough to tell a hemisphere and to
/// draw an honest, large region. Every start is polished, because places of equal times but other charges are separate minima.
/// </remarks>
internal sealed class CascadeReconstruction : IReconstruction
{
    private const int Size = 5;

    /// <summary>m: first simplex edge, the spread of its values at which polishing begins, and the longest polishing step.</summary>
    private const double SimplexStep = 10, SimplexTolerance = 0.1, LongestStep = 50;

    /// <summary>m around the start whose light dates it, and the share of that light that is taken for noise.</summary>
    private const double NearLight = 200, EarlyShare = 0.1;

    /// <summary>ln E/GeV a fit starts between.</summary>
    private const double LeastLnEnergy = 0, GreatestLnEnergy = 23;

    private readonly string? _unfit;
    private readonly ModuleHits[] _hits;
    private readonly CascadeLikelihood _likelihood;
    private readonly NelderMead _simplex = new(Size);
    private readonly Bfgs _polish = new(Size);
    private readonly double[] _best = new double[Size], _trial = new double[Size], _times;
    private readonly (double X, double Y, double Z) _centre;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public CascadeReconstruction(IReadOnlyList<ModuleHits> hits, in TrackModel model)
    {
        _unfit = Fitness.WhyNot(hits);
        _hits = _unfit is null ? [.. hits] : [];
        _likelihood = new CascadeLikelihood(_hits, model);
        _times = new double[_hits.Length];
        _centre = SeedVertices.MeanPosition(_hits, mostCharge: double.PositiveInfinity);
    }

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_unfit is not null) return RecoFit.Failed(_unfit);
        if (!double.IsFinite(seed.Zenith) || !double.IsFinite(seed.Azimuth)) return RecoFit.Failed("the seed's direction is not finite");

        _likelihood.PointAt(new TrackFrame(seed.Zenith, seed.Azimuth));
        double llh = double.PositiveInfinity;
        Try(seed.Start, ref llh);
        if (seed.Fallback is { } fallback) Try(fallback, ref llh);
        Try(new Vertex(_centre.X, _centre.Y, _centre.Z, double.NaN, double.NaN), ref llh);
        if (!double.IsFinite(llh)) return RecoFit.Failed("no start of the seed has a finite likelihood");

        cancellationToken.ThrowIfCancellationRequested();
        _simplex.Minimise(_likelihood, _best, SimplexStep, SimplexTolerance);
        llh = _polish.Minimise(_likelihood, _best, LongestStep);
        if (!double.IsFinite(llh)) return RecoFit.Failed("the likelihood is not finite at the minimum");
        double energy = Elementary.Exp(_best[4] / CascadeLikelihood.PerLnEnergy);
        return new RecoFit(llh, energy, energy, _best[0], _best[1], _best[2], _best[3] / BulkIce.SpeedOfLight, energy, null);
    }

    /// <summary>Polishes a start and keeps it if it ends lower than all before.</summary>
    private void Try(in Vertex start, ref double best)
    {
        if (!double.IsFinite(start.X + start.Y + start.Z)) return;
        (_trial[0], _trial[1], _trial[2]) = (start.X, start.Y, start.Z);
        _trial[3] = BulkIce.SpeedOfLight * (double.IsFinite(start.Time) && !double.IsNaN(start.Energy) ? start.Time : TimeAt(start));
        double energy = start.Energy > 0 ? start.Energy : _likelihood.EnergyAt(start.X, start.Y, start.Z);
        double lnEnergy = Elementary.Log(energy);
        _trial[4] = CascadeLikelihood.PerLnEnergy * Math.Clamp(double.IsNaN(lnEnergy) ? LeastLnEnergy : lnEnergy, LeastLnEnergy, GreatestLnEnergy);
        double value = _polish.Minimise(_likelihood, _trial, LongestStep);
        if (!(value < best)) return;
        best = value;
        _trial.CopyTo(_best, 0);
    }

    /// <summary>ns: when a shower at the place must have been for nearly all light near it to be late.</summary>
    /// <remarks>A time that comes with an energy is a shower's own, from a coarser pixel; any other was made for tracks.</remarks>
    private double TimeAt(in Vertex place)
    {
        int count = 0;
        double farEarliest = double.PositiveInfinity;
        foreach (ModuleHits hit in _hits)
        {
            double dx = hit.X - place.X, dy = hit.Y - place.Y, dz = hit.Z - place.Z, r = Math.Sqrt(dx * dx + dy * dy + dz * dz);
            double emitted = hit.FirstTime - r * BulkIce.GroupIndex / BulkIce.SpeedOfLight;
            if (r < NearLight) _times[count++] = emitted;
            else farEarliest = Math.Min(farEarliest, emitted);
        }

        if (count == 0) return farEarliest;
        Span<double> near = _times.AsSpan(0, count);
        near.Sort();
        return near[(int)(EarlyShare * count)];
    }
}
