using System.Globalization;

namespace SkyDriver.Scan;

/// <summary>Which event a map belongs to, as results and reports carry it.</summary>
/// <param name="RunId">Of the detector.</param>
/// <param name="EventId">Within the run.</param>
/// <param name="EventType">HESE, EHE, neutrino, ESTRES; "" when unknown.</param>
/// <param name="Mjd">Start of the event, UTC, days.</param>
/// <param name="IsRealEvent">False for a simulated one.</param>
/// <param name="Version">Pixel format of the result; see <see cref="SkyScanResult"/>.</param>
public sealed record EventMetadata(long RunId, long EventId, string EventType, double Mjd, bool IsRealEvent, int Version = SkyScanResult.CurrentVersion)
{
    private const long FirstRealRun = 100_000, PastRealRuns = 1_000_000;

    /// <summary><c>run%08d.evt%012d.TYPE</c>, TYPE "None" when it is unknown.</summary>
    public string EventIdText =>
        string.Create(CultureInfo.InvariantCulture, $"run{RunId:00000000}.evt{EventId:000000000000}.{(EventType.Length == 0 ? "None" : EventType)}");

    /// <summary>Why an event cannot be scanned under these numbers; null when it can.</summary>
    public string? Fault() =>
        IsRealEvent && RunId is (< FirstRealRun or >= PastRealRuns)
            ? $"Run {RunId} cannot be of a real event, whose runs go from {FirstRealRun} to {PastRealRuns - 1}; say that the event is simulated."
            : null;
}
