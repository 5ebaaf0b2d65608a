using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>A rotation of axes, as the new axes in old coordinates.</summary>
internal readonly record struct Rotation(Vector3d X, Vector3d Y, Vector3d Z)
{
    /// <summary>Coordinates after turning the axes about x, counter-clockwise by an angle in radians.</summary>
    public static Rotation AboutX(double angle)
    {
        var (sin, cos) = Elementary.SinCos(angle);
        return new(new(1, 0, 0), new(0, cos, sin), new(0, -sin, cos));
    }

    /// <summary>Coordinates after turning the axes about z, counter-clockwise by an angle in radians.</summary>
    public static Rotation AboutZ(double angle)
    {
        var (sin, cos) = Elementary.SinCos(angle);
        return new(new(cos, sin, 0), new(-sin, cos, 0), new(0, 0, 1));
    }

    public Vector3d Apply(in Vector3d v) => new(X.Dot(v), Y.Dot(v), Z.Dot(v));

    public Vector3d ApplyInverse(in Vector3d v) => v.X * X + v.Y * Y + v.Z * Z;

    /// <summary>This rotation first, then the next.</summary>
    public Rotation Then(in Rotation next) => new(ApplyInverse(next.X), ApplyInverse(next.Y), ApplyInverse(next.Z));
}
