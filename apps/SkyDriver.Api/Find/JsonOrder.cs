using System.Globalization;
using System.Text.Json;

namespace SkyDriver.Api.Find;

/// <summary>How JSON values compare in a filter and in a sorted answer.</summary>
internal static class JsonOrder
{
    /// <summary>True when one of the values, or an element of one that is a list, equals the operand; null also equals nothing at all.</summary>
    public static bool AnyEquals(IReadOnlyList<JsonElement> values, JsonElement operand) =>
        (operand.ValueKind is JsonValueKind.Null && values.Count == 0) || values.SelectMany(WithElements).Any(value => IsEqual(value, operand));

    /// <summary>The same for an order; values of another kind than the operand have none.</summary>
    public static bool AnyCompares(IReadOnlyList<JsonElement> values, JsonElement operand, Func<int, bool> test) =>
        values.SelectMany(WithElements).Any(value => Rank(value) == Rank(operand) && value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) && test(Compare(value, operand)));

    /// <summary>The value and, of a list, its elements.</summary>
    public static IEnumerable<JsonElement> WithElements(JsonElement value) => value.ValueKind is JsonValueKind.Array ? value.EnumerateArray().Prepend(value) : [value];

    /// <summary>A total order: nothing and null first, then numbers, texts, objects, lists, truth values.</summary>
    public static int Compare(JsonElement? left, JsonElement? right)
    {
        int kinds = Rank(left).CompareTo(Rank(right));
        if (kinds != 0 || left is not { } a || right is not { } b) return kinds;
        return a.ValueKind switch
        {
            JsonValueKind.Number => a.GetDouble().CompareTo(b.GetDouble()),
            JsonValueKind.String => string.CompareOrdinal(a.GetString(), b.GetString()),
            JsonValueKind.True or JsonValueKind.False => a.GetBoolean().CompareTo(b.GetBoolean()),
            JsonValueKind.Object or JsonValueKind.Array => string.CompareOrdinal(a.GetRawText(), b.GetRawText()),
            _ => 0,
        };
    }

    private static bool IsEqual(JsonElement value, JsonElement operand) => value.ValueKind is JsonValueKind.Number && operand.ValueKind is JsonValueKind.Number
        ? value.TryGetInt64(out long a) && operand.TryGetInt64(out long b) ? a == b : value.GetDouble() == operand.GetDouble()
        : JsonElement.DeepEquals(value, operand);

    private static int Rank(JsonElement? value) => value?.ValueKind switch
    {
        null or JsonValueKind.Undefined or JsonValueKind.Null => 0,
        JsonValueKind.Number => 1,
        JsonValueKind.String => 2,
        JsonValueKind.Object => 3,
        JsonValueKind.Array => 4,
        _ => 5,
    };
}

/// <summary>Follows names with dots through objects and lists.</summary>
internal static class DocumentPath
{
    /// <summary>All values that the path leads to; several when lists of objects lie on it.</summary>
    public static IReadOnlyList<JsonElement> Values(JsonElement document, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty) return [document];
        switch (document.ValueKind)
        {
            case JsonValueKind.Object:
                return document.TryGetProperty(path[0], out JsonElement member) ? Values(member, path[1..]) : [];
            case JsonValueKind.Array:
                List<JsonElement> found = [];
                if (int.TryParse(path[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < document.GetArrayLength()) found.AddRange(Values(document[index], path[1..]));
                foreach (JsonElement element in document.EnumerateArray())
                {
                    if (element.ValueKind is JsonValueKind.Object) found.AddRange(Values(element, path));
                }

                return found;
            default:
                return [];
        }
    }
}
