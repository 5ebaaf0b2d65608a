using SkyDriver.IceCube;

namespace SkyDriver.Reco.Millipede;

/// <summary>The instrumented volume: inside the outermost strings, and as deep as the modules.</summary>
internal static class DetectorVolume
{
    private const double HalfHeight = 512;   // m

    private static readonly (double X, double Y)[] Corners = Hull();

    public static bool Contains(double x, double y, double z)
    {
        if (!(Math.Abs(z) < HalfHeight)) return false;
        for (int i = 0; i < Corners.Length; i++)
        {
            if (Turn(Corners[i], Corners[(i + 1) % Corners.Length], (x, y)) < 0) return false;
        }

        return true;
    }

    /// <summary>Corners counter-clockwise: A. M. Andrew, Inf. Process. Lett. 9 (1979) 216.</summary>
    private static (double X, double Y)[] Hull()
    {
        (double X, double Y)[] points =
        [
            .. DetectorGeometry.Modules.Where(module => module.String <= DetectorGeometry.LastStandardString && module.Om == 1)
                .Select(module => (module.X, module.Y)).OrderBy(point => point.X).ThenBy(point => point.Y),
        ];
        var hull = new List<(double X, double Y)>();
        foreach (bool upper in (ReadOnlySpan<bool>)[false, true])
        {
            int begin = hull.Count;
            foreach (var point in upper ? points.Reverse() : points)
            {
                while (hull.Count >= begin + 2 && Turn(hull[^2], hull[^1], point) <= 0) hull.RemoveAt(hull.Count - 1);
                hull.Add(point);
            }

            hull.RemoveAt(hull.Count - 1);
        }

        return [.. hull];
    }

    /// <summary>Above 0 when the way from a over b to c turns left.</summary>
    private static double Turn((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) =>
        (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
}
