using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Apps.Tests.Gateway;

/// <summary>A scan that hands out what a test gives it and notes what it is told.</summary>
internal sealed class FakeScan : IScanActor
{
    private readonly Lock gate = new();

    public string State { get; set; } = ScanActorState.Scanning;

    public Exception? Away { get; set; }

    /// <summary>Batches to hand out.</summary>
    public Queue<PixelBatchV1> Work { get; } = [];

    public List<WorkWantedV1> Wanted { get; } = [];

    public List<TendLeasesV1> Tended { get; } = [];

    public List<RecoBatchV1> Settled { get; } = [];

    public HashSet<long> Over { get; } = [];

    /// <summary>Called within each request for work.</summary>
    public Action? OnLease { get; set; }

    public async Task<LeasedWorkV1> LeaseWork(LeaseWorkV1 request)
    {
        await Task.Yield();
        if (Away is not null) throw Away;
        OnLease?.Invoke();
        lock (gate)
        {
            Wanted.AddRange(request.Wants);
            List<LeaseV1> granted = [];
            foreach (WorkWantedV1 want in request.Wants)
            {
                if (State == ScanActorState.Scanning && Work.TryDequeue(out PixelBatchV1? batch)) granted.Add(Granted(want.WorkerId, batch));
            }

            return new(State, granted);
        }
    }

    public Task<LeaseSettledV1> SettleLease(SettleLeaseV1 request)
    {
        RecoBatchV1 batch = RecoBatchV1.Parser.ParseFrom(request.Batch);
        lock (gate)
        {
            if (Over.Contains(batch.BatchNumber)) return Task.FromResult(new LeaseSettledV1(State, IsTaken: false));
            Settled.Add(batch);
            LeaseV1? next = request.WantsNext && Work.TryDequeue(out PixelBatchV1? work) ? Granted(batch.WorkerId, work) : null;
            return Task.FromResult(new LeaseSettledV1(State, IsTaken: true, next));
        }
    }

    public Task<LeasesTendedV1> TendLeases(TendLeasesV1 request)
    {
        lock (gate)
        {
            Tended.Add(request);
            return Task.FromResult(new LeasesTendedV1(State, [.. request.Held.Where(Over.Contains)], 60));
        }
    }

    public bool HasTended(Predicate<TendLeasesV1> what)
    {
        lock (gate) return Tended.Exists(what);
    }

    private static LeaseV1 Granted(string worker, PixelBatchV1 batch) => new(worker, batch.BatchNumber, 60, Google.Protobuf.MessageExtensions.ToByteArray(batch));

    public Task<ScanProgressV1> Open(OpenScanV1 request) => throw new NotSupportedException();

    public Task RecordRecos(RecordRecosV1 request) => throw new NotSupportedException();

    public Task Abort(AbortScanV1 request) => throw new NotSupportedException();

    public Task HintWorkers(WorkerHintV1 hint) => throw new NotSupportedException();

    public Task<ScanProgressV1> GetProgress() => throw new NotSupportedException();
}
