using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Pixels of a disc, ring by ring: only the rings and longitudes the disc reaches are touched.</summary>
/// <remarks>
/// For two points, sin²(d/2) = sin²(Δθ/2) + sin θ · sin θ₀ · sin²(Δφ/2). This keeps full relative accuracy for discs far
/// below a microarcsecond, where a comparison of cosines sees nothing.
/// </remarks>
internal readonly ref struct DiscQuery
{
    /// <summary>What the largest pixel radius may be short of, radians.</summary>
    private const double Rounding = 1e-15;

    private readonly int _nside;
    private readonly double _theta;
    private readonly double _phi;
    private readonly double _sinTheta;
    private readonly Vector3d _centre;

    public DiscQuery(int nside, in Vector3d centre)
    {
        _nside = nside;
        (_theta, _phi) = centre.ToAngles();
        _sinTheta = Elementary.Sin(_theta);
        _centre = centre.Normalized();
    }

    /// <summary>Pixels whose centre is strictly closer than the radius (radians).</summary>
    public void Exact<TSink>(double radius, TSink sink)
        where TSink : struct, IRunSink
    {
        if (!(radius > 0)) return;
        if (radius >= Math.PI)
        {
            sink.Add(0, Healpix.PixelCount(_nside) - 1);
            return;
        }

        double limit = HalfSineSquared(radius);
        var (north, south) = Rings(radius);
        for (long ring = north; ring <= south; ring++)
        {
            var row = RingScheme.Row(_nside, ring);
            if (TryColumns(ring, row, limit, out long low, out long high)) Emit(row, low, high, sink);
        }
    }

    /// <summary>
    /// Every pixel the disc overlaps, and perhaps a few that come within a sub-pixel of it. A sub-pixel is 1/<paramref name="fact"/>
    /// of a pixel's side.
    /// </summary>
    /// <remarks>
    /// A disc that overlaps a pixel holds a point of its border, or has its own centre inside. A border point is at most the
    /// sub-pixel's largest radius from the centre of a sub-pixel along the border, so those centres are tested, at both ends of a row.
    /// </remarks>
    public void Inclusive<TSink>(double radius, int fact, TSink sink)
        where TSink : struct, IRunSink
    {
        if (!(radius >= 0)) return;
        double reach = radius + PixelFacts.MaxRadius((long)_nside * fact) + Rounding;
        double candidate = Math.Min(radius + PixelFacts.MaxRadius(_nside) + Rounding, Math.PI);
        if (reach >= Math.PI)
        {
            sink.Add(0, Healpix.PixelCount(_nside) - 1);
            return;
        }

        long home = Healpix.AngleToPixel(_nside, _theta, _phi);
        double outer = HalfSineSquared(candidate), inner = HalfSineSquared(radius), touch = 4 * HalfSineSquared(reach);
        var (north, south) = Rings(candidate);
        for (long ring = north; ring <= south; ring++)
        {
            var row = RingScheme.Row(_nside, ring);
            if (!TryColumns(ring, row, outer, out long low, out long high)) continue;
            if (!TryColumns(ring, row, inner, out long lowInside, out long highInside)) (lowInside, highInside) = (high + 1, low - 1);
            while (low <= high && low < lowInside && !Touches(row.PixelAt(low), home, fact, touch)) low++;
            while (low < high && high > highInside && !Touches(row.PixelAt(high), home, fact, touch)) high--;
            if (low <= high) Emit(row, low, high, sink);
        }
    }

    /// <summary>First and last ring that can hold a centre closer than the radius, with a ring of slack: the test per ring decides.</summary>
    private (long North, long South) Rings(double radius)
    {
        long north = RingScheme.RingAbove(_nside, Math.Max(_theta - radius, 0));
        long south = RingScheme.RingAbove(_nside, Math.Min(_theta + radius, Math.PI)) + 1;
        return (Math.Max(north, 1), Math.Min(south, 4L * _nside - 1));
    }

    /// <summary>Columns of a ring with centres strictly closer than a radius; low may be below 0, as rings close on themselves.</summary>
    /// <param name="limit">sin² of half the radius.</param>
    private bool TryColumns(long ring, in RingRow row, double limit, out long low, out long high)
    {
        double inverse = Bits.Inverse(_nside);
        double room = limit - HalfSineSquared(Latitude.Theta(ring, _nside, inverse) - _theta);
        double antipode = Latitude.Heights(ring, _nside, inverse).SinTheta * _sinTheta;
        bool whole = room > antipode;
        double halfWidth = whole ? Math.PI : 2 * Elementary.Asin(Math.Sqrt(Math.Max(room, 0) / antipode));
        double columns = row.Count / Angles.TwoPi;
        low = (long)Math.Floor((_phi - halfWidth) * columns - row.Shift) + 1;
        high = whole ? low + row.Count - 1 : (long)Math.Ceiling((_phi + halfWidth) * columns - row.Shift) - 1;
        return room > 0 && low <= high;
    }

    /// <param name="limit">Square of the chord within which the centre of a sub-pixel counts.</param>
    private bool Touches(long ipix, long home, int fact, double limit)
    {
        if (ipix == home) return true;
        var (face, x, y) = FacePosition.FromRing(_nside, ipix);
        long n = 2L * _nside * fact, west = 2L * x * fact + 1, south = 2L * y * fact + 1, side = 2L * (fact - 1);
        if (fact == 1) return ChordSquared(face, west, south, n) <= limit;
        for (long i = 0; i < side; i += 2)
        {
            if (ChordSquared(face, west + i, south, n) <= limit
                || ChordSquared(face, west + side, south + i, n) <= limit
                || ChordSquared(face, west + side - i, south + side, n) <= limit
                || ChordSquared(face, west, south + side - i, n) <= limit) return true;
        }

        return false;
    }

    private double ChordSquared(int face, long x, long y, long n)
    {
        var chord = FacePlane.Direction(face, x, y, n) - _centre;
        return chord.Dot(chord);
    }

    private static double HalfSineSquared(double angle)
    {
        double sin = Elementary.Sin(angle / 2);
        return sin * sin;
    }

    /// <summary>Hands out columns low … high, which may cross the meridian φ = 0 once, in ascending order.</summary>
    private static void Emit<TSink>(in RingRow row, long low, long high, TSink sink)
        where TSink : struct, IRunSink
    {
        long first = row.PixelAt(low), last = row.PixelAt(high), end = row.First + row.Count - 1;
        if (high - low >= row.Count - 1) sink.Add(row.First, end);
        else if (first <= last) sink.Add(first, last);
        else
        {
            sink.Add(row.First, last);
            sink.Add(first, end);
        }
    }
}
