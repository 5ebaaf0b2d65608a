using System.Collections.Concurrent;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Hosting.State;

/// <summary>Which batch an id belongs to, and which batches there are.</summary>
public sealed class FleetDirectory(StateDocuments documents)
{
    /// <summary>Bounds the memory of what was looked up; a block never changes its batch, so nothing else ends an entry.</summary>
    private const int MostRemembered = 100_000;

    private readonly ConcurrentDictionary<long, string> known = new();

    /// <param name="id">Of a task, execution, requirement or signal.</param>
    /// <returns>Null when no batch ever had it.</returns>
    public async Task<string?> FindBatchAsync(long id, CancellationToken cancellationToken = default)
    {
        if (id < FleetIds.PerBlock) return null;
        long block = FleetIds.BlockOf(id);
        if (known.TryGetValue(block, out string? batch)) return batch;
        batch = (await documents.GetAsync<BlockOwner>(StateKeys.FleetBlock(block), cancellationToken))?.Batch;
        if (batch is not null && known.Count < MostRemembered) known[block] = batch;
        return batch;
    }

    /// <summary>Takes the next block of ids for a batch, for ever.</summary>
    /// <returns>The first id of the block.</returns>
    public async Task<long> TakeBlockAsync(string batch, CancellationToken cancellationToken = default)
    {
        NextBlock? taken = await documents.UpdateAsync<NextBlock>(StateKeys.FleetBlocks, next => new((next?.Block ?? 0) + 1), cancellationToken);
        // Named after it was counted: a crash in between loses a block of numbers, never gives one away twice.
        await documents.UpdateAsync<BlockOwner>(StateKeys.FleetBlock(taken!.Block), _ => new(batch), cancellationToken);
        return taken.Block * FleetIds.PerBlock;
    }

    public async Task<IReadOnlyList<string>> ListBatchesAsync(CancellationToken cancellationToken = default) =>
        (await documents.GetAsync<BatchNames>(StateKeys.FleetBatches, cancellationToken))?.Names ?? [];

    public Task AddBatchAsync(string batch, CancellationToken cancellationToken = default) => documents.UpdateAsync<BatchNames>(
        StateKeys.FleetBatches, now => now?.Names.Contains(batch) == true ? null : new([.. now?.Names ?? [], batch]), cancellationToken);

    public Task RemoveBatchAsync(string batch, CancellationToken cancellationToken = default) => documents.UpdateAsync<BatchNames>(
        StateKeys.FleetBatches, now => now?.Names.Contains(batch) == true ? new([.. now.Names.Where(n => n != batch)]) : null, cancellationToken);

    /// <summary>Batches that concern the fleet now, each with the number of the time that it began to.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ListActiveAsync(CancellationToken cancellationToken = default) =>
        (await documents.GetAsync<ActiveBatches>(StateKeys.FleetActive, cancellationToken))?.Since ?? new Dictionary<string, long>();

    /// <summary>A batch begins to concern the fleet.</summary>
    public Task ActivateAsync(string batch, CancellationToken cancellationToken = default) => documents.UpdateAsync<ActiveBatches>(
        StateKeys.FleetActive,
        now => new(new Dictionary<string, long>(now?.Since ?? new Dictionary<string, long>()) { [batch] = (now?.Last ?? 0) + 1 }, (now?.Last ?? 0) + 1),
        cancellationToken);

    /// <summary>A batch that was quiet when asked concerns the fleet no more, unless it began to again meanwhile.</summary>
    public Task DeactivateAsync(string batch, long since, CancellationToken cancellationToken = default) => documents.UpdateAsync<ActiveBatches>(
        StateKeys.FleetActive,
        now => now?.Since.TryGetValue(batch, out long began) == true && began == since ? now with { Since = now.Since.Where(b => b.Key != batch).ToDictionary() } : null,
        cancellationToken);

    private sealed record NextBlock(long Block);

    private sealed record BlockOwner(string Batch);

    private sealed record BatchNames(IReadOnlyList<string> Names);

    private sealed record ActiveBatches(IReadOnlyDictionary<string, long> Since, long Last);
}
