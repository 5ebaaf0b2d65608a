using System.Net;
using System.Text.Json;

namespace SkyDriver.Worker.Agent;

/// <summary>What a batch is to a worker.</summary>
internal enum BatchKind
{
    /// <summary>A scan that goes on: there are pixels.</summary>
    Scan,

    /// <summary>Only tasks: no scan, or one that is over.</summary>
    Tasks,
}

/// <summary>Asks the service what a batch is.</summary>
internal sealed partial class ScanProbe(HttpClient http, WorkerToken token, TimeProvider clock, ILogger<ScanProbe> log)
{
    private const int MaxAnswerBytes = 1 << 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Asks until there is an answer.</summary>
    public async Task<BatchKind> AskAsync(string batch, CancellationToken stop)
    {
        for (TimeSpan pause = FirstPause; ; pause = 2 * pause < LongestPause ? 2 * pause : LongestPause)
        {
            if (await TryAsync(batch, stop) is { } kind) return kind;
            await Task.Delay(pause, clock, stop);
        }
    }

    /// <summary>The status of a scan that goes on.</summary>
    public static bool IsOver(JsonElement status) =>
        status is not { ValueKind: JsonValueKind.Object } || IsTrue(status, "is_deleted") || IsTrue(status, "scan_complete") || (status.TryGetProperty("ewms_deactivated", out JsonElement ended) && ended.ValueKind is JsonValueKind.String);

    private async Task<BatchKind?> TryAsync(string batch, CancellationToken stop)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, $"scan/{Uri.EscapeDataString(batch)}/status?no_redirect=true");
            if (token.Now is { } secret) request.Headers.Authorization = new("Bearer", secret);
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            // What cannot be the name of a scan is refused, and what is none is not found.
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.Forbidden) return BatchKind.Tasks;
            if (answer.IsSuccessStatusCode)
            {
                await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, stop);
                using JsonDocument status = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
                return IsOver(status.RootElement) ? BatchKind.Tasks : BatchKind.Scan;
            }

            LogUnknown(batch, $"{(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
        catch (Exception away) when (away is HttpRequestException or JsonException || (away is TaskCanceledException && !stop.IsCancellationRequested))
        {
            LogUnknown(batch, away.Message);
        }

        return null;
    }

    private static bool IsTrue(JsonElement status, string name) => status.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True;

    [LoggerMessage(Level = LogLevel.Warning, Message = "nobody says whether batch {Batch} is a scan: {Fault}")]
    private partial void LogUnknown(string batch, string fault);
}
