using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Startup;

/// <summary>What is wrong with the components that a sidecar has loaded. Pure; each fault is a sentence that says what helps.</summary>
public static class ComponentRules
{
    private const string LauncherPrefix = "workers-";

    /// <summary>Types that forget everything with their process, or that only one machine can read.</summary>
    private static readonly string[] Fleeting = ["state.in-memory", "pubsub.in-memory", "state.sqlite"];

    /// <param name="isDaprd">Each app has a sidecar process of its own; false for the embedded one, which is one process for all.</param>
    /// <param name="mustLast">What is stored must outlive a machine.</param>
    public static IReadOnlyList<string> Judge(ComponentNeeds needs, IReadOnlyList<LoadedComponent> loaded, bool isDaprd, bool mustLast)
    {
        List<string> faults = [];
        if (needs.State && Find(Components.StateStore, "state.") is { } store)
        {
            string[] missing = [.. new[] { "ETAG", "TRANSACTIONAL" }.Except(store.Capabilities, StringComparer.OrdinalIgnoreCase)];
            if (missing.Length > 0) faults.Add($"The component '{store.Name}' is a {store.Type}, which lacks {string.Join(" and ", missing)}: scans would lose work. Give spec.type of a store that has both, such as state.postgresql or state.redis.");
        }

        if (needs.PubSub) Find(Components.PubSub, "pubsub.");
        // None at all is no fault: workers may come by themselves.
        if (needs.Launchers) faults.AddRange(loaded.Where(c => c.Name.StartsWith(LauncherPrefix, StringComparison.Ordinal) && !c.Type.StartsWith("bindings.", StringComparison.Ordinal))
            .Select(c => $"The component '{c.Name}' is a {c.Type}; give spec.type bindings.… in its file, as its name says that it starts workers."));
        foreach (LoadedComponent fleeting in loaded.Where(c => Fleeting.Contains(c.Type, StringComparer.OrdinalIgnoreCase)))
        {
            if (mustLast) faults.Add($"The component '{fleeting.Name}' is a {fleeting.Type}, and {StartupSettings.Durable} is required: give spec.type of a server in its file, or set {StartupSettings.Durable}=any for a trial.");
            else if (isDaprd && fleeting.Type == "pubsub.in-memory") faults.Add($"The component '{fleeting.Name}' is a {fleeting.Type}, which keeps messages inside one sidecar: with daprd no other service hears them. Give spec.type of a broker in its file, such as pubsub.redis.");
        }

        return faults;

        LoadedComponent? Find(string name, string kind)
        {
            LoadedComponent? found = loaded.FirstOrDefault(c => c.Name == name);
            if (found is not null && found.Type.StartsWith(kind, StringComparison.Ordinal)) return found;
            faults.Add(found is null
                ? $"The component '{name}' is missing for {needs.AppId}: add a file with metadata.name {name} to the sidecar's resources, such as components/local/{name}.yaml, and name {needs.AppId} under its scopes."
                : $"The component '{name}' is a {found.Type}; give spec.type {kind}… in its file.");
            return null;
        }
    }
}
