namespace SkyDriver.Scan;

/// <summary>The answer to one variation, as it comes back from a worker.</summary>
/// <param name="Nside">Resolution of the pixel.</param>
/// <param name="Ipix">RING index.</param>
/// <param name="Posvar">Index of the position variation.</param>
/// <param name="Llh">−ln L, smaller is better; NaN when the fit found nothing, which is an answer like any other.</param>
/// <param name="EIn">GeV lost inside the detector.</param>
/// <param name="ETot">GeV lost in all.</param>
/// <param name="X">m, fitted vertex.</param>
/// <param name="Y">m.</param>
/// <param name="Z">m.</param>
/// <param name="T">ns.</param>
/// <param name="Energy">GeV.</param>
/// <param name="RuntimeSeconds">On the worker.</param>
/// <param name="Failure">Why the worker could not answer at all (it crashed, ran out of time); null when the fit ran. A failure is not
/// an answer: the variation goes to another worker.</param>
public readonly record struct RecoRecord(
    int Nside, long Ipix, int Posvar, double Llh, double EIn, double ETot, double X, double Y, double Z, double T, double Energy,
    double RuntimeSeconds, string? Failure = null);

public enum FoldStatus
{
    /// <summary>New, and now part of the map.</summary>
    Accepted,

    /// <summary>An answer to this variation was accepted before; nothing changes.</summary>
    Duplicate,

    /// <summary>The scan never asked for this variation; nothing changes.</summary>
    Unknown,

    /// <summary>The worker could not answer; the variation is queued again.</summary>
    Failed,

    /// <summary>The worker could not answer, and was one too many: the variation counts as NaN.</summary>
    SetAside,
}

/// <summary>What folding a reco in did.</summary>
/// <param name="PixelSaved">It was the pixel's last missing variation.</param>
/// <param name="FirstOfNside">It was the first accepted reco of its nside.</param>
/// <param name="NsideMet">The largest nside that met a threshold by it, or 0; only under <see cref="RoundRule.Threshold"/>.</param>
/// <param name="RoundDue">The next thing to do is <see cref="ScanLedger.OpenRound"/>.</param>
public readonly record struct FoldOutcome(FoldStatus Status, bool PixelSaved, bool FirstOfNside, int NsideMet, bool RoundDue);
