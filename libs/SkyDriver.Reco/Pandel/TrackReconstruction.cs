using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;

namespace SkyDriver.Reco.Pandel;

/// <summary>What all fits of a track of given direction share: the events and seeds they refuse, the choice of a start, and the way down from it.</summary>
/// <remarks>
/// The simplex finds the basin, because gradients alone end in valleys of the noise floor; the quasi-Newton steps polish. Each start
/// (the seed's, and its fallback) is tried at several times; the best of all goes into the minimiser.
/// </remarks>
internal abstract class TrackReconstruction<TLikelihood> : IReconstruction
    where TLikelihood : ITrackLikelihood
{
    /// <summary>First edge of the simplex, and the longest polishing step, m.</summary>
    private const double SimplexStep = 20, LongestStep = 50;

    /// <summary>Share of modules with light earlier than the trial time: most light is late, so the first quantiles are the likely ones.</summary>
    private static readonly double[] StartQuantiles = [0.01, 0.05, 0.12, 0.25, 0.40, 0.60];

    private readonly string? _unfit;
    private readonly NelderMead _simplex;
    private readonly Bfgs _polish;
    private readonly double _simplexTolerance;
    private readonly double[] _parameters, _trial, _directLight;
    private double _start;

    /// <param name="hits">Cleaned pulses, one entry per module.</param>
    /// <param name="likelihood">Makes the likelihood of those that can be fitted.</param>
    /// <param name="simplexTolerance">Spread of the simplex' values at which the polishing begins.</param>
    protected TrackReconstruction(IReadOnlyList<ModuleHits> hits, Func<IReadOnlyList<ModuleHits>, TLikelihood> likelihood, double simplexTolerance)
    {
        _unfit = Fitness.WhyNot(hits);
        Usable = _unfit is null ? hits : [];
        Likelihood = likelihood(Usable);
        int size = Likelihood.Dimension;
        (_simplex, _polish, _simplexTolerance) = (new NelderMead(size), new Bfgs(size), simplexTolerance);
        (_parameters, _trial, _directLight) = (new double[size], new double[size], new double[Usable.Count]);
        Centre = SeedVertices.MeanPosition(Usable, mostCharge: double.PositiveInfinity);
    }

    /// <summary>The hits, or none when they cannot be fitted.</summary>
    protected IReadOnlyList<ModuleHits> Usable { get; }

    protected TLikelihood Likelihood { get; }

    /// <summary>m, amid the light.</summary>
    protected (double X, double Y, double Z) Centre { get; }

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default) => Fit(seed, glanceTolerance: null, cancellationToken);

    /// <summary>A cheap look at a direction, a third of a fit: the best start and one simplex, good for an order among directions and as the start of a fit.</summary>
    /// <param name="seed">As for a fit.</param>
    /// <param name="tolerance">Spread of the simplex' values at which it ends.</param>
    /// <param name="cancellationToken">Looked at before the work.</param>
    public RecoFit Glance(in VariationSeed seed, double tolerance, CancellationToken cancellationToken) => Fit(seed, tolerance, cancellationToken);

    private RecoFit Fit(in VariationSeed seed, double? glanceTolerance, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_unfit is not null) return RecoFit.Failed(_unfit);
        if (!double.IsFinite(seed.Zenith) || !double.IsFinite(seed.Azimuth)) return RecoFit.Failed("the seed's direction is not finite");

        Likelihood.PointAt(new TrackFrame(seed.Zenith, seed.Azimuth));
        _start = double.PositiveInfinity;
        Consider(seed.Start);
        if (seed.Fallback is { } fallback) Consider(fallback);
        if (!double.IsFinite(_start)) return RecoFit.Failed("no start of the seed has a finite position and likelihood");

        cancellationToken.ThrowIfCancellationRequested();
        double llh = glanceTolerance is { } tolerance ? _simplex.Minimise(Likelihood, _parameters, SimplexStep, tolerance, _start) : Minimise();
        return double.IsFinite(llh) ? Describe(llh, _parameters) : RecoFit.Failed("the likelihood is not finite at the minimum");
    }

    /// <summary>Passes to <see cref="Keep"/> every set of parameters that a start at a place and time may have; u, v and s are set.</summary>
    protected abstract void ConsiderAt(in Vertex vertex, Span<double> trial);

    /// <summary>What is reported of the minimum.</summary>
    protected abstract RecoFit Describe(double llh, ReadOnlySpan<double> parameters);

    /// <summary>Keeps a start that is better than all before.</summary>
    protected void Keep(ReadOnlySpan<double> trial)
    {
        double value = Likelihood.Value(trial);
        if (!(value < _start)) return;
        _start = value;
        trial.CopyTo(_parameters);
    }

    /// <summary>Tries a vertex with its own time and with times taken from the pulses.</summary>
    private void Consider(in Vertex vertex)
    {
        if (!double.IsFinite(vertex.X + vertex.Y + vertex.Z)) return;
        TrackFrame frame = Likelihood.Frame;
        _trial[0] = frame.First(vertex.X, vertex.Y);
        _trial[1] = frame.Second(vertex.X, vertex.Y, vertex.Z);
        if (double.IsFinite(vertex.Time))
        {
            _trial[2] = BulkIce.SpeedOfLight * vertex.Time - frame.Along(vertex.X, vertex.Y, vertex.Z);
            ConsiderAt(vertex, _trial);
        }

        Likelihood.DirectLight(_trial[0], _trial[1], _directLight);
        _directLight.AsSpan().Sort();
        foreach (double quantile in StartQuantiles)
        {
            _trial[2] = _directLight[(int)(quantile * _directLight.Length)];
            ConsiderAt(vertex, _trial);
        }
    }

    /// <summary>Both minimisers keep the best point they saw, so the value is never above that of the start.</summary>
    /// <remarks>
    /// The second round starts a fresh simplex from the first one's end. It costs a quarter more and gets out of the side valleys of events
    /// that are no clean tracks: there the largest excess among the best 40 of 192 pixels fell from 6.8 to below 0.01. No point is evaluated
    /// twice: what the choice of a start or the polishing left behind is passed on.
    /// </remarks>
    private double Minimise()
    {
        _simplex.Minimise(Likelihood, _parameters, SimplexStep, _simplexTolerance, _start);
        double llh = _polish.Minimise(Likelihood, _parameters, LongestStep);
        _parameters.CopyTo(_trial, 0);
        _simplex.Minimise(Likelihood, _parameters, SimplexStep, _simplexTolerance, llh);
        return _parameters.AsSpan().SequenceEqual(_trial)
            ? _polish.Again(Likelihood, _parameters, llh, LongestStep)
            : _polish.Minimise(Likelihood, _parameters, LongestStep);
    }
}
