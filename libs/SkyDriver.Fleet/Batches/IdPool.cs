using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>What ids are for; each kind has blocks of its own.</summary>
public enum IdKind : byte
{
    Task,
    Execution,
    Requirement,
    Signal,
}

/// <summary>Ids of one batch that are not used yet, and the blocks that it ever had.</summary>
/// <remarks>Blocks are taken outside, before a turn that may need them: <see cref="Missing"/>, <see cref="Give"/>.</remarks>
public sealed class IdPool
{
    private readonly Queue<(long Next, long End)>[] free;
    private readonly HashSet<long> blocks;

    public IdPool(IdPoolState? saved = null)
    {
        free = [.. Enumerable.Range(0, Enum.GetValues<IdKind>().Length).Select(kind => new Queue<(long, long)>(saved?.Free.ElementAtOrDefault(kind)?.Select(r => (r[0], r[1])) ?? []))];
        blocks = [.. saved?.Blocks ?? []];
    }

    /// <summary>Is it of this batch, now or formerly?</summary>
    public bool Owns(long id) => blocks.Contains(FleetIds.BlockOf(id));

    /// <summary>Blocks to take until so many ids are free.</summary>
    public int Missing(IdKind kind, int needed)
    {
        long available = free[(int)kind].Sum(r => r.End - r.Next);
        return available >= needed ? 0 : (int)((needed - available + FleetIds.PerBlock - 1) / FleetIds.PerBlock);
    }

    public void Give(IdKind kind, long first)
    {
        blocks.Add(FleetIds.BlockOf(first));
        free[(int)kind].Enqueue((first, first + FleetIds.PerBlock));
    }

    public int Available(IdKind kind) => (int)free[(int)kind].Sum(r => r.End - r.Next);

    internal long Next(IdKind kind)
    {
        Queue<(long Next, long End)> queue = free[(int)kind];
        if (queue.Count == 0) throw new InvalidOperationException($"No id for a {kind} was taken in advance.");
        (long next, long end) = queue.Dequeue();
        if (next + 1 >= end) return next;
        // Back to the front: ids grow with the order of creation.
        (long, long)[] rest = [.. queue];
        queue.Clear();
        queue.Enqueue((next + 1, end));
        foreach ((long, long) range in rest) queue.Enqueue(range);
        return next;
    }

    public IdPoolState Save() => new([.. free.Select(q => q.Select(r => new[] { r.Next, r.End }).ToArray())], [.. blocks.Order()]);
}

/// <param name="Free">For each <see cref="IdKind"/> ranges of (next, end).</param>
public sealed record IdPoolState(long[][][] Free, long[] Blocks);
