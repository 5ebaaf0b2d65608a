using System.Text.Json;
using k8s;
using k8s.Models;
using SkyDriver.Components;

namespace SkyDriver.KubernetesJobs.Settings;

/// <summary>Values that only Kubernetes has.</summary>
internal sealed class MetadataReader(IEnumerable<KeyValuePair<string, string>> properties) : ComponentMetadata(properties)
{
    private const double LongestSeconds = 365 * 24 * 3600.0;

    /// <summary>Up to a year, written <c>10s</c>.</summary>
    public TimeSpan Seconds(string name, double least, string otherwise) => Seconds(name, otherwise, least, LongestSeconds);

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
        List<string> found = Document<List<string>>(name, $"a JSON list of {form}") ?? [];
        foreach (string wrong in found.Where(t => t is null || !isValid(t)).ToArray())
        {
            Faults.Add($"{name} has '{wrong}'; give {form}");
            found.Remove(wrong);
        }

        return found;
    }

    public Dictionary<string, string> Map(string name, Predicate<string> isKey, Predicate<string> isValue, string form)
    {
        Dictionary<string, string> found = Document<Dictionary<string, string>>(name, $"a JSON object of {form}") ?? [];
        foreach ((string key, string value) in found.Where(p => p.Value is null || !isKey(p.Key) || !isValue(p.Value)).ToArray())
        {
            Faults.Add($"{name} has '{key}': '{value}'; give {form}");
            found.Remove(key);
        }

        return found;
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
}
