using System.Numerics;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>
/// The state of one scan: which pixels were asked for, what came back, what to ask for next, and when it is over. Pure and single-threaded;
/// every time is an argument, in unix seconds (an earlier time than the one before counts as the same).
/// </summary>
/// <remarks>
/// Use: while not <see cref="Finished"/>, call <see cref="OpenRound"/> whenever <see cref="RoundDue"/> says so, publish what
/// <see cref="TakeBatch"/> hands out, <see cref="Fold"/> in what comes back, and let <see cref="CallBackOverdue"/> look for lost work now and
/// then. After each turn store what <see cref="TakeLog"/> gives; <see cref="Restore"/> makes the same ledger again. Folding costs the same
/// however much was sent, and nothing is ever asked for twice once it was answered.
/// </remarks>
public sealed partial class ScanLedger
{
    private readonly ScanPlan _plan;
    private readonly ulong _fingerprint;
    private readonly RoundRule _rule;
    private readonly PixelTable[] _tables;
    private readonly int[] _stepOfOrder = new int[Healpix.MaxOrder + 1];
    private readonly ThresholdTracker _thresholds;
    private readonly RoundChooser _chooser;
    private readonly SeedMaker _seeds;
    private readonly PublishQueue _queue;
    private readonly FlightBoard _flights = new();
    private readonly FailureBook _failures = new();
    private readonly RecoStats _stats;
    private readonly List<SetAsideVariation> _setAside = [];
    private readonly LedgerLog _log = new();

    private double _now;
    private long _sent, _received, _duplicates, _unknown, _late, _failed;
    private int _saved, _rounds;
    private Pixel? _minimum;
    private double _minimumLlh = double.NaN;
    private bool _roundDue = true, _fractionsStale, _capped;
    private int _reached = -1;

    /// <param name="startedAt">When the scan began, unix s; reports count from there.</param>
    /// <exception cref="ArgumentException">The plan has faults; the message tells all of them.</exception>
    public ScanLedger(ScanPlan plan, double startedAt)
    {
        if (plan.Faults() is { Count: > 0 } faults) throw new ArgumentException(string.Join(" ", faults), nameof(plan));
        _plan = plan;
        StartedAt = startedAt;
        _now = startedAt;
        _fingerprint = plan.Fingerprint();
        _rule = plan.EffectiveRule;
        _tables = [.. plan.Progression.Select(step => new PixelTable(step.Nside, plan.Variations))];
        Array.Fill(_stepOfOrder, -1);
        for (int step = 0; step < _tables.Length; step++) _stepOfOrder[BitOperations.Log2((uint)_tables[step].Nside)] = step;
        _thresholds = new(plan.Progression, plan.Threshold);
        _chooser = new(plan, _tables);
        _seeds = new(plan, _tables);
        _queue = new(plan.Variations);
        _stats = new(_tables.Length);
    }

    public ScanPlan Plan => _plan;

    /// <summary>unix s.</summary>
    public double StartedAt { get; }

    /// <summary>unix s of the latest call.</summary>
    public double Now => _now;

    /// <summary>The next thing to do is <see cref="OpenRound"/>.</summary>
    public bool RoundDue => _roundDue && !Finished;

    /// <summary>Nothing is outstanding and nothing more is to be asked.</summary>
    public bool Finished { get; private set; }

    /// <summary>Why the scan ended before its map stopped improving; null when it did not.</summary>
    public string? EndReason { get; private set; }

    /// <summary>Everything that was asked for has been answered.</summary>
    public bool AllReceived => _received == _sent;

    /// <summary>Variations that wait to be published; those answered while they waited still count.</summary>
    public long Queued => _queue.Count;

    /// <summary>Variations with the broker or workers.</summary>
    public int InFlight => _flights.InFlight;

    /// <summary>Variations that no worker could answer, in the order in which they were given up.</summary>
    public IReadOnlyList<SetAsideVariation> SetAside => _setAside;

    /// <summary>The best pixel so far; null while every saved pixel is NaN.</summary>
    public BestFit? BestFit => _minimum is { } pixel ? new(pixel, _minimumLlh) : null;

    /// <summary>Recent seconds of work per reco, for <see cref="BatchSizing"/>; null before the first.</summary>
    public double? SecondsPerReco => _stats.Count > 0 ? _stats.RecentRuntime : null;

    /// <summary>The numbers a progress display needs; cheap at any time.</summary>
    public ScanCounts Counts() => new(
        [.. _tables.Select(table => new NsideCounts(table.Nside, table.Count, table.SavedPixels, table.SentVariations, table.ReceivedVariations))],
        _rounds, _queue.Count, _flights.InFlight, PredictedRecos(), _late, _duplicates, _unknown, _failed, _setAside.Count);

    private int StepOf(int nside) => nside > 0 && int.IsPow2(nside) && nside <= Healpix.MaxNside ? _stepOfOrder[BitOperations.Log2((uint)nside)] : -1;

    private void Advance(double now)
    {
        if (now > _now) _now = now;
    }
}

/// <summary>A pixel and its −ln L.</summary>
public readonly record struct BestFit(Pixel Pixel, double Llh)
{
    public SkyPoint Direction => Pixel.Centre;
}

/// <summary>Progress of one nside.</summary>
public sealed record NsideCounts(int Nside, long SentPixels, long SavedPixels, long SentVariations, long ReceivedVariations);

/// <summary>Progress of a scan.</summary>
/// <param name="Rounds">Opened so far.</param>
/// <param name="Queued">Variations that wait to be published.</param>
/// <param name="InFlight">Variations with the broker or workers.</param>
/// <param name="PredictedRecos">Of the whole scan, as far as one can tell.</param>
/// <param name="Late">Accepted although they had been called back.</param>
/// <param name="Duplicates">Refused: answered before.</param>
/// <param name="Unknown">Refused: never asked for.</param>
/// <param name="Failed">Workers that could not answer.</param>
/// <param name="SetAside">Variations given up.</param>
public sealed record ScanCounts(
    IReadOnlyList<NsideCounts> Nsides, int Rounds, long Queued, int InFlight, long PredictedRecos,
    long Late, long Duplicates, long Unknown, long Failed, int SetAside)
{
    public long SentPixels => Nsides.Sum(n => n.SentPixels);

    public long SavedPixels => Nsides.Sum(n => n.SavedPixels);

    public long SentVariations => Nsides.Sum(n => n.SentVariations);

    public long ReceivedVariations => Nsides.Sum(n => n.ReceivedVariations);
}
