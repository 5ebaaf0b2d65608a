using System.Text;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Operations;

namespace SkyDriver.KubernetesJobs;

/// <summary>The last output of workers, in bounded memory and with bounded load on the API.</summary>
internal static class LogReader
{
    public const int MostBytes = 1 << 20;

    /// <summary>Each worker's log is a request that the API passes on to a node.</summary>
    public const int MostWorkers = 64;
    private const int AtOnce = 8;
    private const int MostLines = 5000;

    /// <summary>Beyond this a log of very long lines is cut at its end, and said to be truncated.</summary>
    private const int MostRead = 8 << 20;

    /// <param name="tail">Most bytes of each; less where the sum would pass <see cref="MostBytes"/>.</param>
    public static async Task<WorkerLog[]> ReadAsync(IReadOnlyList<(string Id, string? Pod, ClusterPlace Place)> workers, int tail, CancellationToken ct)
    {
        int share = Math.Min(tail, MostBytes / Math.Max(workers.Count, 1));
        using SemaphoreSlim turns = new(AtOnce);
        return await Task.WhenAll(workers.Select(async worker =>
        {
            if (worker.Pod is null) return new WorkerLog(worker.Id, "", "", false);
            await turns.WaitAsync(ct);
            try
            {
                (string text, bool isTruncated) = await ReadAsync(worker.Place, worker.Pod, share, ct);
                return new WorkerLog(worker.Id, text, "", isTruncated);
            }
            finally
            {
                turns.Release();
            }
        }));
    }

    private static async Task<(string Text, bool IsTruncated)> ReadAsync(ClusterPlace place, string pod, int most, CancellationToken ct)
    {
        int lines = Math.Clamp(most, 1, MostLines);
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(place.Budget);
            await using Stream log = await place.ReadLogAsync(pod, lines, MostRead, limit.Token);
            return await TailAsync(log, most, lines, limit.Token);
        }
        catch (ApiFault fault) when (fault.Kind is ApiFaultKind.NotFound or ApiFaultKind.Invalid)
        {
            // The pod is gone, or its container has not started: there is nothing to show.
            return ("", false);
        }
        catch (Exception fault) when (!ct.IsCancellationRequested && fault is IOException or HttpRequestException or OperationCanceledException)
        {
            throw new ApiFault(ApiFaultKind.Unreachable, $"the log of pod {pod} broke off: {fault.Message}", null, fault);
        }
    }

    /// <summary>The last bytes of a stream whose length nobody knows.</summary>
    private static async Task<(string Text, bool IsTruncated)> TailAsync(Stream stream, int most, int lines, CancellationToken ct)
    {
        byte[] ring = new byte[most], buffer = new byte[Math.Min(most, 16 << 10)];
        long total = 0;
        int breaks = 0;
        for (int read; (read = await stream.ReadAsync(buffer, ct)) > 0; total += read)
        {
            for (int i = 0; i < read; i++)
            {
                ring[(int)((total + i) % most)] = buffer[i];
                if (buffer[i] == (byte)'\n') breaks++;
            }
        }

        int kept = (int)Math.Min(total, most), start = total > most ? (int)(total % most) : 0;
        byte[] tail = [.. ring.AsSpan(start, kept - start), .. ring.AsSpan(0, start)];
        return (Encoding.UTF8.GetString(tail.AsSpan(Boundary(tail))), total > most || breaks >= lines || total >= MostRead);
    }

    /// <summary>First byte that is not the rest of a character that was cut.</summary>
    private static int Boundary(ReadOnlySpan<byte> text)
    {
        int start = 0;
        while (start < Math.Min(3, text.Length) && (text[start] & 0xC0) == 0x80) start++;
        return start;
    }
}
