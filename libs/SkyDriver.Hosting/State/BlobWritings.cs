using SkyDriver.Contracts;

namespace SkyDriver.Hosting.State;

/// <summary>Notes which large values are just being written, so that the pieces of one whose writer died are found and removed.</summary>
/// <remarks>
/// A store cannot be asked which keys it has, so a writing is noted before its first piece and crossed out when its index counts.
/// A note that grows old is one of a writer that died.
/// </remarks>
public sealed class BlobWritings(StateStore store, StateDocuments documents, TimeProvider clock)
{
    /// <summary>Documents that share the notes, so that writers seldom meet.</summary>
    private const int Shards = 8;

    /// <summary>Far longer than removing the pieces of one value takes.</summary>
    private static readonly TimeSpan SweepLimit = TimeSpan.FromMinutes(10);

    /// <exception cref="TimeoutException">What an earlier writer of the same place left is being removed just now.</exception>
    internal async Task BeginAsync(BlobPlaceV1 place, CancellationToken cancellationToken)
    {
        bool isSwept = false;
        await documents.UpdateAsync<BlobWritingsV1>(
            KeyOf(place),
            notes =>
            {
                isSwept = notes?.Writings.Any(w => w.Place == place && IsSwept(w)) is true;
                return isSwept ? null : new([.. Others(notes, place), new(place, NowMs(), null)]);
            },
            cancellationToken);
        if (isSwept) throw new TimeoutException($"Remains of '{place.Id}' are being removed; try again in a moment.");
    }

    internal Task EndAsync(BlobPlaceV1 place, CancellationToken cancellationToken) => documents.UpdateAsync<BlobWritingsV1>(
        KeyOf(place), notes => notes?.Writings.Any(w => w.Place == place) is true ? new([.. Others(notes, place)]) : null, cancellationToken);

    /// <summary>Removes what writers left that began longer ago than this and are not done. Several may sweep at once.</summary>
    /// <param name="age">Longer than any writing takes.</param>
    /// <returns>How many such writings there were.</returns>
    public async Task<int> SweepAsync(TimeSpan age, CancellationToken cancellationToken = default)
    {
        int swept = 0;
        for (int shard = 0; shard < Shards; shard++)
        {
            BlobWritingsV1? notes = await documents.GetAsync<BlobWritingsV1>(StateKeys.BlobWritings(shard), cancellationToken);
            foreach (BlobWritingV1 old in (notes?.Writings ?? []).Where(w => NowMs() - w.BegunMs > age.TotalMilliseconds))
            {
                if (!await ClaimAsync(old, cancellationToken)) continue;
                if (!await CountsAsync(old.Place, cancellationToken)) await RemoveAsync(old.Place, cancellationToken);
                await EndAsync(old.Place, cancellationToken);
                swept++;
            }
        }

        return swept;
    }

    /// <summary>While the note says so nobody writes there, as pieces of a new writing would be removed with the old ones.</summary>
    private async Task<bool> ClaimAsync(BlobWritingV1 old, CancellationToken cancellationToken)
    {
        bool isOurs = false;
        await documents.UpdateAsync<BlobWritingsV1>(
            KeyOf(old.Place),
            notes =>
            {
                isOurs = notes?.Writings.Contains(old) is true && !IsSwept(old);
                return isOurs ? new([.. Others(notes, old.Place), old with { SweptMs = NowMs() }]) : null;
            },
            cancellationToken);
        return isOurs;
    }

    /// <summary>The writer died between the index and crossing out its note.</summary>
    private async Task<bool> CountsAsync(BlobPlaceV1 place, CancellationToken cancellationToken)
    {
        if (place.Slot is null) return await documents.GetAsync<BlobIndexV1>(StateKeys.EventIndex(place.Id), cancellationToken) is not null;
        ResultIndexV1? index = await documents.GetAsync<ResultIndexV1>(StateKeys.ResultIndex(place.Id), cancellationToken);
        return index is not null && (index.Slot == place.Slot || index.Previous?.Slot == place.Slot);
    }

    private async Task RemoveAsync(BlobPlaceV1 place, CancellationToken cancellationToken)
    {
        // Pieces are written in their order, so the first that is missing is the end.
        for (int chunk = 0; !(await store.GetBytesAsync(place.ChunkKey(chunk), cancellationToken)).IsEmpty; chunk++)
        {
            await store.DeleteAsync(place.ChunkKey(chunk), cancellationToken);
        }
    }

    private static IEnumerable<BlobWritingV1> Others(BlobWritingsV1? notes, BlobPlaceV1 place) => (notes?.Writings ?? []).Where(w => w.Place != place);

    private bool IsSwept(BlobWritingV1 writing) => NowMs() - writing.SweptMs < SweepLimit.TotalMilliseconds;

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static string KeyOf(BlobPlaceV1 place) => StateKeys.BlobWritings($"{place.Id}/{place.Slot}".Aggregate(0, (sum, c) => (sum * 31 + c) & 0xFFFF) % Shards);
}
