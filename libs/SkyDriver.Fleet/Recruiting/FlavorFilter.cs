using System.Globalization;
using System.Text.RegularExpressions;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>The condition of an <c>auto</c> flavor: <c>auto:item op value:…</c>, all of which must hold.</summary>
/// <remarks>
/// Items: cpu, ram, disk, gpumem, eviction, cost (numbers), tags, region, provider and image (texts). Operators: == != >= &lt;= > &lt;
/// for all, ~ !~ (like, <c>%</c> stands for any text) for texts, # !# (has each of these letters) for tags.
/// </remarks>
public sealed class FlavorFilter
{
    /// <summary>Of machines that the provider takes back, percent; unless a filter says otherwise.</summary>
    public const double UsualEviction = 5;

    private const string Auto = "auto";
    private const int MostItems = 32;

    private static readonly string[] Operators = ["!~", "!#", "==", "!=", ">=", "<=", ">", "<", "~", "#"];
    private static readonly string[] Numbers = ["cpu", "ram", "disk", "gpumem", "eviction", "cost"];
    private static readonly string[] Texts = ["tags", "region", "provider", "image"];

    private FlavorFilter(IReadOnlyList<FlavorCondition> conditions) => Conditions = conditions;

    public IReadOnlyList<FlavorCondition> Conditions { get; }

    public static bool IsAuto(string flavor) => flavor == Auto || flavor.StartsWith(Auto + ":", StringComparison.Ordinal);

    /// <param name="text">With or without the word <c>auto</c> before it; empty means no condition.</param>
    /// <param name="faults">Each names the item, its value and the remedy.</param>
    public static FlavorFilter? Parse(string text, List<string> faults)
    {
        List<FlavorCondition> conditions = [];
        int before = faults.Count;
        string[] items = [.. text.Split(':').Where(item => item.Trim().Length > 0 && item != Auto)];
        if (items.Length > MostItems) faults.Add($"The filter has {items.Length} items, and {MostItems} is the limit.");
        else
        {
            foreach (string item in items)
                if (ParseItem(item.Trim(), faults) is { } condition) conditions.Add(condition);
        }

        return faults.Count == before ? new(conditions) : null;
    }

    public bool Matches(FlavorV1 flavor) => Conditions.All(c => c.Holds(flavor));

    public bool Names(string item) => Conditions.Any(c => c.Item == item);

    /// <summary>The lines that a recruiter may take, cheapest first; in the preferred region before all others.</summary>
    /// <remarks>Unless the filter names them: no machine that is often taken back, and no bare metal.</remarks>
    public IEnumerable<FlavorV1> Choose(IEnumerable<FlavorV1> catalogue, string? provider, string? region, string? preferredRegion) => catalogue
        .Where(f => (provider is null || f.Provider == provider) && (region is null || f.Region == region) && Matches(f))
        .Where(f => Names("eviction") || f.Eviction <= UsualEviction)
        .Where(f => Names("tags") || !f.Tags.Contains('M'))
        .OrderByDescending(f => f.Region == preferredRegion)
        .ThenBy(f => f.Cost).ThenBy(f => f.Provider, StringComparer.Ordinal).ThenBy(f => f.Region, StringComparer.Ordinal).ThenBy(f => f.Name, StringComparer.Ordinal);

    private static FlavorCondition? ParseItem(string item, List<string> faults)
    {
        int at = item.IndexOfAny(['=', '!', '<', '>', '~', '#']);
        string? op = at <= 0 ? null : Operators.FirstOrDefault(o => string.CompareOrdinal(item, at, o, 0, o.Length) == 0);
        if (op is null)
        {
            faults.Add($"'{Short(item)}' in the filter has no operator; write item, operator, value, such as ram>=8.");
            return null;
        }

        string name = item[..at].Trim(), value = item[(at + op.Length)..].Trim();
        bool isNumber = Numbers.Contains(name);
        if (!isNumber && !Texts.Contains(name)) faults.Add($"'{Short(name)}' in the filter is not known; use one of {string.Join(", ", Numbers.Concat(Texts))}.");
        else if (value.Length is 0 or > 256) faults.Add($"'{Short(item)}' in the filter needs a value of at most 256 characters.");
        else if (op is "#" or "!#" && name != "tags") faults.Add($"'{Short(item)}': the operator {op} is for tags only.");
        else if (op is "~" or "!~" && isNumber) faults.Add($"'{Short(item)}': the operator {op} is for texts only; {name} is a number.");
        else if (op is ">=" or "<=" or ">" or "<" && !isNumber) faults.Add($"'{Short(item)}': the operator {op} is for numbers only; {name} is a text.");
        else if (!isNumber) return new(name, op, value, 0);
        else if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            faults.Add($"'{Short(item)}': {Short(value)} is no number.");
        else return new(name, op, value, number);
        return null;
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

/// <summary>One item of a filter.</summary>
/// <param name="Number">The value, where the item is a number.</param>
public sealed record FlavorCondition(string Item, string Operator, string Value, double Number)
{
    public bool Holds(FlavorV1 flavor) => Item switch
    {
        "cpu" => Compare(flavor.Cpu),
        "ram" => Compare(flavor.Ram),
        "disk" => Compare(flavor.Disk),
        "gpumem" => Compare(flavor.GpuMem ?? 0),
        "eviction" => Compare(flavor.Eviction),
        "cost" => Compare(flavor.Cost),
        "tags" => Compare(flavor.Tags),
        "region" => Compare(flavor.Region),
        "provider" => Compare(flavor.Provider),
        // A class that brings no image takes any.
        _ => flavor.Image is null || Compare(flavor.Image),
    };

    private bool Compare(double actual) => Operator switch
    {
        "==" => actual == Number,
        "!=" => actual != Number,
        ">=" => actual >= Number,
        "<=" => actual <= Number,
        ">" => actual > Number,
        _ => actual < Number,
    };

    private bool Compare(string actual) => Operator switch
    {
        "==" => actual == Value,
        "!=" => actual != Value,
        "~" => IsLike(actual),
        "!~" => !IsLike(actual),
        "#" => Value.All(actual.Contains),
        _ => !Value.All(actual.Contains),
    };

    // Without backtracking, whatever the pattern.
    private bool IsLike(string actual) =>
        Regex.IsMatch(actual, $"^{Regex.Escape(Value).Replace("%", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
}
