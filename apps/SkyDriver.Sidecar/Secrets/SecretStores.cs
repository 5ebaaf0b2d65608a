using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>The types of secret stores.</summary>
internal static class SecretStores
{
    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static ISecretStore Create(ComponentSpec spec) => spec.Type switch
    {
        "secretstores.local.env" => new EnvironmentSecrets(spec),
        "secretstores.local.file" => new FileSecrets(spec),
        _ => throw spec.UnknownType("secretstores.local.env, secretstores.local.file"),
    };
}
