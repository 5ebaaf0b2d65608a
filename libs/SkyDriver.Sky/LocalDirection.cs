namespace SkyDriver.Sky;

/// <summary>A direction in the detector's frame: where the particle comes from, not where it goes.</summary>
/// <param name="Zenith">Radians in [0, π]; 0 straight above the detector.</param>
/// <param name="Azimuth">Radians in [0, 2π), counter-clockwise from grid east (the detector's x axis).</param>
public readonly record struct LocalDirection(double Zenith, double Azimuth)
{
    /// <summary>Unit vector in detector axes pointing to where the particle comes from.</summary>
    public Vector3d ToVector() => Vector3d.FromAngles(Zenith, Azimuth);

    /// <summary>The direction of a vector of any positive length, in detector axes.</summary>
    public static LocalDirection FromVector(in Vector3d source)
    {
        var (zenith, azimuth) = source.ToAngles();
        return new(zenith, azimuth);
    }
}
