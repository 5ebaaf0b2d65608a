using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>Talks to a SkyDriver service. Safe for use from several threads.</summary>
/// <remarks>A call that gets no answer, or one that says "later" (408, 429, 502, 503, 504), is tried again with growing pauses until
/// <paramref name="patience"/> is used up. The service takes a repeated launch for the same scan, so that is safe for every call here.</remarks>
/// <param name="http">Its base address is the service; the caller keeps it.</param>
/// <param name="patience">How long one call may go on trying; 30 s when not given.</param>
public sealed class SkyDriverClient(HttpClient http, TimeProvider? clock = null, TimeSpan? patience = null)
{
    private static readonly HttpStatusCode[] Passing =
    [
        HttpStatusCode.RequestTimeout, HttpStatusCode.TooManyRequests, HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout,
    ];

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(30);

    /// <summary>Requests a scan and answers with its manifest; from then on the scan survives any crash of the service.</summary>
    /// <param name="idempotencyKey">The same key again is the same scan, whatever happened to the first answer.</param>
    public Task<ScanManifest> LaunchAsync(LaunchScan scan, string idempotencyKey, CancellationToken cancellationToken = default)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(scan, ContractJson.Options);
        return SendAsync<ScanManifest>(() => new HttpRequestMessage(HttpMethod.Post, "scan") { Content = Json(body), Headers = { { "Idempotency-Key", idempotencyKey } } }, cancellationToken);
    }

    public Task<ScanManifest> GetManifestAsync(string scanId, CancellationToken cancellationToken = default) =>
        SendAsync<ScanManifest>(() => new(HttpMethod.Get, $"scan/{Uri.EscapeDataString(scanId)}/manifest?include_deleted=true"), cancellationToken);

    /// <summary>The result so far, or null while there is none.</summary>
    public async Task<ScanResultDocument?> FindResultAsync(string scanId, CancellationToken cancellationToken = default)
    {
        try
        {
            return await SendAsync<ScanResultDocument>(() => new(HttpMethod.Get, $"scan/result/{Uri.EscapeDataString(scanId)}?include_deleted=true"), cancellationToken);
        }
        catch (SkyDriverException notYet) when (notYet.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Ends a scan and takes its workers away. Asking again is no error.</summary>
    public Task<ScanManifest> AbortAsync(string scanId, CancellationToken cancellationToken = default) =>
        SendAsync<ScanManifest>(() => new(HttpMethod.Delete, $"scan/manifest/{Uri.EscapeDataString(scanId)}"), cancellationToken);

    /// <summary>True when the service takes requests; false when it answers otherwise or not at all.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync("healthz/ready", cancellationToken);
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception lost) when (IsNoAnswer(lost))
        {
            return false;
        }
    }

    private async Task<T> SendAsync<T>(Func<HttpRequestMessage> makeRequest, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(200);
        while (true)
        {
            SkyDriverException failure;
            try
            {
                using HttpRequestMessage request = makeRequest();
                using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if (response.IsSuccessStatusCode) return await ReadAsync<T>(response, cancellationToken);
                failure = new((int)response.StatusCode, await ReasonAsync(response, cancellationToken));
                if (!Passing.Contains(response.StatusCode)) throw failure;
            }
            catch (Exception lost) when (IsNoAnswer(lost))
            {
                failure = new(0, $"No answer from {http.BaseAddress}: {lost.Message} Is the service running there? Start one with 'skydriver up'.", lost);
            }

            if (_clock.GetElapsedTime(start) + pause > _patience) throw failure;
            await Task.Delay(pause, _clock, cancellationToken);
            pause = TimeSpan.FromSeconds(Math.Min(5, pause.TotalSeconds * 2));
        }
    }

    // The client's own timeout looks like a cancellation that nobody asked for.
    private static bool IsNoAnswer(Exception fault) => fault is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException };

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            if (await JsonSerializer.DeserializeAsync<T>(body, ContractJson.Options, cancellationToken) is { } document) return document;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new SkyDriverException((int)response.StatusCode, $"{response.RequestMessage?.RequestUri} answered with something else than a {typeof(T).Name}; is a SkyDriver service there?");
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string body = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("error", out JsonElement error)) return error.ToString();
        }
        catch (JsonException)
        {
            // Not one of ours, such as a proxy's page: the status line has to do.
        }

        return $"{(int)response.StatusCode} {response.ReasonPhrase}";
    }

    private static ByteArrayContent Json(byte[] body) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
}
