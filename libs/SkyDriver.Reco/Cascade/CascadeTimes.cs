using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Cascade;

/// <summary>How well a shower explains the first-pulse times alone, whatever its direction: what a track's −ln L is compared with.</summary>
/// <remarks>Times feel the direction only by the delay of light sent backwards, so a grid of 48 directions is fine enough.</remarks>
internal sealed class CascadeTimes(IReadOnlyList<ModuleHits> hits) : IObjective
{
    private const int Nside = 2, Size = 4;
    private const double SimplexStep = 20, SimplexTolerance = 0.05, LongestStep = 50;

    private readonly CascadeLikelihood _likelihood = new(hits, TrackModel.Mpe);
    private readonly NelderMead _simplex = new(Size);
    private readonly Bfgs _polish = new(Size);
    private readonly double[] _parameters = new double[5];

    int IObjective.Dimension => Size;

    /// <param name="start">m, near the shower.</param>
    /// <param name="cancellationToken">Looked at between directions.</param>
    public double Minimum(Vertex start, CancellationToken cancellationToken)
    {
        var centre = SeedVertices.MeanPosition(hits, double.PositiveInfinity);
        double best = double.PositiveInfinity;
        double[] x = new double[Size];
        for (long ipix = 0; ipix < Healpix.PixelCount(Nside); ipix++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Healpix.PixelToAngle(Nside, ipix, out double zenith, out double azimuth);
            _likelihood.PointAt(new TrackFrame(zenith, azimuth));
            foreach (var (px, py, pz) in (ReadOnlySpan<(double, double, double)>)[centre, (start.X, start.Y, start.Z)])
            {
                (x[0], x[1], x[2], x[3]) = (px, py, pz, BulkIce.SpeedOfLight * Emission(px, py, pz));
                _simplex.Minimise(this, x, SimplexStep, SimplexTolerance);
                best = Math.Min(best, _polish.Minimise(this, x, LongestStep));
            }
        }

        return best;
    }

    public double Value(ReadOnlySpan<double> x)
    {
        x.CopyTo(_parameters);
        return _likelihood.Times(_parameters);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        CentralDifferences.Gradient(this, x, gradient);
        return Value(x);
    }

    /// <summary>ns: a tenth of the light is earlier than a shower there and then would allow.</summary>
    private double Emission(double x, double y, double z)
    {
        double[] times =
        [
            .. hits.Select(hit => hit.FirstTime - new Vector3d(hit.X - x, hit.Y - y, hit.Z - z).Length * BulkIce.GroupIndex / BulkIce.SpeedOfLight).Order(),
        ];
        return times[times.Length / 10];
    }
}
