namespace SkyDriver.Sidecar.Resources;

/// <summary>The parts of a Configuration that have an effect here: who may read which secrets, and logging of calls.</summary>
internal static class ConfigurationReader
{
    public static ConfigurationManifest Read(YamlFields document, string name)
    {
        YamlFields? spec = document.Object("spec");
        bool apiLogging = spec?.Object("logging")?.Object("apiLogging")?.Flag("enabled") ?? false;
        return new(name, document.Source, [.. spec?.Object("secrets")?.Objects("scopes").Select(Scope) ?? []], apiLogging);
    }

    private static SecretScope Scope(YamlFields scope)
    {
        string access = scope.Text("defaultAccess") ?? "allow";
        if (access is not ("allow" or "deny")) scope.Fault("defaultAccess", $"is '{access}'; use allow or deny.");
        return new(scope.Required("storeName"), access is "allow", scope.List("allowedSecrets"), scope.List("deniedSecrets"));
    }
}
