using System.Text.Json;

namespace SkyDriver.Sidecar.PubSub.Routing;

/// <summary>A routing rule's condition over the variable <c>event</c>: a subset of the Common Expression Language.</summary>
/// <remarks>
/// Has field access (<c>event.data.x</c>, <c>event["x"]</c>, <c>event.list[0]</c>), literals, <c>== != &lt; &lt;= &gt; &gt;= in</c>,
/// <c>! &amp;&amp; ||</c>, parentheses, lists, <c>has(event.x)</c>, <c>size(x)</c>, and of texts <c>startsWith, endsWith,
/// contains</c>. A field that is not there makes its comparison false, as Dapr then goes on to the next rule.
/// </remarks>
internal sealed class EventExpression
{
    private readonly Node _root;

    private EventExpression(Node root) => _root = root;

    internal delegate object? Node(JsonElement root);

    /// <summary>Stands for a field that the event does not have.</summary>
    internal static object Missing { get; } = new();

    /// <exception cref="FormatException">The text is no expression of the subset; the message says where.</exception>
    public static EventExpression Parse(string text) => new(new ExpressionParser(text).Parse());

    /// <param name="cloudEvent">The event's JSON object.</param>
    public bool Matches(JsonElement cloudEvent) => _root(cloudEvent) is true;

    internal static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => element,
    };

    internal static object? Member(object? target, object? key)
    {
        if (target is not JsonElement element) return Missing;
        if (element.ValueKind is JsonValueKind.Object && key is string name) return element.TryGetProperty(name, out JsonElement field) ? Value(field) : Missing;
        if (element.ValueKind is JsonValueKind.Array && key is double number && number >= 0 && number < element.GetArrayLength()) return Value(element[(int)number]);
        return Missing;
    }

    internal static object Compare(string op, object? left, object? right)
    {
        if (left == Missing || right == Missing) return false;
        if (op is "==") return AreEqual(left, right);
        if (op is "!=") return !AreEqual(left, right);
        if (op is "in") return IsIn(left, right);
        int? order = (left, right) switch
        {
            (double a, double b) => a.CompareTo(b),
            (string a, string b) => string.CompareOrdinal(a, b),
            _ => null,
        };
        return order is { } sign && op switch { "<" => sign < 0, "<=" => sign <= 0, ">" => sign > 0, _ => sign >= 0 };
    }

    internal static object? Call(string method, object? target, object? argument) => (method, target, argument) switch
    {
        ("startsWith", string text, string part) => text.StartsWith(part, StringComparison.Ordinal),
        ("endsWith", string text, string part) => text.EndsWith(part, StringComparison.Ordinal),
        ("contains", string text, string part) => text.Contains(part, StringComparison.Ordinal),
        ("size", string text, _) => (double)text.Length,
        ("size", JsonElement { ValueKind: JsonValueKind.Array } list, _) => (double)list.GetArrayLength(),
        ("size", JsonElement { ValueKind: JsonValueKind.Object } map, _) => (double)map.EnumerateObject().Count(),
        _ => Missing,
    };

    private static bool AreEqual(object? left, object? right) =>
        left is JsonElement a && right is JsonElement b ? JsonElement.DeepEquals(a, b) : Equals(left, right);

    private static bool IsIn(object? left, object? right) => right switch
    {
        List<object?> list => list.Exists(item => AreEqual(left, item)),
        JsonElement { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Any(item => AreEqual(left, Value(item))),
        JsonElement { ValueKind: JsonValueKind.Object } map => left is string name && map.TryGetProperty(name, out _),
        _ => false,
    };
}
