namespace SkyDriver.Sky;

/// <summary>Maps at another resolution.</summary>
internal static class Regrade
{
    public static void Ring(ReadOnlySpan<double> map, int nside, Span<double> result, int resultNside)
    {
        if (resultNside >= nside)
        {
            for (int i = 0; i < result.Length; i++) result[i] = map[(int)Healpix.Parent(resultNside, i, nside)];
            return;
        }

        int ratio = nside / resultNside;
        for (int i = 0; i < result.Length; i++)
        {
            var (face, x, y) = FacePosition.FromRing(resultNside, i);
            double sum = 0;
            for (int child = 0; child < ratio * ratio; child++)
            {
                var (right, up) = Bits.Separate(child);
                sum += map[(int)new FacePosition(face, x * ratio + right, y * ratio + up).ToRing(nside)];
            }

            result[i] = sum / ratio / ratio;
        }
    }

    public static void Nest(ReadOnlySpan<double> map, int nside, Span<double> result, int resultNside)
    {
        if (resultNside >= nside)
        {
            for (int i = 0; i < result.Length; i++) result[i] = map[(int)Healpix.ParentNest(resultNside, i, nside)];
            return;
        }

        int children = (int)Healpix.FirstChildNest(resultNside, 1, nside);
        for (int i = 0; i < result.Length; i++)
        {
            double sum = 0;
            foreach (double value in map.Slice(i * children, children)) sum += value;
            result[i] = sum / children;
        }
    }
}
