using System.Globalization;
using System.Text.Json;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Settings;

/// <summary>Reads single values out of a component's metadata and collects what is wrong with them.</summary>
internal sealed class MetadataReader
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private readonly Dictionary<string, string> _given = new(StringComparer.OrdinalIgnoreCase);

    public MetadataReader(IEnumerable<KeyValuePair<string, string>> properties)
    {
        foreach ((string name, string value) in properties) _given[name] = value;
    }

    public List<string> Faults { get; } = [];

    /// <summary>Null where it is not given or empty.</summary>
    public string? Text(string name) => _given.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    /// <summary>A text of a form; null where it is not given.</summary>
    public string? Text(string name, Func<string, bool> isOne, string form, bool isRequired = false)
    {
        string? text = Text(name);
        if (text is null && isRequired) Faults.Add($"{name} must be given: {form}");
        if (text is null || isOne(text)) return text;
        Faults.Add($"{name} is '{text}'; give {form}");
        return null;
    }

    public int Number(string name, int usual, int least, int most)
    {
        if (Text(name) is not { } text) return usual;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
        Faults.Add($"{name} is '{text}'; give a whole number from {least} to {most}");
        return usual;
    }

    public long Bytes(string name, long usual)
    {
        if (Text(name) is not { } text) return usual;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes is > 0 and <= RequestLimits.MostBytes) return bytes;
        Faults.Add($"{name} is '{text}'; give a number of bytes from 1 to {RequestLimits.MostBytes}");
        return usual;
    }

    public TimeSpan Seconds(string name, int usual, int most) => TimeSpan.FromSeconds(Number(name, usual, 0, most));

    public bool Flag(string name, bool usual)
    {
        if (Text(name) is not { } text) return usual;
        if (bool.TryParse(text, out bool flag)) return flag;
        Faults.Add($"{name} is '{text}'; give true or false");
        return usual;
    }

    public T? Document<T>(string name, string form)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        try
        {
            if (JsonSerializer.Deserialize<T>(text, Json) is { } value) return value;
        }
        catch (JsonException fault)
        {
            Faults.Add($"{name} cannot be read ({fault.Message.Split(" Path:")[0]}); give {form}");
            return null;
        }

        Faults.Add($"{name} is null; give {form}");
        return null;
    }

    /// <summary>Variables that stand in the job ad.</summary>
    public IReadOnlyDictionary<string, string> Variables(string where, IReadOnlyDictionary<string, string?>? given)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in given ?? new Dictionary<string, string?>())
        {
            if (!SettingsText.IsVariable(name)) Faults.Add($"{where} names '{name}', which is no variable; use letters, digits and '_'");
            else if (value is null) Faults.Add($"{where} gives '{name}' no text");
            else if (SubmitText.FaultOf(value) is { } fault) Faults.Add($"{where} '{name}' {fault}");
            else variables[name] = value;
        }

        return variables;
    }

    public string? Expression(string where, string? text)
    {
        if (text is not null && SettingsText.ExpressionFault(text) is { } fault) Faults.Add($"{where} {fault}");
        return text;
    }

    public IReadOnlyList<KeyValuePair<string, string>> Lines(string where, IReadOnlyList<string?>? lines)
    {
        List<KeyValuePair<string, string>> read = [];
        foreach (string? line in lines ?? [])
        {
            if (SettingsText.LineFault(line ?? "", out KeyValuePair<string, string> parts) is { } fault) Faults.Add($"{where} '{line}' {fault}");
            else read.Add(parts);
        }

        return read;
    }
}
