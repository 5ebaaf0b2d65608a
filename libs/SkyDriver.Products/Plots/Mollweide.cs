using System.Runtime.CompilerServices;
using SkyDriver.Products.Drawing;
using SkyDriver.Sky;
using SkyDriver.Sky.Numerics;

namespace SkyDriver.Products.Plots;

/// <summary>The whole sky as an ellipse that keeps areas; right ascension grows to the left, 12 h in the middle.</summary>
/// <remarks>x = 2√2/π · λ cos θ, y = √2 sin θ with 2θ + sin 2θ = π sin δ (Mollweide 1805, in the usual modern form).</remarks>
internal sealed class Mollweide(double centreX, double centreY, double halfWidth)
{
    public double HalfWidth { get; } = halfWidth;

    public double HalfHeight => HalfWidth / 2;

    /// <param name="ra">Radians; 0 and 2π are the right and left rim.</param>
    public Point Project(double ra, double dec)
    {
        double theta = Auxiliary(dec), lambda = ra - Math.PI;
        return new(centreX - (HalfWidth * lambda / Math.PI * Math.Cos(theta)), centreY - (HalfHeight * Math.Sin(theta)));
    }

    /// <returns>The direction shown at a point, or null outside the ellipse.</returns>
    public Vector3d? Invert(double x, double y) => RowAt(y)?.Invert(x);

    /// <returns>Null above and below the ellipse.</returns>
    public Row? RowAt(double y)
    {
        double sine = (centreY - y) / HalfHeight;
        if (Math.Abs(sine) >= 1) return null;
        double theta = Math.Asin(sine);
        double sinDec = Math.Clamp(((2 * theta) + Math.Sin(2 * theta)) / Math.PI, -1, 1);
        return new(centreX, HalfWidth * Math.Cos(theta), Math.Acos(sinDec));
    }

    public Point[] Rim() => [.. Enumerable.Range(0, 181).Select(i => new Point(centreX + (HalfWidth * Math.Cos(i * Math.PI / 90)), centreY + (HalfHeight * Math.Sin(i * Math.PI / 90))))];

    private static double Auxiliary(double dec)
    {
        if (Math.Abs(dec) > Math.PI / 2 - 1e-9) return Math.CopySign(Math.PI / 2, dec);
        double theta = dec, target = Math.PI * Math.Sin(dec);
        for (int i = 0; i < 30; i++)
        {
            double step = ((2 * theta) + Math.Sin(2 * theta) - target) / (2 + (2 * Math.Cos(2 * theta)));
            theta -= step;
            if (Math.Abs(step) < 1e-12) break;
        }

        return theta;
    }

    /// <summary>A line of points at one declination.</summary>
    internal readonly struct Row(double centreX, double halfWidth, double colatitude)
    {
        private readonly (double Sin, double Cos) _colatitude = Elementary.SinCos(colatitude);

        public Vector3d? Invert(double x) => Holds(x) ? Direction(x) : null;

        public bool Holds(double x) => Math.Abs(Longitude(x)) <= Math.PI * (1 + 1e-9);     // the rim itself is sky

        /// <summary>Those of evenly spaced points that the row holds.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public Range Of(double left, double spacing, int count)
        {
            int first = 0, end = count;
            while (first < end && !Holds(left + ((first + 0.5) * spacing))) first++;
            while (end > first && !Holds(left + ((end - 0.5) * spacing))) end--;
            return first..end;
        }

        /// <summary>Only for points that the row holds.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector3d Direction(double x)
        {
            var (sin, cos) = Elementary.SinCos(Longitude(x) + Math.PI);
            return new(_colatitude.Sin * cos, _colatitude.Sin * sin, _colatitude.Cos);
        }

        private double Longitude(double x) => -(x - centreX) / halfWidth * Math.PI;
    }
}
