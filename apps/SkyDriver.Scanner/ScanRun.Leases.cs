using Google.Protobuf;
using SkyDriver.Contracts;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Scanner;

// The part for workers that fetch their batches instead of hearing them from the broker.
internal sealed partial class ScanRun
{
    /// <summary>Batches in one answer, so that it stays far below what a sidecar takes.</summary>
    private const int MostGrants = 32;

    /// <summary>How long work that comes up is kept for workers that went away from here empty-handed; they ask again much sooner.</summary>
    private const double WaitSeconds = 5;

    private readonly LeaseBook leases;
    private double fetchersWaitUntil = double.NegativeInfinity;

    /// <summary>A batch for each worker that wants one and has a slot free, as long as there is work.</summary>
    public List<LeaseV1> Lease(LeaseWorkV1 request, double now)
    {
        List<LeaseV1> granted = [];
        if (!IsScanning) return granted;
        foreach (WorkWantedV1 want in request.Wants) leases.NoteWorker(want.WorkerId, Math.Clamp(want.Slots, 1, GatewayNames.MaxSlots), now);
        if (Ledger!.RoundDue) OpenRound(now);
        fetchersWaitUntil = double.NegativeInfinity;
        foreach (WorkWantedV1 want in request.Wants.Where(want => IsScanning && leases.HasRoom(want.WorkerId)))
        {
            if (granted.Count == MostGrants) break;
            if (Lease(want.WorkerId, now) is not { } lease)
            {
                fetchersWaitUntil = now + WaitSeconds;
                break;
            }

            granted.Add(lease);
        }

        return granted;
    }

    /// <summary>Takes the answer to a leased batch in, unless the lease is over.</summary>
    /// <param name="setAside">Failures that made a variation count as NaN.</param>
    public bool Settle(RecoBatchV1 batch, double now, out int setAside)
    {
        setAside = 0;
        if (!leases.TrySettle(batch.BatchNumber, batch.WorkerId, now, out bool isRepeat)) return false;
        if (!isRepeat) setAside = FoldRecos(batch, now);
        return true;
    }

    /// <summary>The next batch for a worker whose answer was taken just now; of an answer that is repeated the same as before.</summary>
    public LeaseV1? Next(RecoBatchV1 settled, double now)
    {
        if (leases.NextOf(settled.BatchNumber, now) is { } before) return before;
        if (Lease(new LeaseWorkV1([new(settled.WorkerId, settled.Slots)]), now) is not [var next]) return null;
        leases.NoteNext(settled.BatchNumber, next);
        return next;
    }

    /// <returns>Leases that are over.</returns>
    public List<long> Tend(TendLeasesV1 request, double now)
    {
        leases.NoteWorker(request.WorkerId, Math.Clamp(request.Slots, 1, GatewayNames.MaxSlots), now);
        foreach (long number in request.GivenBack) TakeBack(leases.GiveBack(number, request.WorkerId), isLost: false, now);
        return [.. request.Held.Where(number => !leases.TryRenew(number, request.WorkerId, now))];
    }

    /// <summary>Calls back what is under leases that ran out.</summary>
    /// <returns>How many leases did.</returns>
    public int EndLeases(double now)
    {
        var lost = leases.TakeExpired(now);
        foreach (var seeds in lost) TakeBack(seeds, isLost: true, now);
        return lost.Count;
    }

    private void TakeBack(IReadOnlyList<VariationSeed> seeds, bool isLost, double now)
    {
        if (!IsScanning || seeds.Count == 0) return;
        Ledger!.TakeBack(seeds, isLost, now);
        if (Ledger.RoundDue) OpenRound(now);
    }

    private LeaseV1? Lease(string worker, double now)
    {
        int size = BatchSizing.Next(Ledger!.SecondsPerReco, Ledger.Counts().Queued, AllSlots);
        // The window is the broker's; here the slots of the workers are bound enough.
        int window = Ledger.Window;
        Ledger.Window = int.MaxValue;
        IReadOnlyList<VariationSeed> seeds = Ledger.TakeBatch(size, now);
        Ledger.Window = window;
        if (seeds.Count == 0) return null;
        PixelBatchV1 batch = NumberedBatch(seeds);
        ScanMetrics.Sent(batch, ScanMetrics.Lease);
        leases.Grant(batch.BatchNumber, worker, seeds, now);
        return new(worker, batch.BatchNumber, leases.LeaseSeconds, batch.ToByteArray());
    }
}
