using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>Kinds of arguments that only the fleet has. Each notes its fault and answers null.</summary>
internal static class FleetArguments
{
    /// <summary>Most values of one filter.</summary>
    public const int MaxValues = 10_000;

    /// <summary>Most rows that one answer is limited to.</summary>
    public const int MaxLimit = 1_000_000;

    private const int MaxName = 128;

    public static Argument After { get; } = new("after", "integer", "Only ids after this one, to read on.");

    public static Argument Limit { get; } = new("limit", "integer", "At most so many; all when not given.");

    public static Argument Signal { get; } = new("signal", "integer", "Linux number, sent to each running execution; none when not given.");

    /// <summary>Text as it is: neither trimmed nor refused when empty.</summary>
    public static string? RawText(this Arguments arguments, string name)
    {
        if (arguments.Any(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.String) return value.GetString();
        arguments.Fault(name, "must be type 'string' (str)");
        return null;
    }

    /// <summary>Text, or what is to be read as JSON text.</summary>
    public static string? JsonText(this Arguments arguments, string name) =>
        arguments.Any(name) is not { } value ? null : value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText();

    /// <summary>Items separated by blanks, or a list of them.</summary>
    public static string? Items(this Arguments arguments, string name)
    {
        if (arguments.Any(name) is not { ValueKind: JsonValueKind.Array } list) return arguments.RawText(name);
        if (list.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String && !item.GetString()!.Any(char.IsWhiteSpace)))
            return string.Join(' ', list.EnumerateArray().Select(item => item.GetString()));
        arguments.Fault(name, "must be type 'string' (str), or a list of such without blanks in them");
        return null;
    }

    public static int? Count(this Arguments arguments, string name, int minimum = 0, int maximum = int.MaxValue)
    {
        if (arguments.Integer(name) is not { } number) return null;
        if (number >= minimum && number <= maximum) return (int)number;
        arguments.Fault(name, maximum == int.MaxValue ? $"must be {minimum} or more" : $"must be from {minimum} to {maximum}");
        return null;
    }

    public static double? AtLeastZero(this Arguments arguments, string name)
    {
        if (arguments.Number(name) is not { } number) return null;
        if (number >= 0) return number;
        arguments.Fault(name, "must be 0 or more");
        return null;
    }

    public static string? Word(this Arguments arguments, string name, IReadOnlyList<string> known)
    {
        if (arguments.Any(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.String && known.Contains(value.GetString())) return value.GetString();
        arguments.Fault(name, $"must be one of {string.Join(", ", known)}");
        return null;
    }

    /// <summary>One or a list; an empty list matches nothing.</summary>
    public static IReadOnlyList<string>? Texts(this Arguments arguments, string name, IReadOnlyList<string>? known = null)
    {
        if (arguments.Any(name) is not { } value) return null;
        JsonElement[] items = value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray().Take(MaxValues + 1)] : [value];
        if (items.Length <= MaxValues && items.All(item => item.ValueKind is JsonValueKind.String && known?.Contains(item.GetString()) is not false))
            return [.. items.Select(item => item.GetString()!).Distinct()];
        arguments.Fault(name, known is null ? $"must be type 'string' (str), or a list of at most {MaxValues} such" : $"must be one or a list of {string.Join(", ", known)}");
        return null;
    }

    /// <summary>One or a list, in the order given.</summary>
    public static IReadOnlyList<long>? Ids(this Arguments arguments, string name, int most = MaxValues)
    {
        if (arguments.Any(name) is not { } value) return null;
        JsonElement[] items = value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray().Take(most + 1)] : [value];
        List<long> ids = [];
        foreach (JsonElement item in items)
        {
            if (Arguments.TryInteger(item, out long id)) ids.Add(id);
        }

        if (ids.Count == items.Length && items.Length <= most) return ids;
        arguments.Fault(name, $"must be type 'integer' (int), or a list of at most {most} such");
        return null;
    }

    public static string? Batch(this Arguments arguments, string name = "batch")
    {
        if (arguments.RawText(name) is not { } batch) return null;
        if (WhyNoBatch(batch) is not { } reason) return batch;
        arguments.Fault(name, reason);
        return null;
    }

    /// <summary>Names to filter by.</summary>
    public static IReadOnlyList<string>? Batches(this Arguments arguments)
    {
        IReadOnlyList<string>? names = arguments.Texts("batch");
        if (names?.Select(WhyNoBatch).FirstOrDefault(reason => reason is not null) is { } wrong) arguments.Fault("batch", wrong);
        return names;
    }

    /// <summary>The batch that the path names.</summary>
    public static string PathBatch(this Call call)
    {
        string batch = call.Http.GetRouteValue("batch") as string ?? "";
        // A slash in a name comes through routing as it was escaped.
        if (WhyNoBatch(batch.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)) is { } reason) call.Arguments.Fault("batch", reason);
        return batch;
    }

    public static int? SignalOf(this Call call, params int[] allowed)
    {
        if (call.Arguments.Integer("signal") is not { } signal) return null;
        if (allowed.Contains((int)Math.Clamp(signal, int.MinValue, int.MaxValue))) return (int)signal;
        call.Arguments.Fault("signal", $"must be one of {string.Join(", ", allowed)}");
        return null;
    }

    /// <summary>Names become ids of actors and parts of paths.</summary>
    private static string? WhyNoBatch(string batch) => batch switch
    {
        _ when batch.Length is 0 or > MaxName || batch.Any(char.IsControl) || batch != batch.Trim() => $"must be 1 to {MaxName} printable characters without blanks around them",
        _ when batch.Contains('/') => "must not contain '/'; use another character",
        _ when batch.Contains("||", StringComparison.Ordinal) => "must not contain '||'; use another character",
        "." or ".." => "must not be '.' or '..', which addresses cannot carry",
        _ => null,
    };

    /// <summary>Members that were given as null and may be.</summary>
    public static IReadOnlyList<string>? Cleared(this Arguments arguments, params string[] names) => names.Where(arguments.IsNull).ToArray() is { Length: > 0 } cleared ? cleared : null;

    public static string OrDefault(string? batch) => batch ?? FleetIds.DefaultBatch;
}
