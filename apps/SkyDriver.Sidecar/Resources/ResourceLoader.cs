using YamlDotNet.RepresentationModel;

namespace SkyDriver.Sidecar.Resources;

/// <summary>Reads resource YAML: every <c>.yaml</c> and <c>.yml</c> file of the given folders, several documents to a file.</summary>
/// <remarks>Documents of kinds that mean nothing here, or of no Dapr kind, are passed over, as Dapr does.</remarks>
internal static class ResourceLoader
{
    /// <param name="folders">Later ones do not replace resources of earlier ones: a name may be used once per app and kind.</param>
    /// <param name="configurationFiles">Files given by <c>--config</c>.</param>
    /// <exception cref="ResourceException">Files cannot be read or hold faults; all are listed.</exception>
    public static ResourceSet Load(IEnumerable<string> folders, IEnumerable<string> configurationFiles)
    {
        var reader = new Reader();
        foreach (string folder in folders) reader.ReadFolder(folder);
        foreach (string file in configurationFiles) reader.ReadFile(file);
        return reader.Finish();
    }

    private sealed class Reader
    {
        private readonly List<string> _faults = [];
        private readonly List<string> _notes = [];
        private readonly List<ComponentManifest> _components = [];
        private readonly List<SubscriptionManifest> _subscriptions = [];
        private readonly List<ConfigurationManifest> _configurations = [];
        private readonly List<ResiliencyManifest> _resiliency = [];
        private readonly ResiliencyReader _resiliencyReader = new();

        public void ReadFolder(string folder)
        {
            if (!Directory.Exists(folder))
            {
                _faults.Add($"{folder}: this folder of resources is not there; give another --resources-path.");
                return;
            }

            IEnumerable<string> files = Directory.EnumerateFiles(folder)
                .Where(f => Path.GetExtension(f).ToLowerInvariant() is ".yaml" or ".yml").Order(StringComparer.Ordinal);
            foreach (string file in files) ReadFile(file);
        }

        public void ReadFile(string file)
        {
            try
            {
                IList<YamlDocument> documents = YamlFiles.Load(file).Documents;
                for (int i = 0; i < documents.Count; i++)
                {
                    string source = documents.Count == 1 ? Path.GetFullPath(file) : $"{Path.GetFullPath(file)} (document {i + 1})";
                    if (documents[i].RootNode is YamlMappingNode mapping) ReadDocument(new YamlFields(mapping, source, _faults));
                }
            }
            catch (ResourceException fault)
            {
                _faults.AddRange(fault.Faults);
            }
        }

        public ResourceSet Finish()
        {
            _resiliencyReader.CheckReferences(_resiliency);
            if (_faults.Count > 0) throw new ResourceException(_faults);
            return new(_components, _subscriptions, _configurations, _resiliency) { Notes = _notes };
        }

        private void ReadDocument(YamlFields document)
        {
            if (document.Text("apiVersion") is not { } version || !version.StartsWith("dapr.io/", StringComparison.Ordinal)) return;
            string name = document.Object("metadata") is { } metadata ? metadata.Required("name") : "";
            if (!document.Has("metadata")) document.Fault("metadata.name", "is missing.");
            switch (document.Text("kind"))
            {
                case "Component":
                    _components.Add(Component(document, name));
                    break;
                case "Subscription":
                    _subscriptions.Add(Subscription(document, name, version));
                    break;
                case "Configuration":
                    _configurations.Add(ConfigurationReader.Read(document, name, _notes));
                    break;
                case "Resiliency":
                    _resiliency.Add(_resiliencyReader.Read(document, name));
                    break;
            }
        }

        private static ComponentManifest Component(YamlFields document, string name)
        {
            YamlFields? spec = document.Object("spec");
            if (spec is null)
            {
                document.Fault("spec", "is missing.");
                return new(name, document.Source, [], "", "", false, TimeSpan.Zero, [], null);
            }

            string type = spec.Required("type").ToLowerInvariant();
            if (type.Length > 0 && !type.Contains('.', StringComparison.Ordinal)) spec.Fault("type", $"is '{type}'; use block.name, such as state.in-memory.");
            string version = spec.Text("version") ?? "v1";
            return new(
                name, document.Source, document.List("scopes"), type, version, spec.Flag("ignoreErrors"),
                spec.Duration("initTimeout", TimeSpan.FromSeconds(5)), [.. spec.Objects("metadata").Select(Entry)],
                document.Object("auth")?.Text("secretStore"));
        }

        private static MetadataEntry Entry(YamlFields entry)
        {
            string name = entry.Required("name");
            YamlFields? secret = entry.Object("secretKeyRef");
            string? secretName = secret?.Required("name");
            return new(name, entry.AnyText("value"), secretName, secret?.Text("key") ?? secretName, entry.Text("envRef"));
        }

        private static SubscriptionManifest Subscription(YamlFields document, string name, string version)
        {
            if (document.Object("spec") is not { } spec)
            {
                document.Fault("spec", "is missing.");
                return new(name, document.Source, [], new("", "", [], new Dictionary<string, string>(), null, null, "DECLARATIVE"));
            }

            List<RouteRule> routes = [];
            if (version is "dapr.io/v1alpha1")
            {
                routes.Add(new(null, spec.Required("route")));
            }
            else if (spec.Object("routes") is { } table)
            {
                routes.AddRange(table.Objects("rules").Select(rule => new RouteRule(rule.Text("match"), rule.Required("path"))));
                if (table.Text("default") is { } fallback) routes.Add(new(null, fallback));
            }

            if (routes.Count == 0) spec.Fault("routes", "holds no path; give default or rules.");
            YamlFields? bulk = spec.Object("bulkSubscribe");
            BulkSettings? settings = bulk?.Flag("enabled") is true
                ? new(bulk.Number("maxMessagesCount", 100, 1, 100_000), TimeSpan.FromMilliseconds(bulk.Number("maxAwaitDurationMs", 1000, 0, 3_600_000)))
                : null;
            return new(name, document.Source, document.List("scopes"), new(
                spec.Required("pubsubname"), spec.Required("topic"), routes, spec.Map("metadata"), spec.Text("deadLetterTopic"), settings, "DECLARATIVE"));
        }
    }
}
