using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Starting;

/// <summary>Fits a track of given direction with one shower of free place and energy on it to the first pulses of an event.</summary>
/// <remarks>
/// For starting events, whose light is mostly that of the shower where the neutrino was stopped: a line alone explains the times of bright
/// modules best in a wrong direction. What is reported is the shower: its place and time, and the energy that all charges together ask for there;
/// the one of the fit only weighs the shower's light against the muon's, and is unbounded where there is no muon.
/// </remarks>
internal sealed class ShowerTrackReconstruction : IReconstruction
{
    /// <summary>First edge of the simplex, m, the spread of its values at which polishing begins, and the longest polishing step.</summary>
    private const double SimplexStep = 20, SimplexTolerance = 0.5, LongestStep = 50;

    /// <summary>Share of modules with light earlier than the trial time.</summary>
    private static readonly double[] StartQuantiles = [0.01, 0.05, 0.12, 0.25, 0.40, 0.60];

    /// <summary>GeV that a start without an energy is tried with.</summary>
    private static readonly double[] StartEnergies = [3e3, 3e4, 3e5];

    private readonly string? _unfit;
    private readonly ShowerTrackLikelihood _likelihood;
    private readonly CascadeLikelihood _charges;
    private readonly NelderMead _simplex = new(ShowerTrackLikelihood.Size);
    private readonly Bfgs _polish = new(ShowerTrackLikelihood.Size);
    private readonly double[] _parameters = new double[ShowerTrackLikelihood.Size], _trial = new double[ShowerTrackLikelihood.Size], _directLight;
    private readonly (double X, double Y, double Z) _centre;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="model">What is assumed of times and ice.</param>
    public ShowerTrackReconstruction(IReadOnlyList<ModuleHits> hits, in TrackModel model)
    {
        _unfit = Fitness.WhyNot(hits);
        IReadOnlyList<ModuleHits> usable = _unfit is null ? hits : [];
        _likelihood = new ShowerTrackLikelihood(usable, model);
        _charges = new CascadeLikelihood(usable, model);
        _directLight = new double[usable.Count];
        _centre = SeedVertices.MeanPosition(usable, mostCharge: double.PositiveInfinity);
    }

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_unfit is not null) return RecoFit.Failed(_unfit);
        if (!double.IsFinite(seed.Zenith) || !double.IsFinite(seed.Azimuth)) return RecoFit.Failed("the seed's direction is not finite");

        _likelihood.PointAt(new TrackFrame(seed.Zenith, seed.Azimuth));
        double start = double.PositiveInfinity;
        Consider(seed.Start, ref start);
        if (seed.Fallback is { } fallback) Consider(fallback, ref start);
        if (!double.IsFinite(start)) return RecoFit.Failed("no start of the seed has a finite position and likelihood");

        cancellationToken.ThrowIfCancellationRequested();
        double llh = double.NaN;
        for (int round = 0; round < 2; round++)
        {
            _simplex.Minimise(_likelihood, _parameters, SimplexStep, SimplexTolerance);
            llh = _polish.Minimise(_likelihood, _parameters, LongestStep);
        }

        return double.IsFinite(llh) ? Describe(llh) : RecoFit.Failed("the likelihood is not finite at the minimum");
    }

    /// <summary>Tries a vertex with its own time and with times taken from the pulses, the shower there or amid the light; keeps what is better than all before.</summary>
    private void Consider(in Vertex vertex, ref double best)
    {
        if (!double.IsFinite(vertex.X + vertex.Y + vertex.Z)) return;
        TrackFrame frame = _likelihood.Frame;
        double along = frame.Along(vertex.X, vertex.Y, vertex.Z), amid = frame.Along(_centre.X, _centre.Y, _centre.Z);
        _trial[0] = frame.First(vertex.X, vertex.Y);
        _trial[1] = frame.Second(vertex.X, vertex.Y, vertex.Z);
        if (double.IsFinite(vertex.Time)) ConsiderShowers(BulkIce.SpeedOfLight * vertex.Time - along, along, amid, vertex.Energy, ref best);
        _likelihood.DirectLight(_trial[0], _trial[1], _directLight);
        _directLight.AsSpan().Sort();
        foreach (double quantile in StartQuantiles) ConsiderShowers(_directLight[(int)(quantile * _directLight.Length)], along, amid, vertex.Energy, ref best);
    }

    private void ConsiderShowers(double s, double along, double amid, double energy, ref double best)
    {
        _trial[2] = s;
        foreach (double place in (ReadOnlySpan<double>)[along, amid])
        {
            _trial[3] = place;
            foreach (double common in StartEnergies) ConsiderEnergy(common, ref best);
            if (energy > 0 && double.IsFinite(energy)) ConsiderEnergy(energy, ref best);
        }
    }

    private void ConsiderEnergy(double energy, ref double best)
    {
        _trial[4] = CascadeLikelihood.PerLnEnergy * Elementary.Log(energy);
        double value = _likelihood.Value(_trial);
        if (!(value < best)) return;
        best = value;
        _trial.CopyTo(_parameters, 0);
    }

    private RecoFit Describe(double llh)
    {
        var (x, y, z) = _likelihood.Frame.Point(_parameters[0], _parameters[1], _parameters[3]);
        _charges.PointAt(_likelihood.Frame);
        double time = (_parameters[2] + _parameters[3]) / BulkIce.SpeedOfLight, energy = _charges.EnergyAt(x, y, z);
        if (!double.IsFinite(energy)) energy = double.NaN;
        return new RecoFit(llh, energy, energy, x, y, z, time, energy, null);
    }
}
