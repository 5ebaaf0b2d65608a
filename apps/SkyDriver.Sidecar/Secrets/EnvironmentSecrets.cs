using System.Collections;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>Variables of the sidecar's environment (<c>secretstores.local.env</c>); its own tokens are not among them.</summary>
internal sealed class EnvironmentSecrets(ComponentSpec component) : ISecretStore
{
    private static readonly string[] Own = ["DAPR_API_TOKEN", "APP_API_TOKEN"];

    private readonly string _prefix = component.Value("prefix") ?? "";

    public IReadOnlyDictionary<string, string>? Get(string name) =>
        !Own.Contains(_prefix + name) && Environment.GetEnvironmentVariable(_prefix + name) is { } value ? new Dictionary<string, string> { [name] = value } : null;

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> GetAll()
    {
        Dictionary<string, IReadOnlyDictionary<string, string>> all = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (!name.StartsWith(_prefix, StringComparison.Ordinal) || Own.Contains(name)) continue;
            all[name[_prefix.Length..]] = new Dictionary<string, string> { [name[_prefix.Length..]] = (string?)variable.Value ?? "" };
        }

        return all;
    }
}
