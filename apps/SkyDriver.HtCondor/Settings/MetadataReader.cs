using System.Globalization;
using System.Text.Json;
using SkyDriver.Components;
using SkyDriver.Components.Launchers;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Settings;

/// <summary>Values that only HTCondor has.</summary>
internal sealed class MetadataReader(IEnumerable<KeyValuePair<string, string>> properties) : ComponentMetadata(properties)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public long Bytes(string name, long usual)
    {
        if (Text(name) is not { } text) return usual;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes is > 0 and <= RequestLimits.MostBytes) return bytes;
        Faults.Add($"{name} is '{text}'; give a number of bytes from 1 to {RequestLimits.MostBytes}");
        return usual;
    }

    public TimeSpan Seconds(string name, int usual, int most) => TimeSpan.FromSeconds(Number(name, usual, 0, most));

    public T? Document<T>(string name, string form)
        where T : class => Document<T>(name, form, Json);

    /// <summary>Variables that stand in the job ad.</summary>
    public IReadOnlyDictionary<string, string> Variables(string where, IReadOnlyDictionary<string, string?>? given)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in given ?? new Dictionary<string, string?>())
        {
            if (!LauncherContract.IsVariable(name)) Faults.Add($"{where} names '{name}', which is no variable; use letters, digits and '_'");
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
