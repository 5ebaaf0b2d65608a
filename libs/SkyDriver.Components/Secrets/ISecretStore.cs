namespace SkyDriver.Components;

/// <summary>Secrets by name; each is a set of values by key (<c>secretstores.{name}</c>).</summary>
public interface ISecretStore : IComponent
{
    /// <summary>Whether a secret may have several keys; otherwise its only key is its name.</summary>
    bool HasMultipleKeysPerSecret { get; }

    /// <param name="metadata">Of the request; names found in any case.</param>
    /// <returns>The values by key.</returns>
    /// <exception cref="ComponentException">There is no such secret, or it cannot be read now.</exception>
    Task<IReadOnlyDictionary<string, string>> GetAsync(string name, IReadOnlyDictionary<string, string> metadata, CancellationToken ct);

    /// <param name="metadata">Of the request; names found in any case.</param>
    /// <returns>The values of all secrets, by name and key.</returns>
    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken ct);
}
