namespace SkyDriver.Reco.Minimisation;

/// <summary>Slopes of a function that has none of its own, from its values on either side.</summary>
internal static class CentralDifferences
{
    /// <summary>m either way; a thousandth of what a good event can tell, and far above the rounding of a sum over its modules.</summary>
    private const double Step = 1e-3;

    /// <summary>Partial derivatives along the first arguments, two values each.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">The point; of few arguments, as it is copied to the stack.</param>
    /// <param name="gradient">Receives as many as it is long, at most all.</param>
    public static void Gradient(IObjective f, ReadOnlySpan<double> x, Span<double> gradient)
    {
        Span<double> trial = stackalloc double[x.Length];
        x.CopyTo(trial);
        for (int k = 0; k < gradient.Length; k++)
        {
            trial[k] = x[k] + Step;
            double up = f.Value(trial);
            trial[k] = x[k] - Step;
            gradient[k] = (up - f.Value(trial)) / (2 * Step);
            trial[k] = x[k];
        }
    }
}
