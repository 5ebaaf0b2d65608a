using SkyDriver.Sky.Numerics;

namespace SkyDriver.Reco.Pandel;

/// <summary>Axes that move with a track: P along the direction of travel, E1 horizontal, E2 = P × E1.</summary>
internal readonly struct TrackFrame
{
    /// <param name="zenith">rad, where the particle comes from.</param>
    /// <param name="azimuth">rad, where the particle comes from.</param>
    public TrackFrame(double zenith, double azimuth)
    {
        var (sinZenith, cosZenith) = Elementary.SinCos(zenith);
        var (sinAzimuth, cosAzimuth) = Elementary.SinCos(azimuth);
        (Px, Py, Pz) = (-sinZenith * cosAzimuth, -sinZenith * sinAzimuth, -cosZenith);
        double horizontal = Math.Sqrt(Px * Px + Py * Py);
        (E1X, E1Y) = horizontal > 0 ? (-Py / horizontal, Px / horizontal) : (1, 0);
        (E2X, E2Y, E2Z) = (-Pz * E1Y, Pz * E1X, Px * E1Y - Py * E1X);
    }

    public double Px { get; }

    public double Py { get; }

    public double Pz { get; }

    public double E1X { get; }

    public double E1Y { get; }

    public double E2X { get; }

    public double E2Y { get; }

    public double E2Z { get; }

    public double Along(double x, double y, double z) => x * Px + y * Py + z * Pz;

    public double First(double x, double y) => x * E1X + y * E1Y;

    public double Second(double x, double y, double z) => x * E2X + y * E2Y + z * E2Z;

    /// <summary>The point at transverse coordinates (u, v) and at <paramref name="along"/> metres down the track.</summary>
    public (double X, double Y, double Z) Point(double u, double v, double along) =>
        (u * E1X + v * E2X + along * Px, u * E1Y + v * E2Y + along * Py, v * E2Z + along * Pz);
}
