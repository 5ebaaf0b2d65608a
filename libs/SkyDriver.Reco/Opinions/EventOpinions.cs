using SkyDriver.IceCube;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Opinions;

/// <summary>Where one algorithm has its minimum.</summary>
/// <param name="Algorithm">Name in the catalogue.</param>
/// <param name="Direction">Where the particle comes from.</param>
/// <param name="Llh">−ln L there.</param>
public sealed record TrackOpinion(string Algorithm, LocalDirection Direction, double Llh);

/// <summary>What else is to be known about an event's map: whether both track likelihoods agree, and whether the event is a track at all.</summary>
/// <remarks>
/// Where one big shower dominates, <c>pandel_mpe</c> trusts that the photons follow a line although they do not, and is surer of a wrong
/// direction than <c>pandel_spe</c>. Deterministic, about half a second of one core.
/// </remarks>
/// <param name="Minima">Of <c>pandel_mpe</c> and <c>pandel_spe</c>.</param>
/// <param name="CascadeMinusTrack">−ln L of the times for a shower less that for a track (<c>pandel_mpe</c>); below 0 a shower explains them better. A hint, no more.</param>
/// <param name="Modules">With cleaned pulses.</param>
/// <param name="Charge">Of the cleaned pulses, photo-electrons.</param>
public sealed record EventOpinions(IReadOnlyList<TrackOpinion> Minima, double CascadeMinusTrack, int Modules, double Charge)
{
    /// <summary>Farther apart than this, both minima cannot be right for any reason of statistics.</summary>
    public const double LargestSeparationDeg = 3;

    /// <summary>Degrees between both minima.</summary>
    public double SeparationDeg => double.RadiansToDegrees(Minima[0].Direction.ToVector().AngleTo(Minima[1].Direction.ToVector()));

    public bool Differ => SeparationDeg > LargestSeparationDeg;

    /// <summary>What the times look like.</summary>
    public EventShape Hint => CascadeMinusTrack < 0 ? EventShape.Cascade : EventShape.Track;

    /// <returns>Null for events that cannot be fitted.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static EventOpinions? Of(IceCubeEvent ev, CancellationToken cancellationToken = default) => Of(ev.CleanedHits, SeedVertices.Of(ev), cancellationToken);

    internal static EventOpinions? Of(IReadOnlyList<ModuleHits> hits, Vertex start, CancellationToken cancellationToken)
    {
        if (Fitness.WhyNot(hits) is not null) return null;
        if (QuickSearch.FindBoth(hits, start, cancellationToken) is not { } both) return null;
        TrackOpinion[] minima = [.. both.Select(found => new TrackOpinion(found.Algorithm, found.Best.Direction, found.Best.Llh))];
        double cascade = new CascadeTimes(hits).Minimum(start, cancellationToken);
        return new EventOpinions(minima, cascade - minima[0].Llh, hits.Count, hits.Sum(hit => hit.Charge));
    }
}
