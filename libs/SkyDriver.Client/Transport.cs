using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SkyDriver.Contracts;

namespace SkyDriver.Client;

/// <summary>Sends one call, again and again where that may help. A request is built anew for every try.</summary>
internal sealed class Transport(HttpClient http, SkyDriverClientOptions options)
{
    private const int MaxErrorBytes = 64 << 10;

    /// <param name="read">Takes a good answer, or 304 where the request asked for it; called again when the answer breaks off.</param>
    /// <param name="patience">How long to go on trying.</param>
    /// <exception cref="SkyDriverException">The last try's failure.</exception>
    public Task<T> CallAsync<T>(Func<HttpRequestMessage> makeRequest, Func<HttpResponseMessage, CancellationToken, Task<T>> read, TimeSpan patience, CancellationToken cancellationToken) =>
        RepeatAsync(onLater => TryAsync(makeRequest, read, onLater, cancellationToken), patience, cancellationToken);

    /// <summary>An answer that has begun; the caller reads it, with limits of its own, and disposes of it.</summary>
    public Task<HttpResponseMessage> OpenAsync(Func<HttpRequestMessage> makeRequest, TimeSpan patience, CancellationToken cancellationToken) => RepeatAsync(
        onLater => LimitedAsync(limit => SendAsync(makeRequest, onLater, limit.Token), cancellationToken),
        patience,
        cancellationToken);

    private async Task<T> RepeatAsync<T>(Func<Action<TimeSpan>, Task<T>> attempt, TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = options.Clock.GetTimestamp();
        TimeSpan pause = options.FirstPause;
        while (true)
        {
            TimeSpan asked = TimeSpan.Zero;
            SkyDriverException failure;
            try
            {
                return await attempt(later => asked = later);
            }
            catch (SkyDriverException passing) when (passing.IsPassing && (options.RepeatsFaults || passing.StatusCode != (int)HttpStatusCode.InternalServerError))
            {
                failure = passing;
            }

            // Many clients that lost the same service must not come back in step.
            TimeSpan wait = pause * (0.75 + (0.25 * Random.Shared.NextDouble()));
            if (asked > wait) wait = asked;
            if (options.Clock.GetElapsedTime(start) > patience - wait) throw failure;
            await Task.Delay(wait, options.Clock, cancellationToken);
            pause = pause * 2 < options.LongestPause ? pause * 2 : options.LongestPause;
        }
    }

    private Task<T> TryAsync<T>(Func<HttpRequestMessage> makeRequest, Func<HttpResponseMessage, CancellationToken, Task<T>> read, Action<TimeSpan> onLater, CancellationToken cancellationToken) => LimitedAsync(
        async limit =>
        {
            using HttpResponseMessage response = await SendAsync(makeRequest, onLater, limit.Token);
            limit.CancelAfter(options.BodyTimeout);
            return await read(response, limit.Token);
        },
        cancellationToken);

    /// <summary>Runs one try within its time, and says of every way to get no answer the same thing.</summary>
    private async Task<T> LimitedAsync<T>(Func<CancellationTokenSource, Task<T>> attempt, CancellationToken cancellationToken)
    {
        // The time limit is the source's own, so that it can be moved on when the answer has begun.
        using CancellationTokenSource limit = new(options.AttemptTimeout, options.Clock);
        await using CancellationTokenRegistration chained = cancellationToken.Register(limit.Cancel);
        try
        {
            return await attempt(limit);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new SkyDriverException(0, $"No answer from {http.BaseAddress} in time. The service may be overloaded, or the network slow; try again.");
        }
        catch (Exception lost) when (IsNoAnswer(lost))
        {
            throw new SkyDriverException(0, $"No answer from {http.BaseAddress}: {lost.Message} Is the service running there? Start one with 'skydriver up'.", lost);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> makeRequest, Action<TimeSpan> onLater, CancellationToken cancellationToken)
    {
        string? token = await TokenAsync(refused: null, cancellationToken);
        HttpResponseMessage response = await SendOnceAsync(makeRequest, token, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Unauthorized && await TokenAsync(token, cancellationToken) is { } other && other != token)
        {
            response.Dispose();
            response = await SendOnceAsync(makeRequest, other, cancellationToken);
        }

        if (response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.NotModified) return response;
        using (response)
        {
            onLater(Later(response));
            throw new SkyDriverException((int)response.StatusCode, await ReasonAsync(response, cancellationToken));
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> makeRequest, string? token, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = makeRequest();
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async ValueTask<string?> TokenAsync(string? refused, CancellationToken cancellationToken) =>
        options.Tokens is null ? null : await options.Tokens.GetTokenAsync(refused, cancellationToken);

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
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

    // The HTTP client's own timeout looks like a cancellation that nobody asked for.
    public static bool IsNoAnswer(Exception fault) => fault is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException };

    private TimeSpan Later(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } when } => when - options.Clock.GetUtcNow(),
        _ => TimeSpan.Zero,
    };

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] start = new byte[MaxErrorBytes];
        int length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(start.AsMemory(0, length));
            if (document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("error", out JsonElement error)) return error.ToString();
        }
        catch (JsonException)
        {
            // Not one of ours, such as a proxy's page: the status line has to do.
        }

        return $"{(int)response.StatusCode} {response.ReasonPhrase}";
    }
}
