using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Where the detector stands and how its axes lie.</summary>
internal static class IceCubeSite
{
    private const double Latitude = -89.9944 * Math.PI / 180;

    private const double Longitude = -62.6081 * Math.PI / 180;      // east positive

    /// <summary>
    /// From axes turning with the Earth (x to Greenwich, z to the north pole) to detector axes (x grid east, z up).
    /// </summary>
    /// <remarks>
    /// Grid azimuth = 90° - longitude - A, with A counted from true north over east. So grid axes are true east and north
    /// turned about the vertical by the longitude.
    /// </remarks>
    public static Rotation EarthToDetector { get; } = Build();

    private static Rotation Build()
    {
        var (sinLat, cosLat) = Elementary.SinCos(Latitude);
        var (sinLon, cosLon) = Elementary.SinCos(Longitude);
        Vector3d east = new(-sinLon, cosLon, 0);
        Vector3d north = new(-sinLat * cosLon, -sinLat * sinLon, cosLat);
        Vector3d up = new(cosLat * cosLon, cosLat * sinLon, sinLat);
        return new(cosLon * east + sinLon * north, cosLon * north - sinLon * east, up);
    }
}
