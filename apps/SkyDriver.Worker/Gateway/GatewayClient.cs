using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;
using SkyDriver.Contracts;

namespace SkyDriver.Worker.Gateway;

/// <summary>The pull gateway of the REST service, one call at a time; whoever calls decides about trying again.</summary>
/// <remarks>Every method throws <see cref="GatewayException"/> for all that is neither a good answer nor said in its summary.</remarks>
public sealed class GatewayClient(HttpClient http, WorkerOptions options)
{
    private const int MaxBatchBytes = 1 << 20, MostWaitSeconds = 60;

    /// <summary>Says that this worker is there and works on these leases.</summary>
    public Task<LeasesHeld> HelloAsync(IReadOnlyCollection<long> held, CancellationToken stop) =>
        TendAsync("hello", new { worker = options.WorkerId, slots = options.Slots, held }, stop);

    /// <summary>Gives leases back.</summary>
    public Task ReleaseAsync(IReadOnlyCollection<long> leases, CancellationToken stop) =>
        TendAsync("release", new { worker = options.WorkerId, slots = options.Slots, leases }, stop);

    /// <returns>A batch, whose number is that of its lease; null when there is no work now.</returns>
    public async Task<GatewayWork?> TakeAsync(CancellationToken stop)
    {
        using HttpResponseMessage answer = await SendAsync("work", JsonContent.Create(new { worker = options.WorkerId, slots = options.Slots, wait = MostWaitSeconds }), stop);
        return answer.StatusCode is HttpStatusCode.NoContent ? null : await WorkAsync(answer, stop);
    }

    /// <summary>Posts what was found, and takes the next batch along when there is one at once. May be repeated.</summary>
    /// <returns>Not taken: the lease is over and nothing of the answer counts.</returns>
    public async Task<(bool IsTaken, GatewayWork? Next)> PostAsync(RecoBatchV1 found, CancellationToken stop)
    {
        try
        {
            ByteArrayContent body = new(found.ToByteArray()) { Headers = { ContentType = new MediaTypeHeaderValue(MessageTypes.Protobuf) } };
            using HttpResponseMessage answer = await SendAsync("recos?next=true", body, stop);
            return (true, answer.Headers.Contains(GatewayNames.LeaseHeader) ? await WorkAsync(answer, stop) : null);
        }
        catch (GatewayException refused) when (refused.Status is HttpStatusCode.Conflict)
        {
            return (false, null);
        }
    }

    private async Task<GatewayWork> WorkAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            PixelBatchV1 batch = PixelBatchV1.Parser.ParseFrom(await BytesAsync(answer, stop));
            if (batch.ScanId == options.ScanId && Lease(answer) == batch.BatchNumber)
                return new(batch, Header(answer, GatewayNames.TraceHeader));
        }
        catch (InvalidProtocolBufferException)
        {
            // Said below.
        }

        throw new GatewayException("the service's answer is no batch of this scan; is there a proxy in between that changes answers?", null);
    }

    private async Task<LeasesHeld> TendAsync(string action, object body, CancellationToken stop)
    {
        using HttpResponseMessage answer = await SendAsync(action, JsonContent.Create(body), stop);
        try
        {
            using JsonDocument document = JsonDocument.Parse(await BytesAsync(answer, stop));
            return new([.. document.RootElement.GetProperty("over").EnumerateArray().Select(n => n.GetInt64())], TimeSpan.FromSeconds(document.RootElement.GetProperty("lease_seconds").GetDouble()));
        }
        catch (Exception odd) when (odd is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new GatewayException($"the service's answer to '{action}' cannot be read: {odd.Message}", null);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string action, HttpContent body, CancellationToken stop)
    {
        Uri address = new($"{options.Api.AbsoluteUri.TrimEnd('/')}/worker/{Uri.EscapeDataString(options.ScanId)}/{action}");
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, address) { Content = body };
            HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (answer.IsSuccessStatusCode) return answer;
            using (answer) throw new GatewayException($"{address} answers {(int)answer.StatusCode} {answer.ReasonPhrase}", answer.StatusCode);
        }
        catch (Exception away) when (IsAway(away, stop))
        {
            throw new GatewayException($"{address}: {away.Message}", null);
        }
    }

    private static async Task<byte[]> BytesAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            // Bound, as the answer may be anybody's.
            await answer.Content.LoadIntoBufferAsync(MaxBatchBytes, stop);
            return await answer.Content.ReadAsByteArrayAsync(stop);
        }
        catch (Exception away) when (IsAway(away, stop) || away is IOException)
        {
            throw new GatewayException($"the service's answer broke off: {away.Message}", null);
        }
    }

    private static bool IsAway(Exception fault, CancellationToken stop) => fault is HttpRequestException || (fault is TaskCanceledException && !stop.IsCancellationRequested);

    private static long? Lease(HttpResponseMessage answer) =>
        long.TryParse(Header(answer, GatewayNames.LeaseHeader), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}

/// <param name="Trace">W3C context that the batch belongs to; null when nobody records it.</param>
public sealed record GatewayWork(PixelBatchV1 Batch, string? Trace);

/// <param name="Over">Leases that are over.</param>
/// <param name="LeaseTime">How long the others hold from now; zero when the scan has not begun.</param>
public sealed record LeasesHeld(IReadOnlyList<long> Over, TimeSpan LeaseTime);

/// <summary>The service is away or refused.</summary>
/// <param name="status">Null when there was no answer to speak of.</param>
public sealed class GatewayException(string message, HttpStatusCode? status) : Exception(message)
{
    public HttpStatusCode? Status => status;

    /// <summary>There will be no more work for this scan.</summary>
    public bool IsOver => status is HttpStatusCode.Gone or HttpStatusCode.NotFound;

    /// <summary>No repetition helps.</summary>
    public bool IsRefusal => status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
}
