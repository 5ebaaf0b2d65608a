namespace SkyDriver.Sidecar.Secrets;

/// <summary>Secrets by name; each is a set of values by key.</summary>
internal interface ISecretStore
{
    /// <summary>Null when there is none of that name.</summary>
    IReadOnlyDictionary<string, string>? Get(string name);

    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> GetAll();
}
