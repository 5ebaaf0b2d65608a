using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>Talks to a SkyDriver service. Safe for use from several threads.</summary>
/// <remarks>
/// A call that gets no answer, or one that says "later" (408, 429, 500, 502, 503, 504), is tried again with growing pauses, not before the time
/// the service named, until <see cref="SkyDriverClientOptions.Patience"/> is used up. That is safe for every call here: those that start something
/// carry an <c>Idempotency-Key</c>, by which the service knows a repetition.
/// A scan that another one replaced is answered for itself; <see cref="ScanManifest.ReplacedByScanId"/> names the other.
/// Every call throws <see cref="SkyDriverException"/>.
/// </remarks>
public sealed class SkyDriverClient
{
    private readonly HttpClient _http;
    private readonly Transport _transport;

    /// <param name="http">Its base address is the service, ending in a slash; the caller keeps it.</param>
    public SkyDriverClient(HttpClient http, SkyDriverClientOptions? options = null)
    {
        _http = http;
        Options = options ?? new();
        _transport = new(http, Options);
    }

    public SkyDriverClientOptions Options { get; }

    internal Transport Transport => _transport;

    /// <summary>Requests a scan and answers with its manifest; from then on the scan survives any crash of the service.</summary>
    /// <param name="idempotencyKey">The same key again is the same scan, whatever happened to the first answer; drawn when null.</param>
    public Task<ScanManifest> LaunchAsync(LaunchScan scan, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        PostAsync<ScanManifest>("scan", scan, idempotencyKey ?? NewKey(), cancellationToken);

    public Task<ScanManifest> GetManifestAsync(string scanId, CancellationToken cancellationToken = default) =>
        GetAsync<ScanManifest>(Path(scanId, "manifest", "include_deleted=true"), cancellationToken);

    /// <summary>How the scan stands, also a deleted one.</summary>
    public Task<ScanStatus> GetStatusAsync(string scanId, CancellationToken cancellationToken = default) => GetAsync<ScanStatus>(Path(scanId, "status"), cancellationToken);

    /// <summary>The request as the service understood it.</summary>
    public Task<ScanRequestV1> GetRequestAsync(string scanId, CancellationToken cancellationToken = default) =>
        GetAsync<ScanRequestV1>($"scan-request/{Uri.EscapeDataString(scanId)}", cancellationToken);

    /// <summary>The event that is scanned, also of a deleted scan.</summary>
    public async Task<JsonElement> GetEventAsync(string scanId, CancellationToken cancellationToken = default) =>
        (await GetAsync<EventDocument>(Path(scanId, "i3-event"), cancellationToken)).I3Event;

    public Task<WorkforceV1> GetWorkforceAsync(string scanId, CancellationToken cancellationToken = default) => GetAsync<WorkforceV1>(Path(scanId, "ewms/workforce"), cancellationToken);

    public async Task<ScanLogs> GetLogsAsync(string scanId, CancellationToken cancellationToken = default)
    {
        LogsAnswer answer = await GetAsync<LogsAnswer>(Path(scanId, "logs"), cancellationToken);
        return answer.ScannerServer with { Workers = answer.Workers ?? [] };
    }

    /// <summary>The result so far, or null while there is none.</summary>
    public async Task<ScanResultDocument?> FindResultAsync(string scanId, CancellationToken cancellationToken = default) =>
        (await GetAsync<ResultAnswer>(ResultPath(scanId), cancellationToken)).Document;

    /// <summary>A result that is fetched when it is asked for, and only when there is a newer one.</summary>
    public LazyScanResult Result(string scanId) => new(this, scanId);

    /// <summary>Copies the result's document as it comes, however large it is.</summary>
    /// <param name="target">Can seek: a copy that breaks off starts over where the first one began.</param>
    /// <returns>False, with nothing written, while there is no result.</returns>
    public Task<bool> DownloadResultAsync(string scanId, Stream target, CancellationToken cancellationToken = default)
    {
        if (!target.CanSeek) throw new ArgumentException("A download that breaks off starts over, so its target must be able to seek.", nameof(target));
        long start = target.Position;
        return _transport.CallAsync(
            () => new(HttpMethod.Get, ResultPath(scanId)),
            async (response, limited) =>
            {
                target.SetLength(start);
                target.Position = start;
                await using Stream body = await response.Content.ReadAsStreamAsync(limited);
                // An empty object stands for "none yet"; any result is longer than this.
                byte[] first = new byte[16];
                int length = await body.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, limited);
                if (length < first.Length) return false;
                await target.WriteAsync(first, limited);
                await body.CopyToAsync(target, limited);
                return true;
            },
            Options.Patience,
            cancellationToken);
    }

    /// <summary>Manifests that match, without their events.</summary>
    public async Task<IReadOnlyList<ScanManifest>> FindAsync(ScanQuery query, CancellationToken cancellationToken = default)
    {
        if (query.Projection is { } wanted && !wanted.Contains("scan_id")) query = query with { Projection = [.. wanted, "scan_id"] };
        return (await PostAsync<FoundScans>("scans/find", query, key: null, cancellationToken)).Manifests;
    }

    /// <summary>Ids of the scans of one event, oldest first.</summary>
    public async Task<IReadOnlyList<string>> FindByEventAsync(long runId, long eventId, bool isReal, CancellationToken cancellationToken = default) =>
        (await GetAsync<ScansOfEvent>(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"scans?run_id={runId}&event_id={eventId}&is_real_event={isReal}"), cancellationToken)).ScanIds;

    /// <summary>Scans that wait for their start, oldest first.</summary>
    public async Task<IReadOnlyList<BacklogEntryV1>> GetBacklogAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync<BacklogV1>("scans/backlog", cancellationToken)).Entries;

    /// <summary>Ends a scan and takes its workers away; one that is done is marked deleted. Asking again is no error. Its result stays readable.</summary>
    public Task<ScanManifest> AbortAsync(string scanId, CancellationToken cancellationToken = default) =>
        CallAsync<ScanManifest>(() => new(HttpMethod.Delete, $"scan/manifest/{Uri.EscapeDataString(scanId)}"), cancellationToken);

    /// <summary>Repeats a scan under a new id.</summary>
    /// <param name="abortFirst">Abort it before.</param>
    /// <param name="replace">Send those who ask for it to the new one.</param>
    /// <param name="idempotencyKey">The same key again is the same rescan; drawn when null.</param>
    public Task<ScanManifest> RescanAsync(string scanId, bool abortFirst = false, bool replace = false, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        PostAsync<ScanManifest>(Path(scanId, "actions/rescan"), new { abort_first = abortFirst, replace_scan = replace }, idempotencyKey ?? NewKey(), cancellationToken);

    /// <param name="count">From 1 on.</param>
    /// <param name="cluster">A place that the service knows.</param>
    public Task<AddedWorkers> AddWorkersAsync(string scanId, int count, string cluster, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        PostAsync<AddedWorkers>(Path(scanId, "actions/add-workers"), new { n_workers = count, cluster_location = cluster }, idempotencyKey ?? NewKey(), cancellationToken);

    /// <summary>How the services and what they need are; takes up to 15 s when something is away.</summary>
    public Task<SystemHealthV1> GetSystemHealthAsync(CancellationToken cancellationToken = default) => GetAsync<SystemHealthV1>("system/health", cancellationToken);

    /// <summary>True when the service takes requests; false when it answers otherwise or not at all.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync("healthz/ready", cancellationToken);
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception lost) when (Transport.IsNoAnswer(lost))
        {
            return false;
        }
    }

    /// <summary>What happens to a scan, as it happens; ends after its last event.</summary>
    /// <param name="after">Id of the last event seen; 0 begins with what is still known.</param>
    /// <remarks>A lost connection is taken up again after the last event handed out, without gap or duplicate.</remarks>
    public IAsyncEnumerable<ScanEvent> ListenAsync(string scanId, long after = 0, CancellationToken cancellationToken = default) =>
        new EventStream(this, Path(scanId, "events"), endsWithScan: true).ReadAsync(after, cancellationToken);

    /// <summary>What happens to all scans, as it happens, until cancelled.</summary>
    public IAsyncEnumerable<ScanEvent> ListenToAllAsync(long after = 0, CancellationToken cancellationToken = default) =>
        new EventStream(this, "events", endsWithScan: false).ReadAsync(after, cancellationToken);

    /// <summary>Looks at a scan, and at the one that replaces it, as things happen to it until it ends; a look that finds no service says so and is followed by another.</summary>
    /// <exception cref="SkyDriverException">The service refused, or stayed away for longer than <see cref="SkyDriverClientOptions.AwayPatience"/>.</exception>
    public IAsyncEnumerable<ScanSight> WatchAsync(string scanId, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        new ScanWatch(this, options ?? new()).WatchAsync(scanId, cancellationToken);

    /// <summary>Waits until all these scans have ended, well or not.</summary>
    /// <param name="progress">Told after each look.</param>
    /// <returns>One entry for each different id, in the order given.</returns>
    /// <exception cref="TimeoutException">Some have not, within <see cref="JoinOptions.Timeout"/>.</exception>
    public Task<IReadOnlyList<JoinedScan>> JoinAsync(IEnumerable<string> scanIds, JoinOptions? options = null, IProgress<IReadOnlyList<JoinedScan>>? progress = null, CancellationToken cancellationToken = default) =>
        new ScanJoin(this, options ?? new()).WaitAsync(scanIds, progress, cancellationToken);

    internal static string ResultPath(string scanId) => Path(scanId, "result", "include_deleted=true");

    internal Task<T> CallAsync<T>(Func<HttpRequestMessage> makeRequest, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        _transport.CallAsync(makeRequest, Transport.ReadAsync<T>, patience ?? Options.Patience, cancellationToken);

    internal Task<T> PostAsync<T>(string path, object body, string? key, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ContractJson.Options);
        return CallAsync<T>(
            () =>
            {
                HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
                if (key is not null) request.Headers.Add("Idempotency-Key", key);
                return request;
            },
            cancellationToken,
            patience);
    }

    internal static string NewKey() => Guid.NewGuid().ToString("N");

    internal static string Path(string scanId, string what, string query = "") => $"scan/{Uri.EscapeDataString(scanId)}/{what}?no_redirect=true{(query == "" ? "" : "&")}{query}";

    private Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) => CallAsync<T>(() => new(HttpMethod.Get, path), cancellationToken);
}
