using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Secrets;

/// <summary>The types of secret stores.</summary>
internal static class SecretStores
{
    private const string Own = "secretstores.local.env, secretstores.local.file";

    /// <exception cref="ResourceException">The type is not known, or its metadata are wrong.</exception>
    public static ISecretStore Create(ComponentSpec spec, ComponentEnvironment environment)
    {
        switch (spec.Type)
        {
            case "secretstores.local.env":
                return new EnvironmentSecrets(spec);
            case "secretstores.local.file":
                return new FileSecrets(spec);
            default:
                PluggableTypes.Check(spec, Own);
                return new PluggableSecretStore(spec, environment);
        }
    }
}
