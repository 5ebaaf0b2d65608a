using SkyDriver.IceCube;
using SkyDriver.IceCube.Ice;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Pandel;

/// <summary>A track fit with the direction free as well.</summary>
/// <param name="Llh">−ln L.</param>
/// <param name="Direction">Where the particle comes from.</param>
/// <param name="Place">m, a point the track passes.</param>
/// <param name="Time">ns, when it does.</param>
internal readonly record struct FreeFit(double Llh, LocalDirection Direction, Vector3d Place, double Time)
{
    /// <summary>As the start of another fit; without an energy.</summary>
    public Vertex AsVertex() => new(Place.X, Place.Y, Place.Z, Time, double.NaN);
}

/// <summary>A <see cref="TrackLikelihood"/> in five parameters: two that turn the track about a point, and that point's place and time.</summary>
/// <remarks>
/// Turning about a point amid the light keeps direction and place nearly independent, and tangents of a base direction have no pole, so
/// one step length suits the whole sky. All five are in metres: <see cref="Lever"/> metres make a radian.
/// </remarks>
internal sealed class FreeTrack(TrackLikelihood likelihood) : IObjective
{
    /// <summary>m per radian: half the detector, so that a step turns the track about as far as it would move it.</summary>
    public const double Lever = 500;

    private const int Size = 5;

    /// <summary>m and first simplex edge; a degree of turn.</summary>
    private const double SimplexStep = 10, SimplexTolerance = 0.01, GlanceTolerance = 1, LongestStep = 20;

    /// <summary>A round of both minimisers that gains less is the last.</summary>
    private const double LeastGain = 1e-4;
    private const int MostRounds = 10;

    private readonly NelderMead _simplex = new(Size);
    private readonly Bfgs _polish = new(Size);
    private readonly double[] _inner = new double[3], _slopes = new double[3], _x = new double[Size];
    private Vector3d _travel, _first, _second, _place;
    private double _light;

    int IObjective.Dimension => Size;

    /// <summary>The minimum that lies downhill of a start.</summary>
    public FreeFit Minimise(LocalDirection direction, Vector3d place, double time)
    {
        Base(direction, place, time);
        Array.Clear(_x);
        double llh = double.PositiveInfinity, before;
        int rounds = 0;
        do
        {
            before = llh;
            _simplex.Minimise(this, _x, SimplexStep, SimplexTolerance);
            llh = _polish.Minimise(this, _x, LongestStep);
        }
        while (llh < before - LeastGain && ++rounds < MostRounds);
        return Here(llh);
    }

    /// <summary>A cheap look at where <see cref="Minimise"/> would go from a start, by one simplex.</summary>
    public FreeFit Glance(LocalDirection direction, Vector3d place, double time)
    {
        Base(direction, place, time);
        Array.Clear(_x);
        return Here(_simplex.Minimise(this, _x, SimplexStep, GlanceTolerance));
    }

    public double Value(ReadOnlySpan<double> x)
    {
        PointAt(x);
        return likelihood.Value(_inner);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        CentralDifferences.Gradient(this, x, gradient[..2]);
        TrackFrame frame = PointAt(x);
        double value = likelihood.ValueAndGradient(_inner, _slopes);
        gradient[2] = Slope(frame, _first);
        gradient[3] = Slope(frame, _second);
        gradient[4] = _slopes[2];
        return value;
    }

    /// <summary>Second derivatives at a fit, by differences of values: the curvature over <paramref name="step"/> metres.</summary>
    public double[,] Curvature(in FreeFit fit, double step)
    {
        Base(fit.Direction, fit.Place, fit.Time);
        var curvature = new double[Size, Size];
        double[] x = new double[Size];
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                foreach (var (a, b) in (ReadOnlySpan<(int, int)>)[(1, 1), (-1, -1), (1, -1), (-1, 1)])
                {
                    Array.Clear(x);
                    x[i] += a * step;
                    x[j] += b * step;
                    sum += a * b * Value(x);
                }

                curvature[i, j] = curvature[j, i] = sum / (4 * step * step);
            }
        }

        return curvature;
    }

    /// <summary>The two tangents that <see cref="Curvature"/>'s first two parameters turn a fit's direction of travel along.</summary>
    public static (Vector3d First, Vector3d Second) Tangents(LocalDirection direction)
    {
        TrackFrame frame = new(direction.Zenith, direction.Azimuth);
        return (new(frame.E1X, frame.E1Y, 0), new(frame.E2X, frame.E2Y, frame.E2Z));
    }

    private FreeFit Here(double llh) => new(llh, LocalDirection.FromVector(-Travel(_x)), Place(_x), (_light + _x[4]) / BulkIce.SpeedOfLight);

    private void Base(LocalDirection direction, Vector3d place, double time)
    {
        TrackFrame frame = new(direction.Zenith, direction.Azimuth);
        _travel = new(frame.Px, frame.Py, frame.Pz);
        (_first, _second) = Tangents(direction);
        (_place, _light) = (place, BulkIce.SpeedOfLight * time);
    }

    private Vector3d Travel(ReadOnlySpan<double> x) => (_travel + x[0] / Lever * _first + x[1] / Lever * _second).Normalized();

    private Vector3d Place(ReadOnlySpan<double> x) => _place + x[2] * _first + x[3] * _second;

    private TrackFrame PointAt(ReadOnlySpan<double> x)
    {
        LocalDirection direction = LocalDirection.FromVector(-Travel(x));
        TrackFrame frame = new(direction.Zenith, direction.Azimuth);
        Vector3d place = Place(x);
        likelihood.PointAt(frame);
        _inner[0] = frame.First(place.X, place.Y);
        _inner[1] = frame.Second(place.X, place.Y, place.Z);
        _inner[2] = _light + x[4] - frame.Along(place.X, place.Y, place.Z);
        return frame;
    }

    /// <summary>Derivative along a shift of the point.</summary>
    private double Slope(in TrackFrame frame, in Vector3d shift) =>
        _slopes[0] * frame.First(shift.X, shift.Y) + _slopes[1] * frame.Second(shift.X, shift.Y, shift.Z)
        - _slopes[2] * frame.Along(shift.X, shift.Y, shift.Z);
}
