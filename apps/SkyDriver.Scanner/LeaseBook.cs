using SkyDriver.Contracts;
using SkyDriver.Reco;

namespace SkyDriver.Scanner;

/// <summary>Batches in the hands of workers that fetch them, each until its deadline. Pure; times are unix seconds.</summary>
/// <remarks>
/// Kept in memory only. After a restart leases from before are honoured until they would have run out, as nobody knows better;
/// what was under them and is never answered comes again like all overdue work.
/// </remarks>
/// <param name="firstNumber">Batches with smaller numbers were handed out before this book was opened.</param>
internal sealed class LeaseBook(double openedAt, long firstNumber, double leaseSeconds)
{
    private readonly Dictionary<long, Lease> leases = [];
    private readonly Dictionary<string, Puller> pullers = [];

    /// <summary>How long a lease holds unless it is renewed.</summary>
    public double LeaseSeconds => leaseSeconds;

    /// <summary>Variations under open leases.</summary>
    public int Variations { get; private set; }

    /// <summary>Batches that the workers seen lately reconstruct at the same time.</summary>
    public int Slots { get; private set; }

    public void NoteWorker(string worker, int slots, double now)
    {
        Puller before = pullers.GetValueOrDefault(worker);
        Slots += slots - before.Slots;
        pullers[worker] = before with { Slots = slots, SeenAt = now };
    }

    /// <summary>Notes what was granted along with an answer, for the case that the worker never hears of it and repeats the answer.</summary>
    public void NoteNext(long settled, LeaseV1 next)
    {
        if (leases.TryGetValue(settled, out Lease? lease)) leases[settled] = lease with { Next = next };
    }

    /// <summary>What was granted along with an answer; null once that was settled, given back or ran out.</summary>
    public LeaseV1? NextOf(long settled, double now) =>
        leases.TryGetValue(settled, out Lease? lease) && lease.Next is { } next && leases.TryGetValue(next.Number, out Lease? open) && !open.IsSettled && open.Deadline > now ? next : null;

    /// <summary>A worker never holds more leases than it has slots.</summary>
    public bool HasRoom(string worker) => pullers.TryGetValue(worker, out Puller puller) && puller.Held < puller.Slots;

    public void Grant(long number, string worker, IReadOnlyList<VariationSeed> seeds, double now)
    {
        leases.Add(number, new(worker, now + leaseSeconds, seeds, IsSettled: false));
        Count(worker, 1, seeds.Count);
    }

    /// <summary>Whether an answer counts. True once; a repeat before the deadline changes nothing and is told so by <paramref name="isRepeat"/>.</summary>
    public bool TrySettle(long number, string worker, double now, out bool isRepeat)
    {
        isRepeat = false;
        if (!IsOpen(number, worker, now, out isRepeat)) return isRepeat;
        if (leases.TryGetValue(number, out Lease? lease)) Close(lease);
        // Remembered, so that the answer to an answer may be lost.
        leases[number] = new(worker, now + leaseSeconds, [], IsSettled: true);
        return true;
    }

    /// <returns>False when the lease is over.</returns>
    public bool TryRenew(long number, string worker, double now)
    {
        if (!IsOpen(number, worker, now, out bool isSettled)) return isSettled;
        if (leases.TryGetValue(number, out Lease? lease)) leases[number] = lease with { Deadline = now + leaseSeconds };
        else
        {
            leases.Add(number, new(worker, now + leaseSeconds, [], IsSettled: false));
            Count(worker, 1, 0);
        }

        return true;
    }

    /// <summary>Ends a lease early.</summary>
    /// <returns>What was under it; empty when there was no such lease.</returns>
    public IReadOnlyList<VariationSeed> GiveBack(long number, string worker)
    {
        if (!leases.TryGetValue(number, out Lease? lease) || lease.Worker != worker || lease.IsSettled) return [];
        leases.Remove(number);
        Close(lease);
        return lease.Seeds;
    }

    /// <summary>Forgets leases that ran out, and workers not seen for as long.</summary>
    /// <returns>What was under those that nobody answered.</returns>
    public IReadOnlyList<IReadOnlyList<VariationSeed>> TakeExpired(double now)
    {
        List<IReadOnlyList<VariationSeed>> lost = [];
        foreach (var (number, lease) in leases.Where(l => l.Value.Deadline <= now).OrderBy(l => l.Key).ToArray())
        {
            leases.Remove(number);
            if (lease.IsSettled) continue;
            Close(lease);
            if (lease.Seeds.Count > 0) lost.Add(lease.Seeds);
        }

        foreach (var (worker, puller) in pullers.Where(p => p.Value.Held == 0 && p.Value.SeenAt + leaseSeconds <= now).ToArray())
        {
            Slots -= puller.Slots;
            pullers.Remove(worker);
        }

        return lost;
    }

    private bool IsOpen(long number, string worker, double now, out bool isSettled)
    {
        isSettled = false;
        if (!leases.TryGetValue(number, out Lease? lease)) return number > 0 && number < firstNumber && now < openedAt + leaseSeconds;
        if (lease.Worker != worker || lease.Deadline <= now) return false;
        isSettled = lease.IsSettled;
        return !isSettled;
    }

    private void Close(Lease lease)
    {
        if (!lease.IsSettled) Count(lease.Worker, -1, -lease.Seeds.Count);
    }

    private void Count(string worker, int held, int variations)
    {
        Variations += variations;
        Puller puller = pullers.GetValueOrDefault(worker);
        pullers[worker] = puller with { Held = puller.Held + held };
    }

    /// <param name="Next">Granted along with the answer that settled this one.</param>
    private sealed record Lease(string Worker, double Deadline, IReadOnlyList<VariationSeed> Seeds, bool IsSettled, LeaseV1? Next = null);

    /// <param name="Held">Open leases.</param>
    private readonly record struct Puller(int Slots, double SeenAt, int Held);
}
