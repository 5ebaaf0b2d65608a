using System.Text.Json;
using System.Text.RegularExpressions;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Scans;

/// <summary>Environment that a user gives to the scanner: what may be in it, and what of it is shown again.</summary>
internal static partial class UserEnvironment
{
    /// <summary>Stands for a value that is not shown.</summary>
    public const string Masked = "***";

    private const int MaxMembers = 25;
    private const int MaxName = 128;
    private const int MaxText = 4096;

    /// <summary>Names by which the service tells the scanner where to report and as whom; a user must not replace them.</summary>
    private static readonly string[] Protected = ["SKYSCAN_SKYDRIVER_", "SKYSCAN_EWMS_", "SKYSCAN_MQ_", "SKYSCAN_BROKER_", "SKYDRIVER_", "EWMS_", "DAPR_", "APP_API_TOKEN", "LD_"];

    private static readonly string[] SecretWords = ["TOKEN", "SECRET", "PASSW", "KEY", "AUTH", "CREDENTIAL"];

    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, JsonElement> environment)
    {
        if (environment.Count > MaxMembers || environment.Any(e => e.Key.Length > MaxName || !Name().IsMatch(e.Key) || !IsScalar(e.Value)))
            yield return $"at most {MaxMembers} members; names of at most {MaxName} letters, digits and '_'; texts of at most {MaxText} characters, other values numbers, true, false or null";
        if (environment.Keys.Any(name => Protected.Any(prefix => name.TrimStart('_').StartsWith(prefix, StringComparison.OrdinalIgnoreCase))))
            yield return $"names must not begin with {string.Join(", ", Protected)}, which the service sets itself";
        if (environment.Any(e => IsSecret(e.Key) && e.Value.ValueKind is JsonValueKind.String && e.Value.GetString() == Masked))
            yield return $"has a member whose value is '{Masked}': what was masked has to be given again";
    }

    /// <summary>The same names; values of those that sound like secrets are masked.</summary>
    public static Dictionary<string, JsonElement> Mask(IReadOnlyDictionary<string, JsonElement> environment) =>
        environment.ToDictionary(e => e.Key, e => IsSecret(e.Key) ? JsonSerializer.SerializeToElement(Masked) : e.Value);

    public static Dictionary<string, EnvironmentValueV1> ForManifest(string scanId, IReadOnlyDictionary<string, JsonElement> environment)
    {
        Dictionary<string, EnvironmentValueV1> shown = Mask(environment).ToDictionary(e => e.Key, e => new EnvironmentValueV1(e.Value.ToString(), ValueFrom: null));
        shown["SKYSCAN_SKYDRIVER_SCAN_ID"] = new(scanId, ValueFrom: null);
        return shown;
    }

    private static bool IsSecret(string name) => SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static bool IsScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) && value.ToString().Length <= MaxText;

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Name();
}
