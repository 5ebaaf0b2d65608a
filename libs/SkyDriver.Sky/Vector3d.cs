using System.Runtime.CompilerServices;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>A vector in three dimensions; on the sky a direction of any positive length.</summary>
public readonly record struct Vector3d(double X, double Y, double Z)
{
    /// <summary>Euclidean length; good for components between about 1e-150 and 1e150.</summary>
    public double Length => Math.Sqrt(Dot(this));

    /// <summary>Unit vector at colatitude <paramref name="theta"/> and longitude <paramref name="phi"/>, radians.</summary>
    public static Vector3d FromAngles(double theta, double phi)
    {
        var (sinTheta, cosTheta) = Elementary.SinCos(theta);
        var (sinPhi, cosPhi) = Elementary.SinCos(phi);
        return new(sinTheta * cosPhi, sinTheta * sinPhi, cosTheta);
    }

    public static Vector3d operator +(Vector3d a, Vector3d b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    public static Vector3d operator -(Vector3d a, Vector3d b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Vector3d operator -(Vector3d a) => new(-a.X, -a.Y, -a.Z);

    public static Vector3d operator *(double factor, Vector3d a) => new(factor * a.X, factor * a.Y, factor * a.Z);

    public double Dot(in Vector3d other) => X * other.X + Y * other.Y + Z * other.Z;

    public Vector3d Cross(in Vector3d other) =>
        new(Y * other.Z - Z * other.Y, Z * other.X - X * other.Z, X * other.Y - Y * other.X);

    /// <summary>This direction with length one; NaN for the zero vector.</summary>
    public Vector3d Normalized() => (1 / Length) * this;

    /// <summary>Angle to another direction, radians in [0, π]; accurate for tiny and for nearly opposite angles.</summary>
    public double AngleTo(in Vector3d other) => Elementary.Atan2(Cross(other).Length, Dot(other));

    /// <summary>Colatitude θ in [0, π] and longitude φ in [0, 2π), radians; φ = 0 on the axis.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (double Theta, double Phi) ToAngles() =>
        (Elementary.Atan2(Math.Sqrt(X * X + Y * Y), Z), Angles.Wrap(Elementary.Atan2(Y, X)));
}
