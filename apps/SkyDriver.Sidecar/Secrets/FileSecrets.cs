using System.Text.Json;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>A JSON file of secrets (<c>secretstores.local.file</c>), read once.</summary>
/// <remarks>Nested objects are flattened with <c>nestedSeparator</c> (":"), or with <c>multiValued: true</c> the first level names
/// secrets and the rest their keys.</remarks>
internal sealed class FileSecrets : ISecretStore
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _secrets = new(StringComparer.Ordinal);

    /// <exception cref="ResourceException">The file is missing or no JSON object.</exception>
    public FileSecrets(ComponentSpec component)
    {
        string file = component.Required("secretsFile");
        string separator = component.Value("nestedSeparator") ?? ":";
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (document.RootElement.ValueKind is not JsonValueKind.Object) throw component.Fault("secretsFile", file, "the file must hold a JSON object");
            if (component.Flag("multiValued")) ReadGroups(document.RootElement, separator);
            else foreach ((string name, string value) in Flatten(document.RootElement, "", separator)) _secrets[name] = new Dictionary<string, string> { [name] = value };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw component.Fault("secretsFile", file, $"the file cannot be read: {fault.Message}");
        }
    }

    public ValueTask<IReadOnlyDictionary<string, string>?> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
        ValueTask.FromResult(_secrets.GetValueOrDefault(name));

    public ValueTask<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(_secrets);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ReadGroups(JsonElement root, string separator)
    {
        foreach (JsonProperty secret in root.EnumerateObject())
        {
            _secrets[secret.Name] = secret.Value.ValueKind is JsonValueKind.Object
                ? Flatten(secret.Value, "", separator).ToDictionary()
                : new Dictionary<string, string> { [secret.Name] = secret.Value.ToString() };
        }
    }

    private static IEnumerable<(string Name, string Value)> Flatten(JsonElement element, string path, string separator)
    {
        string prefix = path.Length == 0 ? "" : path + separator;
        return element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(field => Flatten(field.Value, prefix + field.Name, separator)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany((item, i) => Flatten(item, $"{prefix}{i}", separator)),
            _ => [(path, element.ToString())],
        };
    }
}
