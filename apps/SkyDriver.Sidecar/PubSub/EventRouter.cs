using System.Text.Json;
using SkyDriver.Sidecar.PubSub.Routing;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Chooses the app's route of an event: the first rule that matches, in the order they were declared.</summary>
internal sealed class EventRouter
{
    private readonly List<(EventExpression? When, string Path)> _rules = [];

    /// <exception cref="FormatException">A rule's expression cannot be read.</exception>
    public EventRouter(IReadOnlyList<RouteRule> routes)
    {
        foreach (RouteRule route in routes) _rules.Add((string.IsNullOrWhiteSpace(route.Match) ? null : EventExpression.Parse(route.Match), route.Path));
    }

    /// <summary>Every event goes the same way, whatever is in it.</summary>
    public bool IsUnconditional => _rules.Count > 0 && _rules[0].When is null;

    /// <summary>The path; null when no rule matches.</summary>
    /// <exception cref="JsonException">Rules must look into the event, and it is no JSON.</exception>
    public string? Find(byte[] envelope)
    {
        if (IsUnconditional) return _rules[0].Path;
        using JsonDocument document = JsonDocument.Parse(envelope);
        foreach ((EventExpression? when, string path) in _rules)
        {
            if (when is null || when.Matches(document.RootElement)) return path;
        }

        return null;
    }
}
