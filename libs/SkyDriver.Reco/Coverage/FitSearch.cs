using SkyDriver.IceCube;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Coverage;

/// <summary>Finds the best direction over the whole sky for fits that take milliseconds: a coarse grid, then a simplex over directions from its best pixels.</summary>
/// <remarks>Every value is a whole fit of place, time and energy, so there are few.</remarks>
/// <param name="reconstruction">Of the event; used by nothing else meanwhile.</param>
/// <param name="simplexStep">rad; about the error of a good fit.</param>
internal sealed class FitSearch(IReconstruction reconstruction, double simplexStep) : IObjective
{
    /// <summary>Pixels of the grid that are followed downhill.</summary>
    private const int Candidates = 3;

    /// <summary>−ln L.</summary>
    private const double SimplexTolerance = 0.02;

    private readonly NelderMead _simplex = new(2);
    private readonly double[] _turns = new double[2];
    private Vector3d _travel, _first, _second;
    private Vertex _start;

    int IObjective.Dimension => 2;

    /// <returns>Null when the event cannot be fitted.</returns>
    /// <param name="start">Where the light is thought to come from.</param>
    /// <param name="cancellationToken">Looked at between fits.</param>
    public (LocalDirection Direction, RecoFit Fit)? Find(Vertex start, CancellationToken cancellationToken)
    {
        (LocalDirection, RecoFit Fit)? best = null;
        foreach (var pixel in CoarseSky.Fits(direction => FitAt(direction, start, cancellationToken)).Take(Candidates))
        {
            var found = Descend(pixel.Direction, pixel.Fit, cancellationToken);
            if (best is null || found.Fit.Llh < best.Value.Fit.Llh) best = found;
        }

        return best;
    }

    /// <summary>The minimum downhill of a fit.</summary>
    public (LocalDirection Direction, RecoFit Fit) Descend(LocalDirection direction, RecoFit fit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _travel = -direction.ToVector();
        (_first, _second) = FreeTrack.Tangents(direction);
        _start = Place(fit);
        Array.Clear(_turns);
        _simplex.Minimise(this, _turns, simplexStep, SimplexTolerance);
        LocalDirection found = Direction(_turns);
        return (found, FitAt(found, _start, cancellationToken));
    }

    public RecoFit FitAt(LocalDirection direction, Vertex start, CancellationToken cancellationToken) =>
        reconstruction.Fit(new VariationSeed(CoarseSky.Nside, 0, 0, direction.Zenith, direction.Azimuth, start, null), cancellationToken);

    /// <summary>Start of a fit that goes on from another one.</summary>
    public static Vertex Place(in RecoFit fit) => new(fit.X, fit.Y, fit.Z, fit.Time, fit.Energy);

    public double Value(ReadOnlySpan<double> x) => FitAt(Direction(x), _start, CancellationToken.None).Llh is var llh && double.IsNaN(llh) ? double.PositiveInfinity : llh;

    double IObjective.ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient) => throw new NotSupportedException("The simplex needs no gradient.");

    private LocalDirection Direction(ReadOnlySpan<double> x) => LocalDirection.FromVector(-(_travel + x[0] * _first + x[1] * _second));
}
