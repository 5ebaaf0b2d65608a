using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>Everything that decides what a scan does. Two ledgers with equal plans and equal answers make equal maps.</summary>
public sealed record ScanPlan
{
    /// <summary>Pixels one ledger can hold, all nsides together (nside 1024 covers the sky with 12.6 million).</summary>
    public const long MostPixels = 1 << 24;

    /// <summary>Position variations one ledger can hold per pixel.</summary>
    public const int MostVariations = 64;

    /// <summary>In −2 ln L between neighbours. So high that the trigger is off for real likelihoods, as in IceCube's scanner.</summary>
    public const double UsualNeighbourTrigger = 200_000;

    public required string ScanId { get; init; }

    public required EventMetadata Event { get; init; }

    public required RecoAlgorithm Algorithm { get; init; }

    public NsideProgression Progression { get; init; } = NsideProgression.Default;

    /// <summary>Predictive scanning: the part of an nside that must be finished before the next one starts, 0.1 … 1.</summary>
    public double Threshold { get; init; } = 1.0;

    /// <summary>Null for the usual one: <see cref="RoundRule.Complete"/> at threshold 1, else <see cref="RoundRule.Threshold"/>.</summary>
    public RoundRule? Rule { get; init; }

    /// <summary>Where fits start when no coarser pixel can say; m, ns.</summary>
    public required Vertex FallbackVertex { get; init; }

    /// <summary>First hard-coincidence pulse of each module, from which start times are refined; m, ns.</summary>
    public IReadOnlyList<ModuleHits> HlcHits { get; init; } = [];

    /// <summary>Centre of a pointed scan; null scans the whole sky.</summary>
    public SkyPoint? Pointing { get; init; }

    /// <summary>Radius of a pointed scan's first round, rad; ignored when the whole sky is scanned.</summary>
    public double PointingRadius { get; init; }

    /// <summary>−2 ln L between two neighbours above which both are refined.</summary>
    public double NeighbourTrigger { get; init; } = UsualNeighbourTrigger;

    /// <summary>Ends the scan, with that reason, before a round that would go past this many pixels; null for no limit of its own.</summary>
    public long? MaxPixels { get; init; }

    /// <summary>How often a variation is published before it is set aside although workers answer others; null for ever.</summary>
    public int? MaxPublications { get; init; } = 20;

    internal RoundRule EffectiveRule => Rule ?? (Threshold >= 1 ? RoundRule.Complete : RoundRule.Threshold);

    internal double? Radius => Pointing is null ? null : PointingRadius;

    internal int Variations => Algorithm.PositionVariations;

    internal long PixelLimit => Math.Min(MaxPixels ?? MostPixels, MostPixels);

    /// <summary>The plan for an event: its own vertex, pulses, date and, for pointed algorithms, track.</summary>
    /// <param name="faults">All reasons why the event cannot be scanned like this; empty when it can.</param>
    public static ScanPlan ForEvent(
        IceCubeEvent ev, RecoAlgorithm algorithm, NsideProgression progression, double threshold, bool isRealEvent, string scanId, out IReadOnlyList<string> faults)
    {
        bool pointed = algorithm.Pointed && ev.OnlineTrack is not null;
        var plan = new ScanPlan
        {
            ScanId = scanId,
            Event = new EventMetadata(ev.RunId, ev.EventId, ev.EventType, ev.Mjd, isRealEvent),
            Algorithm = algorithm,
            Progression = progression,
            Threshold = threshold,
            FallbackVertex = algorithm.SeedVertex(ev),
            HlcHits = ev.HlcHits,
            Pointing = pointed ? IceCubeFrame.ToEquatorial(ev.OnlineTrack!.Value, ev.Mjd) : null,
            PointingRadius = pointed ? double.DegreesToRadians(algorithm.PointedRadiusDeg) : 0,
        };
        var found = plan.Faults().ToList();
        if (algorithm.Pointed && !pointed)
            found.Add($"'{algorithm.Name}' scans around the event's online track, and this event has none; use an algorithm that is not pointed.");
        faults = found;
        return plan;
    }

    /// <summary>Every reason why a ledger cannot work by this plan, each with the value and the remedy; empty for a good plan.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Event.Fault() is { } fault) faults.Add(fault);
        if (!(Threshold is >= ThresholdSeries.Lowest and <= 1)) faults.Add($"The predictive scanning threshold must be from 0.1 to 1, not {Text(Threshold)}.");
        if (Variations is < 1 or > MostVariations) faults.Add($"'{Algorithm.Name}' has {Variations} position variations; a scan takes 1 to {MostVariations}.");
        if (Pointing is not null && !(PointingRadius is > 0 and <= Math.PI)) faults.Add($"The pointing radius must be more than 0 and at most π rad, not {Text(PointingRadius)}.");
        if (!(NeighbourTrigger > 0)) faults.Add($"The neighbour trigger must be more than 0, not {Text(NeighbourTrigger)}.");
        if (MaxPixels is < 1) faults.Add($"The cap on pixels must be at least 1, not {MaxPixels}; leave it out for none.");
        if (MaxPublications is < 1) faults.Add($"The cap on publications must be at least 1, not {MaxPublications}; leave it out for none.");
        if (MaxPixels is null or >= 1) faults.AddRange(SizeFaults());
        return faults;
    }

    /// <summary>Changes when anything changes that a stored ledger depends on.</summary>
    internal ulong Fingerprint()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"""
            {ScanId}|{Event}|{Algorithm.Name}|{string.Join(';', Algorithm.Offsets)}|{Algorithm.RotateOffsets}{Algorithm.RefineTime}{Algorithm.FallbackTrack}
            {Progression}|{Threshold:R}|{EffectiveRule}|{FallbackVertex}|{Pointing?.RightAscension:R} {Pointing?.Declination:R} {PointingRadius:R}
            {NeighbourTrigger:R}|{MaxPixels}|{MaxPublications}|{HlcHits.Count}
            """);
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private IEnumerable<string> SizeFaults()
    {
        var estimates = Progression.EstimatedPixels(Radius);
        if (estimates[0] > PixelLimit)
            yield return $"The first round, nside {Progression.FirstNside}, takes {estimates[0]} pixels, and the limit is {PixelLimit}; start with a smaller nside.";
        for (int i = 1; i < estimates.Count; i++)
        {
            if (estimates[i] > MostPixels)
                yield return $"Refining to {Progression.Steps[i].Nside}:{Progression.Steps[i].PixelExtension} takes about {estimates[i]} pixels, and the limit is {MostPixels}; put an nside in between or lower the extension.";
        }
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
