using System.Text;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.State;

namespace SkyDriver.Orchestrator.Fleet;

/// <summary>Standard output and error of executions: chunks in the state store, beside the batch's own state, up to a cap.</summary>
/// <remarks>Only the actor of a batch writes them. A chunk is written before the head that counts it: a replay after a crash writes the same bytes to the same place.</remarks>
public sealed class ExecutionLogs(StateStore store, StateDocuments documents, FleetOptions options)
{
    public const int ChunkBytes = 64 << 10;

    /// <summary>Bytes of a stream that one answer shows.</summary>
    public const int MostRead = 1 << 20;

    /// <summary>Keys of appends without an offset that are remembered.</summary>
    private const int KeysKept = 16;

    /// <param name="offset">Null adds at the end; then <paramref name="key"/> makes a repeat harmless.</param>
    /// <returns>409 with the length so far when the offset leaves a gap.</returns>
    public async Task<FleetAnswer<LogLengthV1>> AppendAsync(long execution, string stream, string text, long? offset, string? key)
    {
        LogHead head = await HeadAsync(execution, stream);
        byte[] bytes = Encoding.UTF8.GetBytes(text.Replace('\0', ' '));
        if (offset is null && key is not null && head.Keys.Contains(key)) return FleetAnswer.Ok(Length(head));
        long at = offset ?? head.Length;
        if (at < 0) return FleetAnswer.Refused<LogLengthV1>($"offset {at} is negative.");
        if (at > head.Length) return new(409, Length(head), $"offset {at} leaves a gap after byte {head.Length}; send the text from there on.");
        int known = (int)Math.Min(head.Length - at, bytes.Length);
        if (known == bytes.Length && key is null) return FleetAnswer.Ok(Length(head));
        await WriteAsync(execution, stream, head.Length, bytes.AsMemory(known));
        LogHead next = new(head.Length + bytes.Length - known, key is null ? head.Keys : [.. head.Keys.TakeLast(KeysKept - 1), key]);
        await documents.UpdateAsync<LogHead>(StateKeys.FleetLogHead(execution, stream), _ => next);
        return FleetAnswer.Ok(Length(next));
    }

    public async Task ReplaceAsync(long execution, string stream, string text)
    {
        await DeleteAsync(execution, stream);
        await AppendAsync(execution, stream, text, 0, null);
    }

    /// <param name="position">1-based.</param>
    /// <returns>Text, and the position after it; a mark at its end when more had come than was kept.</returns>
    public async Task<(string Text, long Next)> ReadAsync(long execution, string stream, long position)
    {
        LogHead head = await HeadAsync(execution, stream);
        long kept = Math.Min(head.Length, options.MostLogBytes), from = Math.Clamp(position - 1, 0, kept);
        byte[] bytes = await BytesAsync(execution, stream, from, Math.Min(from + MostRead, kept));
        int whole = from + bytes.Length < head.Length ? WholeCharacters(bytes) : bytes.Length;
        bool isCut = from + bytes.Length == kept && head.Length > kept;
        string text = Encoding.UTF8.GetString(bytes, 0, whole);
        return (isCut && position - 1 < kept ? text + Mark(head.Length - kept) : text, from + whole + 1);
    }

    /// <summary>The end of a stream.</summary>
    public async Task<string> TailAsync(long execution, string stream, int? characters)
    {
        LogHead head = await HeadAsync(execution, stream);
        long kept = Math.Min(head.Length, options.MostLogBytes), from = Math.Max(0, kept - MostRead);
        byte[] bytes = await BytesAsync(execution, stream, from, kept);
        int start = 0;
        while (from > 0 && start < bytes.Length && (bytes[start] & 0xC0) == 0x80) start++;
        string text = Encoding.UTF8.GetString(bytes, start, bytes.Length - start);
        if (head.Length > kept) text += Mark(head.Length - kept);
        return characters is { } most && text.Length > most ? text[^Math.Max(0, most)..] : text;
    }

    public async Task DeleteAsync(long execution)
    {
        await DeleteAsync(execution, LogStream.Output);
        await DeleteAsync(execution, LogStream.Error);
    }

    private async Task DeleteAsync(long execution, string stream)
    {
        LogHead head = await HeadAsync(execution, stream);
        if (head.Length == 0) return;
        long chunks = (Math.Min(head.Length, options.MostLogBytes) + ChunkBytes - 1) / ChunkBytes;
        for (long chunk = 0; chunk < chunks; chunk++) await store.DeleteAsync(StateKeys.FleetLog(execution, stream, chunk));
        await store.DeleteAsync(StateKeys.FleetLogHead(execution, stream));
    }

    private async Task WriteAsync(long execution, string stream, long at, ReadOnlyMemory<byte> bytes)
    {
        bytes = bytes[..(int)Math.Clamp(options.MostLogBytes - at, 0, bytes.Length)];
        while (bytes.Length > 0)
        {
            (long chunk, long filled) = Math.DivRem(at, ChunkBytes);
            int fits = (int)Math.Min(ChunkBytes - filled, bytes.Length);
            string key = StateKeys.FleetLog(execution, stream, chunk);
            byte[] before = filled == 0 ? [] : (await store.GetBytesAsync(key)).ToArray();
            byte[] after = new byte[filled + fits];
            before.AsSpan(0, (int)Math.Min(filled, before.Length)).CopyTo(after);
            bytes[..fits].Span.CopyTo(after.AsSpan((int)filled));
            await store.SaveBytesAsync(key, after);
            (at, bytes) = (at + fits, bytes[fits..]);
        }
    }

    private async Task<byte[]> BytesAsync(long execution, string stream, long from, long to)
    {
        byte[] bytes = new byte[to - from];
        for (long chunk = from / ChunkBytes; chunk * ChunkBytes < to; chunk++)
        {
            ReadOnlyMemory<byte> stored = await store.GetBytesAsync(StateKeys.FleetLog(execution, stream, chunk));
            long start = Math.Max(from, chunk * ChunkBytes), end = Math.Min(to, chunk * ChunkBytes + stored.Length);
            if (end > start) stored[(int)(start - chunk * ChunkBytes)..(int)(end - chunk * ChunkBytes)].CopyTo(bytes.AsMemory((int)(start - from)));
        }

        return bytes;
    }

    private async Task<LogHead> HeadAsync(long execution, string stream) => await documents.GetAsync<LogHead>(StateKeys.FleetLogHead(execution, stream)) ?? new(0, []);

    private LogLengthV1 Length(LogHead head) => new(head.Length, head.Length > options.MostLogBytes);

    /// <summary>Without a character whose rest is not there yet.</summary>
    private static int WholeCharacters(byte[] bytes)
    {
        int start = bytes.Length - 1;
        while (start >= 0 && bytes.Length - start < 4 && (bytes[start] & 0xC0) == 0x80) start--;
        if (start < 0) return bytes.Length;
        int length = bytes[start] switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
        return start + length > bytes.Length ? start : bytes.Length;
    }

    private static string Mark(long bytes) => FormattableString.Invariant($"\n[{bytes} more bytes were not kept]\n");

    private sealed record LogHead(long Length, IReadOnlyList<string> Keys);
}
