using System.Text.Json;

namespace SkyDriver.Testing;

/// <summary>Component YAML as an operator writes it for a launcher.</summary>
internal static class ComponentYaml
{
    /// <param name="type">As <c>bindings.htcondor</c>; the launcher has a minute to appear.</param>
    /// <param name="scope">The one app that may use it; null for all.</param>
    public static string Binding(string name, string type, IReadOnlyDictionary<string, string> metadata, string? scope = null)
    {
        // A JSON text is a YAML text.
        string entries = string.Join("\n", metadata.Select(m => $"    - {{ name: {m.Key}, value: {JsonSerializer.Serialize(m.Value)} }}"));
        return $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: {{name}} }
            spec:
              type: {{type}}
              version: v1
              initTimeout: 60s
              metadata:
            {{entries}}
            {{(scope is null ? "" : $"scopes: [{scope}]")}}
            """;
    }
}
