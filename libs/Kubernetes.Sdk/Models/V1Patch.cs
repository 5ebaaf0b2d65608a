using System.Text.Json;
using System.Text.Json.Serialization;

namespace k8s.Models;

/// <summary>A change of an object.</summary>
[JsonConverter(typeof(Converter))]
public record V1Patch
{
    /// <param name="body">JSON text, or an object that becomes JSON.</param>
    public V1Patch(object body, PatchType type)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (!Enum.IsDefined(type) || type == PatchType.Unknown) throw new NotSupportedException($"{type} is no kind of patch.");
        (Content, Type) = (body, type);
    }

    public enum PatchType
    {
        Unknown,
        JsonPatch,
        MergePatch,
        StrategicMergePatch,
        ApplyPatch,
    }

    public object Content { get; private set; }

    public PatchType Type { get; private set; }

    internal string ContentType => Type switch
    {
        PatchType.JsonPatch => "application/json-patch+json",
        PatchType.MergePatch => "application/merge-patch+json",
        PatchType.StrategicMergePatch => "application/strategic-merge-patch+json",
        _ => "application/apply-patch+yaml",
    };

    private sealed class Converter : JsonConverter<V1Patch>
    {
        public override V1Patch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A patch is sent, never read.");

        public override void Write(Utf8JsonWriter writer, V1Patch value, JsonSerializerOptions options)
        {
            if (value.Content is string text) writer.WriteRawValue(text);
            else JsonSerializer.Serialize(writer, value.Content, value.Content.GetType(), options);
        }
    }
}
