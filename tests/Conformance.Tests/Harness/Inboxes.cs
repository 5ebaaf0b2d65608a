using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests;

/// <summary>Leads each request of the sidecar to the test that it belongs to, by the token that the test has put into it.</summary>
/// <remarks>A target lives longer than a test: what comes for a token that nobody waits for any more is taken and forgotten.</remarks>
internal sealed partial class Inboxes
{
    private readonly ConcurrentDictionary<string, Inbox> _open = new(StringComparer.Ordinal);

    public Inbox Open(string token)
    {
        Inbox inbox = new(token, () => _open.TryRemove(token, out _));
        _open[token] = inbox;
        return inbox;
    }

    public async Task ServeAsync(HttpContext context)
    {
        if (HttpMethods.IsOptions(context.Request.Method) && context.Request.Path.StartsWithSegments("/bindings", StringComparison.Ordinal)) return;
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Delivery delivery = new(
            context.Request.Method,
            context.Request.Path.Value!,
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray(),
            context.RequestAborted);
        if (Find(delivery) is { } inbox) await (await inbox.TakeAsync(delivery)).ExecuteAsync(context);
    }

    /// <summary>The token is in the body, as it is or in base64, in path or query, or in a header.</summary>
    private Inbox? Find(Delivery delivery)
    {
        if (_open.IsEmpty) return null;
        string text = $"{delivery.Text}\n{delivery.Path}\n{delivery.Query}\n{string.Join('\n', delivery.Headers.Values)}";
        return Search(text) ?? Base64().Matches(text).Select(m => Search(Decode(m.Value))).FirstOrDefault(i => i is not null);
    }

    private Inbox? Search(string text)
    {
        foreach (Match match in Token().Matches(text))
        {
            if (_open.TryGetValue(match.Value, out Inbox? inbox)) return inbox;
        }

        return null;
    }

    private static string Decode(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }

    [GeneratedRegex("test-[0-9a-f]{32}")]
    private static partial Regex Token();

    [GeneratedRegex("[A-Za-z0-9+/]{40,}={0,2}")]
    private static partial Regex Base64();
}

/// <summary>What came for one test, and how the app answers it.</summary>
internal sealed class Inbox(string token, Action onClosed) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<Delivery> _received = [];
    private readonly SemaphoreSlim _unread = new(0);
    private int _read;

    public string Token { get; } = token;

    /// <summary>The app's answer; 200 with nothing until a test sets another.</summary>
    public Func<Delivery, Task<IResult>> Answer { get; set; } = _ => Task.FromResult(Results.Ok());

    /// <summary>All of it, in the order of its coming.</summary>
    public IReadOnlyList<Delivery> Received => [.. _received];

    public Task<IResult> TakeAsync(Delivery delivery)
    {
        _received.Enqueue(delivery);
        _unread.Release();
        return Answer(delivery);
    }

    /// <summary>The first that was not asked for yet; it may have come long ago.</summary>
    /// <exception cref="TimeoutException">None has come.</exception>
    public async Task<Delivery> NextAsync()
    {
        if (!await _unread.WaitAsync(Patience)) throw new TimeoutException($"Nothing more came to the app within {Patience.TotalSeconds} s, after {_read} deliveries: {string.Join(", ", _received.Select(d => d.Path))}");
        return _received.ElementAt(_read++);
    }

    public void Dispose() => onClosed();
}

/// <summary>One request of the sidecar to the app.</summary>
/// <param name="Aborted">Fires when the sidecar gives the request up.</param>
internal sealed record Delivery(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, byte[] Body, CancellationToken Aborted)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>A field of the event.</summary>
    public string? Field(string name) => Json.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;
}
