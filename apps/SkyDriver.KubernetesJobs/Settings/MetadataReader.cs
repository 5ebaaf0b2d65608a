using System.Globalization;
using System.Text.Json;
using k8s;
using k8s.Models;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>Reads values of component metadata and collects what is wrong with them.</summary>
internal sealed class MetadataReader
{
    private const double LongestSeconds = 365 * 24 * 3600.0;

    private readonly Dictionary<string, string> _given = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase) { "direction" };

    public MetadataReader(IEnumerable<KeyValuePair<string, string>> properties)
    {
        foreach ((string name, string value) in properties) _given[name] = value;
    }

    public List<string> Faults { get; } = [];

    /// <summary>Null when it is not given, or given empty.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        return _given.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;
    }

    public string? Text(string name, Predicate<string> isValid, string form)
    {
        if (Text(name) is not { } text) return null;
        if (isValid(text)) return text;
        Faults.Add($"{name} is '{text}'; give {form}");
        return null;
    }

    public int Number(string name, int least, int most, int otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
        Faults.Add($"{name} is '{text}'; give a whole number from {least} to {most}");
        return otherwise;
    }

    /// <summary>Seconds, written <c>10s</c>.</summary>
    public TimeSpan Seconds(string name, double least, string otherwise)
    {
        string text = Text(name) ?? otherwise;
        if (text.EndsWith('s') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds >= least && seconds <= LongestSeconds) return TimeSpan.FromSeconds(seconds);
        Faults.Add($"{name} is '{text}'; give seconds from {least.ToString(CultureInfo.InvariantCulture)} to a year, such as {otherwise}");
        return TimeSpan.FromSeconds(least);
    }

    public bool Flag(string name, bool otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (bool.TryParse(text, out bool flag)) return flag;
        Faults.Add($"{name} is '{text}'; give true or false");
        return otherwise;
    }

    public ResourceQuantity Quantity(string name, string otherwise)
    {
        string text = Text(name) ?? otherwise;
        try
        {
            ResourceQuantity amount = new(text);
            if (amount.ToDecimal() > 0) return amount;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException)
        {
            // Said below.
        }

        Faults.Add($"{name} is '{text}'; give an amount above zero, such as {otherwise}");
        return new(otherwise);
    }

    public List<string> List(string name, Predicate<string> isValid, string form)
    {
        List<string> found = Json<List<string>>(name, $"a JSON list of {form}") ?? [];
        foreach (string wrong in found.Where(t => t is null || !isValid(t)).ToArray())
        {
            Faults.Add($"{name} has '{wrong}'; give {form}");
            found.Remove(wrong);
        }

        return found;
    }

    public Dictionary<string, string> Map(string name, Predicate<string> isKey, Predicate<string> isValue, string form)
    {
        Dictionary<string, string> found = Json<Dictionary<string, string>>(name, $"a JSON object of {form}") ?? [];
        foreach ((string key, string value) in found.Where(p => p.Value is null || !isKey(p.Key) || !isValue(p.Value)).ToArray())
        {
            Faults.Add($"{name} has '{key}': '{value}'; give {form}");
            found.Remove(key);
        }

        return found;
    }

    public T? Json<T>(string name, string form)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        try
        {
            if (JsonSerializer.Deserialize<T>(text, JsonSerializerOptions.Web) is { } value) return value;
        }
        catch (JsonException)
        {
            // Said below.
        }

        Faults.Add($"{name} is not {form}");
        return null;
    }

    /// <summary>An object of Kubernetes in YAML or JSON. Fields that would be lost are faults.</summary>
    public T? Object<T>(string name)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        try
        {
            return KubernetesYaml.Deserialize<T>(text, strict: true);
        }
        catch (Exception fault) when (fault is YamlDotNet.Core.YamlException or JsonException or FormatException)
        {
            Faults.Add($"{name} cannot be read: {(fault.InnerException ?? fault).Message}");
            return null;
        }
    }

    /// <summary>Misspelt names would silently change nothing.</summary>
    public void RefuseUnknown()
    {
        foreach (string name in _given.Keys.Where(n => !_known.Contains(n)).Order(StringComparer.Ordinal)) Faults.Add($"'{name}' is no setting of this component; there are: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
    }

    public static bool IsName(string text) => Names.IsSubdomain(text);
}
