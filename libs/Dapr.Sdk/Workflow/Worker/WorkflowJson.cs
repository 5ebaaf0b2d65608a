using System.Text.Json;

namespace Dapr.Workflow.Worker;

/// <summary>How inputs, results and events travel: JSON text, and an empty text for null.</summary>
internal static class WorkflowJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { IncludeFields = true };

    public static string Write(object? value) => value is null ? "" : JsonSerializer.Serialize(value, value.GetType(), Options);

    public static T Read<T>(string? json) => string.IsNullOrEmpty(json) ? default! : JsonSerializer.Deserialize<T>(json, Options)!;

    public static object? Read(string? json, Type type) => string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize(json, type, Options);
}
