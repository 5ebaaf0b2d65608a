using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace SkyDriver.Sky;

/// <summary>A HEALPix pixel in the RING scheme.</summary>
/// <param name="Nside">Pixels along the side of a base cell: a power of two, 1 … 2²⁹.</param>
/// <param name="Ipix">RING index, 0 ≤ ipix &lt; 12·nside².</param>
/// <remarks>The constructor trusts its caller; <see cref="Create"/> and <see cref="TryCreate"/> check values from outside.</remarks>
public readonly record struct Pixel(int Nside, long Ipix) : IComparable<Pixel>
{
    /// <summary>log2 of nside, 0 … 29.</summary>
    public int Order => BitOperations.Log2((uint)Nside);

    public SkyPoint Centre
    {
        get
        {
            Healpix.PixelToAngle(Nside, Ipix, out double theta, out double phi);
            return SkyPoint.FromRadians(phi, Math.PI / 2 - theta);
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range; the message says which and what fits.</exception>
    public static Pixel Create(int nside, long ipix) =>
        TryCreate(nside, ipix, out var pixel, out string? fault)
            ? pixel
            : throw new ArgumentOutOfRangeException(Healpix.IsNside(nside) ? nameof(ipix) : nameof(nside), fault);

    /// <summary>Checks numbers from outside; on failure <paramref name="fault"/> is a sentence with the value and what fits.</summary>
    public static bool TryCreate(int nside, long ipix, out Pixel pixel, [NotNullWhen(false)] out string? fault)
    {
        fault = !Healpix.IsNside(nside) ? $"nside {nside} must be a power of two from 1 to {Healpix.MaxNside}."
            : ipix < 0 || ipix >= Healpix.PixelCount(nside)
                ? $"Pixel {ipix} must be from 0 to {Healpix.PixelCount(nside) - 1} at nside {nside}."
            : null;
        pixel = fault is null ? new(nside, ipix) : default;
        return fault is null;
    }

    /// <summary>The pixel that holds a point; a point on a border belongs to one of the pixels that touch there.</summary>
    public static Pixel At(int nside, in SkyPoint point) =>
        new(nside, Healpix.AngleToPixel(nside, Math.PI / 2 - point.Declination, point.RightAscension));

    /// <summary>Coarser nside first, then by index.</summary>
    public int CompareTo(Pixel other) => Nside != other.Nside ? Nside.CompareTo(other.Nside) : Ipix.CompareTo(other.Ipix);
}
