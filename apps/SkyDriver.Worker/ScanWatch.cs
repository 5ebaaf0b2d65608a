using System.Net;
using System.Text.Json;

namespace SkyDriver.Worker;

/// <summary>Ends this worker when its scan is over: whoever was to remove it may be gone, or have forgotten it.</summary>
/// <remarks>Asks only while there is nothing to do, and takes no answer for "go on".</remarks>
public sealed partial class ScanWatch(HttpClient http, WorkerDuty duty, WorkerOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ScanWatch> log)
    : BackgroundService
{
    private const int MaxAnswerBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        http.Timeout = Patience;
        http.MaxResponseContentBufferSize = MaxAnswerBytes;
        try
        {
            do await Task.Delay(options.WatchInterval, clock, stoppingToken);
            while (duty.Idle < options.WatchInterval || !await IsOverAsync(stoppingToken));
            LogOver(options.ScanId);
            lifetime.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The worker ends anyhow.
        }
    }

    private async Task<bool> IsOverAsync(CancellationToken stop)
    {
        Uri address = new($"{options.Api.AbsoluteUri.TrimEnd('/')}/scan/{Uri.EscapeDataString(options.ScanId)}/status?no_redirect=true");
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(address, stop);
            if (answer.StatusCode is HttpStatusCode.NotFound) return true;
            if (!answer.IsSuccessStatusCode) return false;
            using JsonDocument status = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
            return status.RootElement is { ValueKind: JsonValueKind.Object } root && (IsTrue(root, "is_deleted") || IsTrue(root, "scan_complete") || HasText(root, "ewms_deactivated"));
        }
        catch (Exception unknown) when (unknown is HttpRequestException or JsonException || (unknown is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return false;
        }
    }

    private static bool IsTrue(JsonElement status, string name) => status.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True;

    private static bool HasText(JsonElement status, string name) => status.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.String;

    [LoggerMessage(Level = LogLevel.Information, Message = "scan {Scan} is over; this worker ends")]
    private partial void LogOver(string scan);
}
