namespace SkyDriver.Components.Hosting;

/// <summary>Small translations between messages and what authors see.</summary>
internal static class Wire
{
    /// <summary>Names found in any case, as Dapr's components look for them; the last of two that differ in case only wins.</summary>
    public static Dictionary<string, string> Map(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        Dictionary<string, string> map = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in pairs) map[name] = value;
        return map;
    }

    public static string? NotEmpty(string text) => text.Length > 0 ? text : null;
}
