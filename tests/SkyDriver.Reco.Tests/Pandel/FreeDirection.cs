using SkyDriver.IceCube;
using SkyDriver.Reco.Minimisation;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

/// <summary>The likelihood with the direction as two more parameters, to find the minima that published fits can be compared with.</summary>
internal sealed class FreeDirection(IReadOnlyList<ModuleHits> hits, double sigma, double chargeCap) : IObjective
{
    /// <summary>m per radian: half the detector, so that a step turns the track about as much as it would move it.</summary>
    private const double Lever = 500;

    private readonly TrackLikelihood _likelihood = new(hits, sigma, chargeCap);
    private LocalDirection _around;

    public int Dimension => 5;

    public double Value(ReadOnlySpan<double> x)
    {
        LocalDirection direction = Turn(x);
        _likelihood.PointAt(new TrackFrame(direction.Zenith, direction.Azimuth));
        return _likelihood.Value(x[2..]);
    }

    public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
    {
        double[] trial = x.ToArray();
        for (int k = 0; k < Dimension; k++)
        {
            const double step = 1e-3;
            trial[k] = x[k] + step;
            double up = Value(trial);
            trial[k] = x[k] - step;
            gradient[k] = (up - Value(trial)) / (2 * step);
            trial[k] = x[k];
        }

        return Value(x);
    }

    /// <summary>Minimum reached from a fit at fixed direction; the simplex is started anew until it gains nothing.</summary>
    public (double Llh, LocalDirection Direction) Minimise(LocalDirection start, RecoFit fit)
    {
        _around = start;
        double[] x = [0, 0, .. TrackLikelihoodTests.Parameters(new TrackFrame(start.Zenith, start.Azimuth), fit.X, fit.Y, fit.Z, fit.Time)];
        double llh = double.PositiveInfinity, before;
        do
        {
            before = llh;
            new NelderMead(Dimension).Minimise(this, x, 10, 0.01);
            llh = new Bfgs(Dimension).Minimise(this, x, 20);
        }
        while (llh < before - 1e-4);
        return (llh, Turn(x));
    }

    /// <summary>Centre of a pixel of a grid in local angles.</summary>
    public static LocalDirection Centre(int nside, long ipix)
    {
        Healpix.PixelToAngle(nside, ipix, out double theta, out double phi);
        return new LocalDirection(theta, phi);
    }

    /// <summary>rad; by half the chord, which keeps small angles exact.</summary>
    public static double Separation(LocalDirection a, LocalDirection b)
    {
        TrackFrame p = new(a.Zenith, a.Azimuth), q = new(b.Zenith, b.Azimuth);
        double x = p.Px - q.Px, y = p.Py - q.Py, z = p.Pz - q.Pz;
        return 2 * Math.Asin(Math.Sqrt(x * x + y * y + z * z) / 2);
    }

    private LocalDirection Turn(ReadOnlySpan<double> x) => new(_around.Zenith + x[0] / Lever, _around.Azimuth + x[1] / (Lever * Math.Sin(_around.Zenith)));
}
