namespace SkyDriver.Components.Tests;

internal sealed class FixedSecrets : ISecretStore
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> All = new()
    {
        ["database"] = new Dictionary<string, string> { ["user"] = "u", ["password"] = "p" },
        ["token"] = new Dictionary<string, string> { ["token"] = "t" },
    };

    public bool HasMultipleKeysPerSecret => true;

    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
        All.TryGetValue(name, out IReadOnlyDictionary<string, string>? found) ? Task.FromResult(found) : throw new ComponentException(ComponentFault.NotFound, $"no secret {name}");

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(All);
}
