using SkyDriver.Reco.Minimisation;

namespace SkyDriver.Reco.Pandel;

/// <summary>−ln L of first-pulse times for a track of fixed direction; its first three parameters are u, v and s of <see cref="TrackLikelihood"/>.</summary>
/// <remarks>With and without its gradient the value has the same bits, so that a fit need not ask for it twice.</remarks>
internal interface ITrackLikelihood : IObjective
{
    TrackFrame Frame { get; }

    /// <summary>Turns the coordinates of all modules to a new direction.</summary>
    void PointAt(in TrackFrame frame);

    /// <summary>For every module the s (m) at which its first pulse would be unscattered light of a track through (u, v).</summary>
    void DirectLight(double u, double v, Span<double> s);
}
