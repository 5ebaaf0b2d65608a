using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>What a tool said about jobs.</summary>
/// <param name="Stray">Not null when it said something else; then there are no jobs.</param>
internal sealed record JobAnswer(IReadOnlyList<JobAd> Jobs, string? Stray);

/// <summary>Reads the answers of <c>condor_q -json</c> and <c>condor_history -json</c> as they come in.</summary>
internal static class JobAdReader
{
    private const int MostJobs = 500_000;
    private const int MaxStrayLength = 4096;

    // Instead of an empty list, in some forms of the question.
    private const string NoJobs = "All queues are empty";

    private static readonly JsonSerializerOptions Json = new() { Converters = { new JobAdConverter() }, DefaultBufferSize = 65_536 };

    /// <summary>Reads to the end in every case, as the tool cannot end before.</summary>
    public static async Task<JobAnswer> ReadAsync(Stream output, CancellationToken ct)
    {
        PipeReader pipe = PipeReader.Create(output, new(bufferSize: 65_536, leaveOpen: true));
        byte? first = await FirstAsync(pipe, ct);
        await using Stream rest = pipe.AsStream();
        // No match is no output at all, not an empty list.
        if (first is null) return new([], null);
        return first == '[' ? await JobsAsync(rest, ct) : Text(await DrainAsync(rest, ct));
    }

    private static async Task<JobAnswer> JobsAsync(Stream output, CancellationToken ct)
    {
        List<JobAd> jobs = [];
        try
        {
            await foreach (JobAd? job in JsonSerializer.DeserializeAsyncEnumerable<JobAd>(output, Json, ct))
            {
                if (jobs.Count == MostJobs) throw new JsonException($"more than {MostJobs} jobs");
                if (job is not null) jobs.Add(job);
            }
        }
        catch (JsonException fault)
        {
            await DrainAsync(output, ct);
            return new([], $"the list cannot be read after {jobs.Count} jobs: {fault.Message}");
        }

        await DrainAsync(output, ct);
        return new(jobs, null);
    }

    private static JobAnswer Text(string text) => text.Trim() is "" or NoJobs ? new([], null) : new([], text);

    private static async Task<byte?> FirstAsync(PipeReader pipe, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await pipe.ReadAsync(ct);
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                int at = part.Span.IndexOfAnyExcept(" \t\r\n"u8);
                if (at < 0) continue;
                byte first = part.Span[at];
                pipe.AdvanceTo(read.Buffer.Start);
                return first;
            }

            pipe.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return null;
        }
    }

    private static async Task<string> DrainAsync(Stream output, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(8192);
        try
        {
            using MemoryStream kept = new();
            while (await output.ReadAsync(buffer, ct) is > 0 and int read) kept.Write(buffer, 0, (int)Math.Min(read, MaxStrayLength - kept.Length));
            return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
