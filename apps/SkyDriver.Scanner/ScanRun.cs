using System.Buffers;
using Dapr.Actors.Runtime;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.Tracing;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

/// <summary>One scan in the memory of its actor: the ledger, and the journal that can make it again.</summary>
/// <remarks>Changes are durable after <see cref="CommitAsync"/>; a run whose turn failed before that is thrown away and loaded anew.</remarks>
internal sealed partial class ScanRun
{
    /// <summary>In-flight batches per slot: one in work, the others on their way.</summary>
    private const int BatchesPerSlot = 4;

    private const int LeastWindow = 64, MostWindow = 1 << 16, MostSlots = 1 << 10;

    private readonly ScanJournal journal;
    private readonly ReportSchedule schedule;
    private readonly double maxPixelRecoSeconds;
    private readonly Dictionary<string, int> slotsByWorker = [];
    private int slotsAnnounced;
    private ReportDue due;

    private ScanRun(ScanJournal journal, ScanLedger? ledger, double maxPixelRecoSeconds, ScannerOptions options, double now)
    {
        leases = new(now, journal.Head.NextBatch, options.LeaseTime.TotalSeconds);
        (this.journal, Ledger, this.maxPixelRecoSeconds) = (journal, ledger, maxPixelRecoSeconds);
        schedule = new(options.ProgressInterval.TotalSeconds, options.ResultInterval.TotalSeconds);
    }

    public ScanHead Head => journal.Head;

    public string ScanId => Head.Open.ScanId;

    /// <summary>Null once the scan is over and told, or when it could never begin.</summary>
    public ScanLedger? Ledger { get; }

    public bool IsScanning => Head.State == ScanActorState.Scanning;

    /// <summary>Opens a scan; durable with the first commit.</summary>
    public static ScanRun Begin(IActorStateManager state, OpenScanV1 open, ScanPlan plan, ScanRequestV1 request, ScannerOptions options, double now)
    {
        ScanJournal journal = ScanJournal.Begin(state, new() { Open = open, State = ScanActorState.Scanning, Opened = now, Trace = SkyDriverTracing.Context });
        ScanRun run = new(journal, new ScanLedger(plan, now), MaxPixelRecoSeconds(request, options), options, now);
        run.Note(ReportSchedule.Started);
        return run;
    }

    /// <summary>Notes that a scan could not begin.</summary>
    public static ScanRun Refuse(IActorStateManager state, OpenScanV1 open, string reason, ScannerOptions options, double now)
    {
        ScanHead head = new() { Open = open, State = ScanActorState.Failed, Reason = reason, Opened = now, Ended = now };
        return new(ScanJournal.Begin(state, head), ledger: null, maxPixelRecoSeconds: 0, options, now);
    }

    /// <returns>The scan as of its last commit, or null when it was never opened.</returns>
    public static async Task<ScanRun?> LoadAsync(IActorStateManager state, ScanPlans plans, ScannerOptions options, double now)
    {
        if (await ScanJournal.OpenAsync(state) is not { } journal) return null;
        if (journal.Head.Reported || journal.Head.State == ScanActorState.Failed) return new(journal, ledger: null, maxPixelRecoSeconds: 0, options, now);
        (ScanPlan plan, ScanRequestV1 request) = await plans.LoadAsync(journal.Head.Open);
        byte[] snapshot = await journal.ReadSnapshotAsync();
        List<ReadOnlyMemory<byte>> log = await journal.ReadLogAsync();
        ScanLedger ledger = ScanLedger.Restore(plan, snapshot, log);
        now = Math.Max(now, ledger.Now);
        // With no answer yet nobody knows whether the first pixels ever reached the broker.
        if (ledger.AnswersReceived == 0) ledger.CallBackOverdue(now, timeoutSeconds: 0);
        return new(journal, ledger, MaxPixelRecoSeconds(request, options), options, now);
    }

    /// <summary>Takes answers in, and opens rounds as soon as they are due. A batch without answers says that its worker listens.</summary>
    /// <returns>Failures that made a variation count as NaN.</returns>
    public int Fold(RecoBatchV1 batch, double now)
    {
        NoteWorker(batch);
        return FoldRecos(batch, now);
    }

    private int FoldRecos(RecoBatchV1 batch, double now)
    {
        int setAside = 0;
        foreach (RecoV1 reco in batch.Recos)
        {
            if (!IsScanning) break;
            FoldOutcome outcome = Ledger!.Fold(WireMapping.ToRecord(reco), now, batch.WorkerId);
            ScanMetrics.Received(reco, outcome.Status, Ledger.Plan.Algorithm.Name);
            if (outcome.Status is FoldStatus.SetAside) setAside++;
            Note(schedule.AfterFold(outcome, Ledger, now));
            if (outcome.RoundDue) OpenRound(now);
        }

        return setAside;
    }

    public void HintWorkers(int count) => journal.Head = Head with { Workers = Math.Max(0, count) };

    /// <summary>Calls lost work back.</summary>
    /// <returns>How many variations come again.</returns>
    public int CallBackOverdue(ScannerOptions options, double now)
    {
        if (!IsScanning) return 0;
        // Everything in the window may be ahead of a variation; five times that is no longer bad luck. Who fetches work has it in hand.
        double ahead = Head.WorkersSeen ? Ledger!.Window : 0;
        double inTurn = 1 + (ahead / Math.Max(1, Slots));
        double timeout = Ledger!.SecondsPerReco is { } seconds
            ? Math.Max(options.LeastAnswerTimeout.TotalSeconds, 5 * seconds * inTurn)
            : options.FirstAnswerTimeout.TotalSeconds;
        int calledBack = Ledger.CallBackOverdue(now, timeout).CalledBack;
        SkyDriverMetrics.VariationsOverdue.Add(calledBack);
        if (Ledger.RoundDue) OpenRound(now);
        return calledBack;
    }

    /// <summary>What to publish now: nothing until a worker listens, nor while one that fetches its batches stands in line.</summary>
    public List<PixelBatchV1> TakeBatches(double now)
    {
        List<PixelBatchV1> batches = [];
        if (!IsScanning) return batches;
        if (Ledger!.RoundDue) OpenRound(now);
        while (IsScanning && Head.WorkersSeen && now >= fetchersWaitUntil)
        {
            int size = BatchSizing.Next(Ledger.SecondsPerReco, Ledger.Counts().Queued, AllSlots);
            // What is leased takes no room from the broker's.
            Ledger.Window = leases.Variations + Math.Clamp(BatchesPerSlot * Slots * size, LeastWindow, MostWindow);
            if (Ledger.TakeBatch(size, now) is not { Count: > 0 } seeds) break;
            batches.Add(NumberedBatch(seeds));
            ScanMetrics.Sent(batches[^1], ScanMetrics.Broker);
        }

        return batches;
    }

    private PixelBatchV1 NumberedBatch(IReadOnlyList<VariationSeed> seeds)
    {
        PixelBatchV1 batch = new()
        {
            ScanId = ScanId,
            BatchNumber = Head.NextBatch,
            RecoAlgo = Ledger!.Plan.Algorithm.Name,
            MaxPixelRecoSeconds = maxPixelRecoSeconds,
        };
        foreach (var seed in seeds) batch.Variations.Add(WireMapping.ToMessage(seed));
        journal.Head = Head with { NextBatch = Head.NextBatch + 1 };
        return batch;
    }

    /// <summary>Ends the scan with what it has.</summary>
    public void End(string state, string reason, double now)
    {
        if (!IsScanning) return;
        journal.Head = Head with { State = state, Reason = reason, Ended = now };
        due = default;
    }

    /// <summary>What to report since the last call.</summary>
    public ReportDue TakeReport()
    {
        ReportDue taken = due;
        due = default;
        return taken;
    }

    /// <summary>Makes the turn durable.</summary>
    public async Task CommitAsync()
    {
        if (Ledger is not null)
        {
            ArrayBufferWriter<byte> segment = new();
            if (Ledger.TakeLog(segment)) await journal.AppendAsync(segment.WrittenMemory);
        }

        await journal.CommitAsync();
        if (Ledger is not { SnapshotDue: true }) return;
        ArrayBufferWriter<byte> snapshot = new();
        Ledger.WriteSnapshot(snapshot);
        await journal.SnapshotAsync(snapshot.WrittenMemory);
    }

    /// <summary>The end is told: only the head is kept.</summary>
    public async Task CloseAsync(ScanProgressV1 final)
    {
        journal.Head = Head with { Reported = true, Final = final };
        await journal.CloseAsync();
    }

    /// <summary>Reconstructions that go on at the same time, as far as anybody said.</summary>
    private int Slots => Math.Max(Head.Workers, slotsAnnounced);

    /// <summary>The same with those of workers that fetch their batches.</summary>
    private int AllSlots => Math.Max(Head.Workers, slotsAnnounced + leases.Slots);

    private void NoteWorker(RecoBatchV1 from)
    {
        int slots = Math.Clamp(from.Slots, 1, MostSlots);
        slotsAnnounced = Math.Min(MostWindow, slotsAnnounced + slots - slotsByWorker.GetValueOrDefault(from.WorkerId));
        slotsByWorker[from.WorkerId] = slots;
        if (!Head.WorkersSeen) journal.Head = Head with { WorkersSeen = true };
    }

    private void OpenRound(double now)
    {
        RoundOutcome round = Ledger!.OpenRound(now);
        Note(schedule.AfterRound(round, Ledger, now));
        if (round.Finished) journal.Head = Head with { State = ScanActorState.Finished, Reason = Ledger.EndReason, Ended = now };
    }

    private void Note(ReportDue report)
    {
        if (report.Progress || report.Result) due = report with { Progress = due.Progress || report.Progress, Result = due.Result || report.Result };
    }

    private static double MaxPixelRecoSeconds(ScanRequestV1 request, ScannerOptions options) =>
        request.MaxPixelRecoTime ?? options.DefaultMaxPixelRecoTime.TotalSeconds;
}
