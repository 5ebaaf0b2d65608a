using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapr.Actors.Runtime;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Keys of writes that were done, for 24 hours; saved in the transaction of the write itself, so that a repeat after a crash finds it.</summary>
/// <remarks>In pages that are dropped when the last key in them is old.</remarks>
internal sealed class KeyBook
{
    private const int KeysPerPage = 256;
    private const int MostPages = 1000;
    private const int MostKey = 128;
    private const string HeadKey = "keys";
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private readonly IActorStateManager state;
    private readonly Dictionary<string, KeyNote> notes = [];
    private readonly Queue<List<KeyNote>> pages = [];
    private long first;
    private List<KeyNote>? last;

    private KeyBook(IActorStateManager state) => this.state = state;

    public static async Task<KeyBook> LoadAsync(IActorStateManager state)
    {
        KeyBook book = new(state);
        ConditionalValue<KeyHead> head = await state.TryGetStateAsync<KeyHead>(HeadKey);
        if (!head.HasValue) return book;
        book.first = head.Value.First;
        for (long page = head.Value.First; page < head.Value.First + head.Value.Count; page++)
        {
            ConditionalValue<List<KeyNote>> stored = await state.TryGetStateAsync<List<KeyNote>>(PageKey(page));
            book.last = stored.HasValue ? stored.Value : [];
            book.pages.Enqueue(book.last);
            foreach (KeyNote note in book.last) book.notes[note.Key] = note;
        }

        return book;
    }

    /// <summary>What is wrong with a key, or null.</summary>
    public static string? WhyNot(string? key) =>
        key is null || (key.Length is > 0 and <= MostKey && !key.Any(char.IsControl)) ? null : $"Idempotency-Key must be 1 to {MostKey} printable characters.";

    public KeyNote? Find(string? key, DateTimeOffset now) => key is not null && notes.TryGetValue(key, out KeyNote? note) && now - note.At < Kept ? note : null;

    /// <summary>Remembers a write, in the turn's transaction.</summary>
    public async Task AddAsync(KeyNote note)
    {
        if (last is null || last.Count >= KeysPerPage) pages.Enqueue(last = []);
        last.Add(note);
        notes[note.Key] = note;
        while (pages.Count > MostPages || (pages.TryPeek(out List<KeyNote>? oldest) && oldest != last && note.At - oldest[^1].At >= Kept)) await DropAsync();
        await state.SetStateAsync(PageKey(first + pages.Count - 1), last);
        await state.SetStateAsync(HeadKey, new KeyHead(first, pages.Count));
    }

    /// <summary>Tells two writes with the same key apart.</summary>
    public static string Fingerprint<T>(T body) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body)).AsSpan(0, 8));

    private async Task DropAsync()
    {
        foreach (KeyNote old in pages.Dequeue())
            if (notes.TryGetValue(old.Key, out KeyNote? now) && now == old) notes.Remove(old.Key);
        await state.TryRemoveStateAsync(PageKey(first++));
    }

    private static string PageKey(long page) => string.Create(CultureInfo.InvariantCulture, $"keys-{page}");

    private sealed record KeyHead(long First, int Count);
}

/// <param name="Ids">What it made or changed.</param>
internal sealed record KeyNote(string Key, string Fingerprint, DateTimeOffset At, int Status, IReadOnlyList<long> Ids);
