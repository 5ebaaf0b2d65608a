using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace SkyDriver.Client.Fleet;

/// <summary>Sends the calls of a <see cref="FleetClient"/>: reads by themselves, writes one after the other.</summary>
internal sealed class FleetCalls : IAsyncDisposable
{
    private readonly FleetClientOptions _options;
    private readonly SkyDriverClient _reader;
    private readonly SkyDriverClient _writer;
    private readonly WriteQueue _queue;

    public FleetCalls(HttpClient http, FleetClientOptions options)
    {
        _options = options;
        _reader = new(http, options.Of(options.GetTimeout));
        _writer = new(http, options.Of(options.PutTimeout));
        _queue = new(_writer, options.QueueCapacity);
    }

    public int QueueLength => _queue.Length;

    public Task FlushAsync(TimeSpan timeout, CancellationToken cancellationToken) => _queue.FlushAsync(timeout, cancellationToken);

    /// <param name="arguments">Sent as a body, also with GET: there is no limit to how many ids one may ask for.</param>
    public async Task<T> ReadAsync<T>(string path, JsonObject? arguments, CancellationToken cancellationToken)
    {
        if (_options.ReadsWaitForWrites && _queue.Length > 0) await _queue.FlushAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        return await _reader.CallAsync<T>(Request(HttpMethod.Get, path, arguments ?? [], key: null), cancellationToken);
    }

    /// <param name="path">Resolved when the write is sent: ids in it may not be known before.</param>
    /// <param name="arguments">Likewise.</param>
    public Pending<T> Write<T>(HttpMethod method, Func<Task<string>> path, Func<Task<JsonObject>>? arguments = null, bool? asynchronous = null)
    {
        string key = SkyDriverClient.NewKey();
        // A write must not overtake those that wait.
        return (asynchronous ?? _options.Asynchronous) || _queue.Length > 0 ? _queue.Add(SendAsync) : new(SendAsync(_options.AwayPatience, CancellationToken.None));

        async Task<T> SendAsync(TimeSpan patience, CancellationToken end) =>
            await _writer.CallAsync<T>(Request(method, await path(), arguments is null ? [] : await arguments(), key), end, patience);
    }

    /// <summary>A write that is of no use later: never queued.</summary>
    public Task<T> WriteNowAsync<T>(string path, JsonObject arguments, string key, CancellationToken cancellationToken) =>
        _writer.CallAsync<T>(Request(HttpMethod.Put, path, arguments, key), cancellationToken);

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private static Func<HttpRequestMessage> Request(HttpMethod method, string path, JsonObject arguments, string? key)
    {
        byte[]? json = arguments.Count == 0 ? null : Encoding.UTF8.GetBytes(arguments.ToJsonString());
        return () =>
        {
            HttpRequestMessage request = new(method, path);
            if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            return request;
        };
    }
}
