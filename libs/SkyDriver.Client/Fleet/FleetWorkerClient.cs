using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Client.Fleet;

/// <summary>The calls that a worker makes. Each goes by itself, and may be cancelled.</summary>
/// <remarks>
/// What is worth nothing later (declaring, a heartbeat) is tried once; what must arrive (a report, what a command printed) is tried until
/// it does, with growing pauses. Every call throws <see cref="SkyDriverException"/> for a refusal.
/// </remarks>
public sealed class FleetWorkerClient
{
    /// <summary>How long one try may wait for an answer; the service answers heartbeats after a second at most.</summary>
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SkyDriverClient _calls;

    /// <param name="http">Its base address is the service, ending in a slash, and its own timeout infinite; the caller keeps it.</param>
    /// <param name="tokens">Gives the bearer token of each call; null calls without one.</param>
    public FleetWorkerClient(HttpClient http, IBearerTokens? tokens, TimeProvider clock) =>
        _calls = new(http, new() { AttemptTimeout = Attempt, FirstPause = TimeSpan.FromMilliseconds(500), LongestPause = LongestPause, Tokens = tokens, Clock = clock });

    /// <summary>Makes a row for the worker, or finds the one that it had.</summary>
    public Task<WorkerV1> DeclareAsync(NewWorkerV1 worker, CancellationToken stop) => OnceAsync<WorkerV1>(HttpMethod.Post, "workers/", worker, stop);

    /// <summary>Changes the worker's own row.</summary>
    public Task<WorkerV1> UpdateAsync(long worker, WorkerFieldsV1 fields, CancellationToken stop) => OnceAsync<WorkerV1>(HttpMethod.Put, Path($"workers/{worker}"), fields, stop);

    /// <summary>Says what the worker does and hears what it is to do.</summary>
    public Task<HeartbeatReplyV1> HeartbeatAsync(HeartbeatV1 beat, CancellationToken stop) => OnceAsync<HeartbeatReplyV1>(
        HttpMethod.Put,
        Path($"workers/{beat.WorkerId}/heartbeat"),
        new { beat.Load, beat.Memory, beat.Stats, beat.Running, acknowledged_signals = beat.AcknowledgedSignals, beat.Batch },
        stop);

    /// <summary>Reports of an execution; 404 and 409 say that it is this worker's no more.</summary>
    public Task<ExecutionV1> ReportAsync(long execution, ExecutionFieldsV1 fields, CancellationToken stop) => UntilDoneAsync<ExecutionV1>(HttpMethod.Put, Path($"executions/{execution}"), fields, stop);

    /// <summary>Copies what the task says now into the execution.</summary>
    public Task<FleetTaskV1> FreezeAsync(long task, long execution, CancellationToken stop) => UntilDoneAsync<FleetTaskV1>(HttpMethod.Put, Path($"tasks/{task}/freeze/{execution}"), null, stop);

    /// <summary>Adds to a stream.</summary>
    /// <param name="offset">Bytes of UTF-8 before this text, so that a repeat adds nothing; null adds at the end.</param>
    public Task<LogLengthV1> AppendAsync(long execution, string stream, string text, long? offset, CancellationToken stop) =>
        UntilDoneAsync<LogLengthV1>(HttpMethod.Put, Path($"executions/{execution}/{stream}"), new { text, offset }, stop);

    private Task<T> OnceAsync<T>(HttpMethod method, string path, object body, CancellationToken stop) => _calls.CallAsync<T>(Request(method, path, body), stop, TimeSpan.Zero);

    private Task<T> UntilDoneAsync<T>(HttpMethod method, string path, object? body, CancellationToken stop) => _calls.CallAsync<T>(Request(method, path, body), stop, TimeSpan.MaxValue);

    private static Func<HttpRequestMessage> Request(HttpMethod method, string path, object? body)
    {
        byte[] json = Encoding.UTF8.GetBytes(FleetJson.Arguments(body).ToJsonString());
        string key = SkyDriverClient.NewKey();
        return () => new(method, path)
        {
            Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Headers = { { "Idempotency-Key", key } },
        };
    }

    private static string Path(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
