namespace SkyDriver.Reco.Minimisation;

/// <summary>A function to minimise. All its arguments share one scale (here metres), so that one step size suits them all.</summary>
internal interface IObjective
{
    int Dimension { get; }

    double Value(ReadOnlySpan<double> x);

    /// <param name="x">The point.</param>
    /// <param name="gradient">Receives the partial derivatives.</param>
    double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient);
}
