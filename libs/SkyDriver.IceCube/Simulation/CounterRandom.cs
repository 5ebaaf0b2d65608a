using SkyDriver.Sky.Numerics;

namespace SkyDriver.IceCube.Simulation;

/// <summary>Random numbers that depend only on a seed, a stream and how many were drawn from that stream.</summary>
/// <remarks>
/// Each module and light source has a stream of its own, so that a difference in the last digit of a logarithm between two machines
/// changes one pulse and not all that follow. Bits: the SplitMix64 finaliser over a counter (Steele et al., OOPSLA 2014).
/// </remarks>
internal struct CounterRandom(ulong seed, ulong stream)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong key = Mix(unchecked(Mix(seed) + stream * Golden));
    private ulong counter;

    /// <summary>In (0, 1), 2⁻⁵³ apart and never 0, so that its logarithm is finite.</summary>
    public double Uniform() => ((NextBits() >> 11) + 0.5) * (1.0 / (1UL << 53));

    public double Uniform(double low, double high) => low + (high - low) * Uniform();

    /// <summary>Mean 0, deviation 1; Box and Muller's cosine branch.</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Elementary.Log(Uniform()));
        return radius * Elementary.Cos(2 * Math.PI * Uniform());
    }

    /// <summary>Gamma law of unit rate: Marsaglia and Tsang, ACM TOMS 26 (2000) 363, with their step up for shapes below 1.</summary>
    public double Gamma(double shape)
    {
        if (shape < 1) return Gamma(shape + 1) * Elementary.Pow(Uniform(), 1 / shape);
        double d = shape - 1.0 / 3, c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = Normal(), v = 1 + c * x;
            if (v <= 0) continue;
            v = v * v * v;
            if (Elementary.Log(Uniform()) < 0.5 * x * x + d - d * v + d * Elementary.Log(v)) return d * v;
        }
    }

    /// <summary>By multiplication in steps of a mean of 30; above 1000 the normal law, which is then right to a few percent of a deviation.</summary>
    public int Poisson(double mean)
    {
        const double step = 30, large = 1000;
        if (mean > large) return (int)Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * Normal()));
        int count = 0;
        for (; mean > 0; mean -= step)
        {
            double limit = Elementary.Exp(-Math.Min(mean, step)), product = Uniform();
            for (; product > limit; product *= Uniform()) count++;
        }

        return count;
    }

    private ulong NextBits() => Mix(unchecked(key + ++counter * Golden));

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            return z ^ z >> 31;
        }
    }
}
