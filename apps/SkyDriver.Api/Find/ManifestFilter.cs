using System.Text.Json;
using System.Text.RegularExpressions;

namespace SkyDriver.Api.Find;

/// <summary>The part of MongoDB's query language that scripts use, over the members of one document.</summary>
/// <remarks>
/// As there: a name may be a path with dots; a condition on a list holds when it holds for the list or one of its elements;
/// values of different kinds are never less or greater than each other; null also means "not there".
/// </remarks>
internal sealed class ManifestFilter
{
    private readonly Func<JsonElement, bool> _matches;

    private ManifestFilter(Func<JsonElement, bool> matches, FilterHints hints) => (_matches, Hints) = (matches, hints);

    /// <summary>What the filter needs at least, to look only where that can be.</summary>
    public FilterHints Hints { get; }

    /// <param name="faults">Every fault found; names operators, never values.</param>
    public static ManifestFilter Parse(JsonElement filter, List<string> faults)
    {
        FilterParser parser = new(faults);
        return new(parser.Document(filter, isTop: true), parser.Hints);
    }

    public bool Matches(JsonElement document) => _matches(document);
}

/// <summary>Equalities and ranges that every match must fulfil.</summary>
internal sealed class FilterHints
{
    /// <summary>Only these scans can match; null when any can.</summary>
    public IReadOnlyList<string>? ScanIds { get; set; }

    public long? RunId { get; set; }

    public long? EventId { get; set; }

    /// <summary>Unix seconds, included.</summary>
    public double From { get; set; } = double.NegativeInfinity;

    public double To { get; set; } = double.PositiveInfinity;

    /// <summary>The filter itself says something about <c>is_deleted</c>.</summary>
    public bool NamesDeleted { get; set; }
}

internal sealed class FilterParser(List<string> faults)
{
    private const int MaxConditions = 1000;
    private const int MaxListed = 10_000;
    private const int MaxPattern = 256;
    private int _conditions;

    public FilterHints Hints { get; } = new();

    /// <param name="isTop">All of its conditions must hold for a match, so they may narrow the search.</param>
    public Func<JsonElement, bool> Document(JsonElement filter, bool isTop)
    {
        if (filter.ValueKind is not JsonValueKind.Object) return Fault("conditions must be in an object");
        List<Func<JsonElement, bool>> all = [];
        foreach (JsonProperty condition in filter.EnumerateObject())
        {
            if (++_conditions > MaxConditions) return Fault($"has more than {MaxConditions} conditions");
            all.Add(condition.Name switch
            {
                "$and" => All(Several(condition, isTop)),
                "$or" => Any(Several(condition, isTop: false)),
                "$nor" => Not(Any(Several(condition, isTop: false))),
                ['$', ..] => Unknown(condition.Name),
                _ => Field(condition, isTop),
            });
        }

        return All(all);
    }

    private List<Func<JsonElement, bool>> Several(JsonProperty condition, bool isTop)
    {
        if (condition.Value.ValueKind is JsonValueKind.Array && condition.Value.GetArrayLength() > 0) return [.. condition.Value.EnumerateArray().Select(part => Document(part, isTop))];
        return [Fault($"{condition.Name} needs a list with at least one object")];
    }

    private Func<JsonElement, bool> Field(JsonProperty condition, bool isTop)
    {
        string[] path = condition.Name.Split('.');
        if (path.Contains("")) return Fault("a name has an empty part");
        if (condition.Name == "is_deleted") Hints.NamesDeleted |= isTop;
        if (isTop) Hint(condition.Name, condition.Value);
        Func<IReadOnlyList<JsonElement>, bool> test = Test(condition.Value);
        return document => test(DocumentPath.Values(document, path));
    }

    /// <summary>A test of all that a path leads to.</summary>
    private Func<IReadOnlyList<JsonElement>, bool> Test(JsonElement condition)
    {
        if (condition.ValueKind is not JsonValueKind.Object || !condition.EnumerateObject().Any(o => o.Name.StartsWith('$'))) return values => JsonOrder.AnyEquals(values, condition);
        List<Func<IReadOnlyList<JsonElement>, bool>> all = [];
        foreach (JsonProperty part in condition.EnumerateObject())
        {
            if (++_conditions > MaxConditions) return Faulty($"has more than {MaxConditions} conditions");
            all.Add(Operator(part, condition));
        }

        return values => all.TrueForAll(test => test(values));
    }

    private Func<IReadOnlyList<JsonElement>, bool> Operator(JsonProperty part, JsonElement condition)
    {
        JsonElement value = part.Value;
        switch (part.Name)
        {
            case "$eq": return values => JsonOrder.AnyEquals(values, value);
            case "$ne": return values => !JsonOrder.AnyEquals(values, value);
            case "$gt": return values => JsonOrder.AnyCompares(values, value, order => order > 0);
            case "$gte": return values => JsonOrder.AnyCompares(values, value, order => order >= 0);
            case "$lt": return values => JsonOrder.AnyCompares(values, value, order => order < 0);
            case "$lte": return values => JsonOrder.AnyCompares(values, value, order => order <= 0);
            case "$in" when IsList(value): return values => value.EnumerateArray().Any(one => JsonOrder.AnyEquals(values, one));
            case "$nin" when IsList(value): return values => !value.EnumerateArray().Any(one => JsonOrder.AnyEquals(values, one));
            case "$in" or "$nin": return Faulty($"{part.Name} needs a list of at most {MaxListed} values");
            case "$exists" when value.ValueKind is JsonValueKind.True or JsonValueKind.False: return values => values.Count > 0 == value.GetBoolean();
            case "$exists": return Faulty("$exists needs true or false");
            case "$not" when value.ValueKind is JsonValueKind.Object && value.EnumerateObject().Any() && value.EnumerateObject().All(o => o.Name.StartsWith('$')):
                Func<IReadOnlyList<JsonElement>, bool> inner = Test(value);
                return values => !inner(values);
            case "$not": return Faulty("$not needs an object of operators");
            case "$regex": return Pattern(value, condition);
            case "$options" when condition.TryGetProperty("$regex", out _): return _ => true;
            case "$options": return Faulty("$options goes with $regex only");
            case ['$', ..]: Unknown(part.Name); return _ => false;
            default: return Faulty("operators and names are mixed in one object");
        }
    }

    private Func<IReadOnlyList<JsonElement>, bool> Pattern(JsonElement pattern, JsonElement condition)
    {
        bool ignoresCase = false;
        if (condition.TryGetProperty("$options", out JsonElement options))
        {
            ignoresCase = options.ValueKind is JsonValueKind.String && options.GetString() == "i";
            if (!ignoresCase && !(options.ValueKind is JsonValueKind.String && options.GetString() == "")) return Faulty("$options may be 'i' only");
        }

        if (pattern.ValueKind is not JsonValueKind.String || pattern.GetString()!.Length > MaxPattern) return Faulty($"$regex needs text of at most {MaxPattern} characters");
        try
        {
            // Linear time, whatever the pattern; so patterns that would need more are refused.
            Regex regex = new(pattern.GetString()!, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None), TimeSpan.FromSeconds(1));
            return values => values.SelectMany(JsonOrder.WithElements).Any(v => v.ValueKind is JsonValueKind.String && regex.IsMatch(v.GetString()!));
        }
        catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
        {
            return Faulty("$regex is no regular expression, or one with look-around, back references or too many repetitions");
        }
    }

    private void Hint(string name, JsonElement condition)
    {
        switch (name)
        {
            case "scan_id":
                if (Equal(condition) is { ValueKind: JsonValueKind.String } id) Hints.ScanIds = [id.GetString()!];
                else if (Operand(condition, "$in") is { ValueKind: JsonValueKind.Array } ids && ids.EnumerateArray().All(i => i.ValueKind is JsonValueKind.String))
                    Hints.ScanIds = [.. ids.EnumerateArray().Select(i => i.GetString()!).Distinct()];
                break;
            case "event_metadata.run_id" when Equal(condition) is { ValueKind: JsonValueKind.Number } run && run.TryGetInt64(out long number):
                Hints.RunId = number;
                break;
            case "event_metadata.event_id" when Equal(condition) is { ValueKind: JsonValueKind.Number } what && what.TryGetInt64(out long number):
                Hints.EventId = number;
                break;
            case "timestamp":
                Hints.From = Math.Max(Hints.From, Number(condition, "$eq") ?? Number(condition, "$gte") ?? Number(condition, "$gt") ?? double.NegativeInfinity);
                Hints.To = Math.Min(Hints.To, Number(condition, "$eq") ?? Number(condition, "$lte") ?? Number(condition, "$lt") ?? double.PositiveInfinity);
                break;
        }
    }

    private static JsonElement? Equal(JsonElement condition) => condition.ValueKind is JsonValueKind.Object ? Operand(condition, "$eq") : condition;

    private static JsonElement? Operand(JsonElement condition, string name) =>
        condition.ValueKind is JsonValueKind.Object && condition.TryGetProperty(name, out JsonElement value) ? value : null;

    private static double? Number(JsonElement condition, string name) =>
        (name == "$eq" ? Equal(condition) : Operand(condition, name)) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) ? number : null;

    private static bool IsList(JsonElement value) => value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= MaxListed;

    private Func<JsonElement, bool> Unknown(string name) =>
        Fault(name.Length <= 20 && name.AsSpan(1).IndexOfAnyExceptInRange('A', 'z') < 0 ? $"operator {name} is not supported" : "an operator is not supported");

    private Func<JsonElement, bool> Fault(string reason)
    {
        if (!faults.Contains(reason)) faults.Add(reason);
        return _ => false;
    }

    private Func<IReadOnlyList<JsonElement>, bool> Faulty(string reason)
    {
        Fault(reason);
        return _ => false;
    }

    private static Func<JsonElement, bool> All(List<Func<JsonElement, bool>> conditions) => document => conditions.TrueForAll(c => c(document));

    private static Func<JsonElement, bool> Any(List<Func<JsonElement, bool>> conditions) => document => conditions.Exists(c => c(document));

    private static Func<JsonElement, bool> Not(Func<JsonElement, bool> condition) => document => !condition(document);
}
