using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Cascade;

/// <summary>How well a shower explains the first-pulse times alone, whatever its direction: what a track's −ln L is compared with.</summary>
/// <remarks>
/// Times feel the direction only by the delay of light sent backwards, so a grid of 48 directions is fine enough, and the minimum of one is a few steps
/// from that of another. So each is a chance to try another way down, and then all go on from the best end.
/// </remarks>
internal sealed class CascadeTimes(IReadOnlyList<ModuleHits> hits) : IObjective
{
    private const int Nside = 2, Size = 4;

    /// <summary>Spread of the simplex' values at which the polishing begins, and the longest polishing step, m.</summary>
    private const double SimplexTolerance = 1, LongestStep = 50;

    /// <summary>First edges of the simplex, m: the small ones miss minima that the large ones find, and the other way round.</summary>
    private static readonly double[] SimplexSteps = [20, 50];

    private readonly CascadeLikelihood _likelihood = new(hits, TrackModel.Mpe);
    private readonly NelderMead _simplex = new(Size);
    private readonly Bfgs _polish = new(Size);
    private readonly double[] _parameters = new double[5], _trial = new double[Size], _best = new double[Size];
    private double _least;

    int IObjective.Dimension => Size;

    /// <summary>How often the times were summed, with slopes or without: the cost that no busy machine changes.</summary>
    public long Evaluations { get; private set; }

    /// <param name="start">m, near the shower.</param>
    /// <param name="cancellationToken">Looked at between directions.</param>
    public double Minimum(Vertex start, CancellationToken cancellationToken)
    {
        _least = double.PositiveInfinity;
        var centre = SeedVertices.MeanPosition(hits, double.PositiveInfinity);
        double[][] starts = [Start(centre.X, centre.Y, centre.Z), Start(start.X, start.Y, start.Z)];
        TrackFrame[] frames = [.. Directions()];
        for (int i = 0; i < frames.Length; i++)
        {
            double step = SimplexSteps[i / starts.Length % SimplexSteps.Length];
            Descend(frames[i], starts[i % starts.Length], step, cancellationToken);
        }

        double[] place = [.. _best];
        foreach (TrackFrame frame in frames) Descend(frame, place, simplexStep: null, cancellationToken);
        return _least;
    }

    public double Value(ReadOnlySpan<double> x)
    {
        Evaluations++;
        x.CopyTo(_parameters);
        return _likelihood.Times(_parameters);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Evaluations++;
        x.CopyTo(_parameters);
        return _likelihood.TimesAndGradient(_parameters, gradient);
    }

    private static IEnumerable<TrackFrame> Directions()
    {
        for (long ipix = 0; ipix < Healpix.PixelCount(Nside); ipix++)
        {
            Healpix.PixelToAngle(Nside, ipix, out double zenith, out double azimuth);
            yield return new TrackFrame(zenith, azimuth);
        }
    }

    /// <summary>Keeps the end if it is lower than all before; without a simplex the start is thought to be near it.</summary>
    private void Descend(in TrackFrame frame, double[] start, double? simplexStep, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _likelihood.PointAt(frame);
        start.CopyTo(_trial, 0);
        if (simplexStep is { } step) _simplex.Minimise(this, _trial, step, SimplexTolerance);
        double llh = _polish.Minimise(this, _trial, LongestStep);
        if (!(llh < _least)) return;
        _least = llh;
        _trial.CopyTo(_best, 0);
    }

    /// <summary>A place and its light: a tenth of it is earlier than a shower there and then would allow.</summary>
    private double[] Start(double x, double y, double z)
    {
        double[] times =
        [
            .. hits.Select(hit => hit.FirstTime - new Vector3d(hit.X - x, hit.Y - y, hit.Z - z).Length * BulkIce.GroupIndex / BulkIce.SpeedOfLight).Order(),
        ];
        return [x, y, z, BulkIce.SpeedOfLight * times[times.Length / 10]];
    }
}
