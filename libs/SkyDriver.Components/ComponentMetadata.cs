using System.Globalization;
using System.Text.Json;

namespace SkyDriver.Components;

/// <summary>Reads values of a component's metadata and collects what is wrong with them, so that all of it is said at once.</summary>
public class ComponentMetadata
{
    private readonly Dictionary<string, string> _given = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase) { "direction" };

    public ComponentMetadata(IEnumerable<KeyValuePair<string, string>> properties)
    {
        foreach ((string name, string value) in properties) _given[name] = value;
    }

    public List<string> Faults { get; } = [];

    /// <summary>Null where it is not given, or given empty.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        return _given.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;
    }

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

    /// <summary>Seconds, written <c>10s</c>.</summary>
    /// <param name="usual">Written so, too.</param>
    public TimeSpan Seconds(string name, string usual, double least, double most)
    {
        string text = Text(name) ?? usual;
        if (text.EndsWith('s') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds >= least && seconds <= most) return TimeSpan.FromSeconds(seconds);
        Faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; give seconds from {least} to {most}, such as {usual}"));
        return TimeSpan.FromSeconds(least);
    }

    public bool Flag(string name, bool usual)
    {
        if (Text(name) is not { } text) return usual;
        if (bool.TryParse(text, out bool flag)) return flag;
        Faults.Add($"{name} is '{text}'; give true or false");
        return usual;
    }

    /// <summary>A JSON document; null where it is not given.</summary>
    public T? Document<T>(string name, string form, JsonSerializerOptions? options = null)
        where T : class
    {
        if (Text(name) is not { } text) return null;
        try
        {
            if (JsonSerializer.Deserialize<T>(text, options ?? JsonSerializerOptions.Web) is { } value) return value;
        }
        catch (JsonException fault)
        {
            Faults.Add($"{name} cannot be read ({fault.Message.Split(" Path:")[0]}); give {form}");
            return null;
        }

        Faults.Add($"{name} is null; give {form}");
        return null;
    }

    /// <summary>Misspelt names would silently change nothing.</summary>
    public void RefuseUnknown()
    {
        foreach (string name in _given.Keys.Where(n => !_known.Contains(n)).Order(StringComparer.Ordinal)) Faults.Add($"'{name}' is no setting of this component; there are: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
    }

    /// <exception cref="FormatException">Something is missing or wrong; the message lists all of it.</exception>
    public void ThrowIfFaulty()
    {
        if (Faults.Count > 0) throw new FormatException(string.Join("; ", Faults) + ".");
    }
}
