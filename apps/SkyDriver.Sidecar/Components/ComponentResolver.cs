using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Secrets;

namespace SkyDriver.Sidecar.Components;

/// <summary>Fills in what a component's YAML only names: secrets, variables and the tags of one app.</summary>
/// <param name="secrets">The app's secret stores so far.</param>
internal sealed class ComponentResolver(string appId, string nameSpace, IReadOnlyDictionary<string, ISecretStore> secrets)
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <exception cref="ResourceException">A secret or its store is not there.</exception>
    public async Task<ComponentSpec> ResolveAsync(ComponentManifest manifest, CancellationToken ct)
    {
        Dictionary<string, string> properties = new(StringComparer.OrdinalIgnoreCase);
        List<string> faults = [];
        foreach (MetadataEntry entry in manifest.Metadata)
        {
            if (entry.SecretName is not null && await SecretAsync(manifest, entry, faults, ct) is { } secret) properties[entry.Name] = secret;
            else if (entry.Variable is not null) properties[entry.Name] = Variable(manifest, entry, faults);
            else if (entry.Value is not null) properties[entry.Name] = ReplaceTags(entry.Value);
        }

        if (faults.Count > 0) throw new ResourceException(faults);
        return new(manifest.Name, manifest.Type, manifest.Version, manifest.Source, manifest.IgnoreErrors, manifest.InitTimeout, properties);
    }

    private async Task<string?> SecretAsync(ComponentManifest manifest, MetadataEntry entry, List<string> faults, CancellationToken ct)
    {
        string where = $"{manifest.Source}: component {manifest.Name}: metadata '{entry.Name}'";
        if (manifest.SecretStore is not { } store)
        {
            faults.Add($"{where} names a secret, but auth.secretStore is missing.");
            return null;
        }

        if (!secrets.TryGetValue(store, out ISecretStore? found))
        {
            faults.Add($"{where}: the secret store '{store}' is not there for app {appId}.");
            return null;
        }

        try
        {
            IReadOnlyDictionary<string, string>? values = await found.GetAsync(entry.SecretName!, NoMetadata, ct);
            if (values is not null && values.TryGetValue(entry.SecretKey!, out string? value)) return value;
            faults.Add($"{where}: the store '{store}' has no secret '{entry.SecretName}' with key '{entry.SecretKey}'.");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            faults.Add($"{where}: the store '{store}' cannot give the secret '{entry.SecretName}': {fault.Message}");
        }

        return null;
    }

    /// <summary>A variable that is not set counts as empty, as in Dapr; the sidecar's own tokens cannot be read this way.</summary>
    private static string Variable(ComponentManifest manifest, MetadataEntry entry, List<string> faults)
    {
        string name = entry.Variable!;
        bool own = name.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase);
        if (!own) return Environment.GetEnvironmentVariable(name) ?? "";
        faults.Add($"{manifest.Source}: component {manifest.Name}: metadata '{entry.Name}': envRef may not name '{name}', which is the sidecar's own.");
        return "";
    }

    private string ReplaceTags(string value) => value.Contains('{', StringComparison.Ordinal)
        ? value
            .Replace("{uuid}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
            .Replace("{appID}", appId, StringComparison.Ordinal)
            .Replace("{namespace}", $"{nameSpace}.{appId}", StringComparison.Ordinal)
            .Replace("{podName}", Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName, StringComparison.Ordinal)
        : value;
}
