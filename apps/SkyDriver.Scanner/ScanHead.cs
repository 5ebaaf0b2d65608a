using SkyDriver.Contracts;

namespace SkyDriver.Scanner;

/// <summary>What the actor remembers of a scan beside its ledger.</summary>
internal sealed record ScanHead
{
    public required OpenScanV1 Open { get; init; }

    /// <summary>One of <see cref="ScanActorState"/>.</summary>
    public required string State { get; init; }

    /// <summary>W3C context of the request that opened the scan, under which all its work is recorded; null when nobody records.</summary>
    public string? Trace { get; init; }

    /// <summary>Why the scan was aborted or failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Unix seconds.</summary>
    public double Opened { get; init; }

    /// <summary>Unix seconds.</summary>
    public double? Ended { get; init; }

    /// <summary>Workers there are, as far as anybody said.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Some worker listened. Nothing is published before: a broker may drop what has no reader.</summary>
    public bool WorkersSeen { get; init; }

    /// <summary>Number of the next batch published.</summary>
    public long NextBatch { get; init; } = 1;

    /// <summary>The final result, manifest and events are out.</summary>
    public bool Reported { get; init; }

    /// <summary>Which snapshot counts; 0 = none yet.</summary>
    public long Snapshot { get; init; }

    public int SnapshotChunks { get; init; }

    public int SnapshotBytes { get; init; }

    /// <summary>The log since the snapshot: pages First … Last; none while Last &lt; First.</summary>
    public long FirstPage { get; init; } = 1;

    public long LastPage { get; init; }

    /// <summary>How the scan stood when it was over.</summary>
    public ScanProgressV1? Final { get; init; }
}
