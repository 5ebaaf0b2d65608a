using System.Collections;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>Variables of the sidecar's environment (<c>secretstores.local.env</c>). As in Dapr, one that is not set, or is the sidecar's
/// own, reads as empty.</summary>
internal sealed class EnvironmentSecrets(ComponentSpec component) : ISecretStore
{
    private readonly string _prefix = component.Value("prefix") ?? "";

    public ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        string value = IsOwn(_prefix + name) ? "" : Environment.GetEnvironmentVariable(_prefix + name) ?? "";
        return ValueTask.FromResult<IReadOnlyDictionary<string, string>?>(new Dictionary<string, string> { [name] = value });
    }

    public ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct)
    {
        Dictionary<string, IReadOnlyDictionary<string, string>> all = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (name.Length <= _prefix.Length || !name.StartsWith(_prefix, StringComparison.Ordinal) || IsOwn(name)) continue;
            all[name[_prefix.Length..]] = new Dictionary<string, string> { [name[_prefix.Length..]] = (string?)variable.Value ?? "" };
        }

        return ValueTask.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(all);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsOwn(string name) => name.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase);
}
