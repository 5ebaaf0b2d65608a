namespace SkyDriver.Sidecar.Actors;

/// <summary>A request to an actor: what the caller sent, to be passed on as often as it takes.</summary>
/// <param name="Headers">Without those that belong to one connection.</param>
internal sealed record ActorCall(ReadOnlyMemory<byte> Body, string? ContentType, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public const string ChainHeader = "Dapr-Reentrancy-Id";

    /// <summary>Id of the chain of calls this one belongs to.</summary>
    public string? Chain => Headers.FirstOrDefault(h => h.Key.Equals(ChainHeader, StringComparison.OrdinalIgnoreCase)).Value;

    public static ActorCall Json(ReadOnlyMemory<byte> body) => new(body, "application/json", []);
}

/// <summary>What the app answered.</summary>
internal sealed record ActorReply(int Status, byte[] Body, string? ContentType, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public const string ErrorHeader = "X-DaprErrorResponseHeader";
    public const string CancelHeader = "X-DaprReminderCancel";

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The app marked the answer as an error of its own: it goes to the caller as it is.</summary>
    public bool IsAppError => Header(ErrorHeader) is not null;

    /// <summary>The app asks for no more of this reminder or timer.</summary>
    public bool Cancels => string.Equals(Header(CancelHeader), "true", StringComparison.OrdinalIgnoreCase);

    public string? Header(string name) => Headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <summary>Headers that concern one connection, or the sidecar alone, and are not passed on.</summary>
internal static class PassedHeaders
{
    private static readonly HashSet<string> Dropped =
        new(StringComparer.OrdinalIgnoreCase)
        {
            "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
            "Upgrade", "Host", "Content-Length", "Content-Type", "Expect", "Date", "Server", "dapr-api-token",
        };

    public static bool Passes(string name) => !Dropped.Contains(name) && !name.StartsWith(':');
}
