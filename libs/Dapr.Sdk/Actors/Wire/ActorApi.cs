using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Actors;

/// <summary>The sidecar's actor routes over HTTP.</summary>
internal sealed class ActorApi(HttpMessageInvoker http, string endpoint, string? apiToken, TimeSpan timeout)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Calls a method; the bytes are those of the actor's answer.</summary>
    public async Task<byte[]> InvokeAsync(string type, string id, string method, byte[]? json, CancellationToken ct)
    {
        HttpContent? content = json is null ? null : new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var answer = await SendAsync(HttpMethod.Put, type, id, $"method/{Uri.EscapeDataString(method)}", content, ct);
        return answer.Body;
    }

    /// <summary>All changes or none. The body is the operation list of the state route.</summary>
    public Task SaveStateAsync(string type, string id, byte[] operations, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, type, id, "state", new ByteArrayContent(operations) { Headers = { ContentType = new("application/json") } }, ct);

    /// <summary>Null when the key is missing.</summary>
    public async Task<(byte[] Value, DateTimeOffset? Expires)?> GetStateAsync(string type, string id, string key, CancellationToken ct)
    {
        var answer = await SendAsync(HttpMethod.Get, type, id, $"state/{Uri.EscapeDataString(key)}", null, ct);
        if (answer.Status == HttpStatusCode.NoContent || answer.Body.Length == 0) return null;
        return (answer.Body, DateTimeOffset.TryParse(answer.Expires, out var expires) ? expires : null);
    }

    public Task RegisterReminderAsync(string type, string id, string name, ReminderRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, type, id, $"reminders/{Uri.EscapeDataString(name)}", JsonContent.Create(request, options: Json), ct);

    /// <summary>Null when there is no such reminder.</summary>
    public async Task<ReminderRequest?> GetReminderAsync(string type, string id, string name, CancellationToken ct)
    {
        try
        {
            var answer = await SendAsync(HttpMethod.Get, type, id, $"reminders/{Uri.EscapeDataString(name)}", null, ct);
            return answer.Body.Length == 0 ? null : JsonSerializer.Deserialize<ReminderRequest>(answer.Body, Json);
        }
        catch (DaprApiException e) when (e.ErrorCode == "ERR_ACTOR_REMINDER_NOT_FOUND")
        {
            return null;
        }
    }

    public Task UnregisterReminderAsync(string type, string id, string name, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, type, id, $"reminders/{Uri.EscapeDataString(name)}", null, ct);

    public Task RegisterTimerAsync(string type, string id, string name, TimerRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, type, id, $"timers/{Uri.EscapeDataString(name)}", JsonContent.Create(request, options: Json), ct);

    public Task UnregisterTimerAsync(string type, string id, string name, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, type, id, $"timers/{Uri.EscapeDataString(name)}", null, ct);

    private async Task<Answer> SendAsync(HttpMethod verb, string type, string id, string rest, HttpContent? content, CancellationToken ct)
    {
        var uri = new Uri($"{endpoint}/v1.0/actors/{Uri.EscapeDataString(type)}/{Uri.EscapeDataString(id)}/{rest}");
        using var request = new HttpRequestMessage(verb, uri) { Content = content };
        if (!string.IsNullOrEmpty(apiToken)) request.Headers.TryAddWithoutValidation(DaprDefaults.ApiTokenHeader, apiToken);
        if (ActorReentrancy.Id is { } reentrancy) request.Headers.TryAddWithoutValidation(ActorReentrancy.Header, reentrancy);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (timeout != Timeout.InfiniteTimeSpan) limit.CancelAfter(timeout);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            if (!response.IsSuccessStatusCode) throw Refused(response.StatusCode, body, verb, uri);
            string? expires = response.Headers.TryGetValues("metadata.ttlExpireTime", out var values) ? values.FirstOrDefault() : null;
            return new Answer(response.StatusCode, body, expires);
        }
        catch (HttpRequestException e)
        {
            throw new DaprApiException($"Dapr at {endpoint} is not reachable: {e.Message}", e, errorCode: null!, isTransient: true);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new DaprApiException($"{verb} {uri.AbsolutePath} took longer than {timeout}.", e, errorCode: null!, isTransient: true);
        }
    }

    private static DaprApiException Refused(HttpStatusCode status, byte[] body, HttpMethod verb, Uri uri)
    {
        ErrorBody? error = null;
        try
        {
            error = JsonSerializer.Deserialize<ErrorBody>(body, Json);
        }
        catch (JsonException)
        {
            // The body of an app, or of a proxy in between.
        }

        string text = error?.Message ?? System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)));
        bool transient = status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return new DaprApiException($"{verb} {uri.AbsolutePath} was answered {(int)status} {error?.ErrorCode}: {text}", error?.ErrorCode!, transient);
    }

    private sealed record Answer(HttpStatusCode Status, byte[] Body, string? Expires);

    private sealed record ErrorBody(string? ErrorCode, string? Message);

    internal sealed record ReminderRequest
    {
        public string? DueTime { get; init; }

        public string? Period { get; init; }

        /// <summary>Base64 of the reminder's state.</summary>
        public byte[]? Data { get; init; }

        public string? Ttl { get; init; }
    }

    internal sealed record TimerRequest
    {
        public string? DueTime { get; init; }

        public string? Period { get; init; }

        public string? Callback { get; init; }

        /// <summary>Base64 of the callback's argument.</summary>
        public byte[]? Data { get; init; }

        public string? Ttl { get; init; }
    }
}
