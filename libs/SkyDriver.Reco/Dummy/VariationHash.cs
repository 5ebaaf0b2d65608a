namespace SkyDriver.Reco.Dummy;

/// <summary>Reproducible noise: a number that looks random but is a function of the variation, on any machine and in any order.</summary>
internal static class VariationHash
{
    /// <summary>Uniform in [0, 1), independent for every <paramref name="stream"/>.</summary>
    public static double Uniform(ulong seed, in VariationSeed variation, ulong stream)
    {
        ulong h = Mix(seed + stream);
        h = Mix(h ^ (ulong)variation.Nside);
        h = Mix(h ^ (ulong)variation.Ipix);
        h = Mix(h ^ (ulong)variation.Posvar);
        return (h >> 11) * (1.0 / (1UL << 53));
    }

    /// <remarks>Finaliser of splitmix64: G. Steele, D. Lea, C. Flood, OOPSLA 2014.</remarks>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
