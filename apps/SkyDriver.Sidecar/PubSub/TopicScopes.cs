using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Which topics of a pub/sub component one app may use.</summary>
internal sealed class TopicScopes
{
    private readonly HashSet<string> _allowed;
    private readonly HashSet<string> _protected;
    private readonly HashSet<string>? _publishing;
    private readonly HashSet<string>? _subscribing;

    public TopicScopes(ComponentSpec component, string appId)
    {
        _allowed = Topics(component.Value("allowedTopics"));
        _protected = Topics(component.Value("protectedTopics"));
        _publishing = OfApp(component.Value("publishingScopes"), appId);
        _subscribing = OfApp(component.Value("subscriptionScopes"), appId);
    }

    public bool MayPublish(string topic) => IsAllowed(topic, _publishing);

    public bool MaySubscribe(string topic) => IsAllowed(topic, _subscribing);

    /// <summary>An app that scopes name has what they list; another one has all topics that are not protected.</summary>
    private bool IsAllowed(string topic, HashSet<string>? scope)
    {
        if (_allowed.Count > 0 && !_allowed.Contains(topic)) return false;
        return scope?.Contains(topic) ?? !_protected.Contains(topic);
    }

    private static HashSet<string>? OfApp(string? scopes, string appId)
    {
        foreach (string part in (scopes ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides[0] == appId) return Topics(sides.Length > 1 ? sides[1] : "");
        }

        return null;
    }

    private static HashSet<string> Topics(string? list) =>
        new((list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), StringComparer.Ordinal);
}
